"""Linking and unlinking by hand: two contacts are one person, or a pair is wrong, whatever the sync takes them for."""

from __future__ import annotations

import pytest

from sync_core.domain import (
    OutlookId,
    PairRuling,
    PipelinerId,
    outlook_subject,
    pipeliner_subject,
)
from sync_core.errors import InvalidRequest, NotFound
from sync_core.operations import (
    disconnect,
    link_contacts,
    rulings_of,
    unlink_contact,
)
from tests.lookalikes import LOOKALIKES
from tests.scenarios.asking import (
    ADDRESS,
    looks_of,
    never_run,
    pair_of,
    rulings,
    write_does,
)
from tests.scenarios.world import World


@pytest.fixture
async def world() -> World:
    """One connection that has never run."""
    return await never_run()


async def test_two_contacts_are_linked_by_hand(world: World) -> None:
    """By ids, or by the address of one in Pipeliner; the ruling comes before the link."""
    jane, john = write_does(world)

    for typed in (john, ADDRESS):
        await link_contacts(world.deployment, world.record.id, jane, typed, by="somebody")
        key = await pair_of(world, jane, john)
        assert await rulings(world).on_pairs([key]) == {key: PairRuling.SAME}
        assert world.queue.take() is not None
    assert await looks_of(world) == {outlook_subject(jane), pipeliner_subject(john)}


async def test_two_contacts_with_nothing_in_common_are_linked_by_hand() -> None:
    """And stay one through a reconnect, though no identifier leads from one to the other."""
    world = await never_run()
    await world.sync()
    card = OutlookId(world.write_in_outlook("Maddox", "Lee"))
    contact = PipelinerId(world.write_in_crm("Ferreira", "Rosa", email1="rosa@acme.test"))

    await link_contacts(world.deployment, world.record.id, card, contact, by="somebody")
    await world.sync()

    assert [one["id"] for one in world.outlook()] == [card]
    assert [one["id"] for one in world.customers()] == [contact]
    assert world.outlook()[0]["surname"] == "Ferreira"
    await disconnect(world.deployment, world.record.id)
    await world.connect(folder=world.record.folder_name)
    await world.sync(record=world.records[1])
    assert (len(world.outlook()), len(world.customers())) == (1, 1)


@pytest.mark.parametrize(("typed", "real"), LOOKALIKES)
async def test_an_address_that_only_looks_like_a_contacts_links_nobody(world: World, typed: str, real: str) -> None:
    """Though Pipeliner may answer it with that contact."""
    jane, _ = write_does(world)
    world.write_in_crm("Real", "Kim", email1=real)

    with pytest.raises(InvalidRequest, match="pipeliner: no contacts have this name or address"):
        await link_contacts(world.deployment, world.record.id, jane, typed, by="somebody")


async def test_contacts_are_linked_by_what_only_they_are_called(world: World) -> None:
    """Cards without a person's name wait for one, and are found by their address or their company."""
    lonely = OutlookId(world.write_in_outlook("", emailAddresses=[{"address": "lonely@x.test"}]))
    firm = OutlookId(world.write_in_outlook("", companyName="Brass Works Ltd"))
    world.write_in_outlook("", companyName="Twice Ltd")
    world.write_in_outlook("", companyName="Twice Ltd")
    await world.sync()
    grace = PipelinerId(world.write_in_crm("Hopper", "Grace"))

    for card, typed in ((lonely, "Lonely@X.test"), (firm, "brass works ltd")):
        await link_contacts(world.deployment, world.record.id, typed, "grace hopper", by="somebody")
        key = await pair_of(world, card, grace)
        assert await rulings(world).on_pairs([key]) == {key: PairRuling.SAME}
    with pytest.raises(InvalidRequest, match="outlook: 2 contacts have this name"):
        await link_contacts(world.deployment, world.record.id, "Twice Ltd", grace, by="somebody")
    world.graph.edit_contact(world.record.mailbox, lonely, {"emailAddresses": []})
    with pytest.raises(InvalidRequest, match="outlook: no contacts have this name"):
        await link_contacts(world.deployment, world.record.id, "lonely@x.test", grace, by="somebody")


async def test_contacts_that_cannot_be_linked_are_refused_with_every_fault(world: World) -> None:
    """Not there, not covered, linked already, or several of one address."""
    world.write_in_crm("Okafor", "Kim")
    await world.sync()
    jane, john = write_does(world)
    kim, theirs = world.person("Okafor")["id"], world.customer("Okafor")["id"]
    foreign = world.write_in_crm("Hopper", "Grace", owner=world.colleague_id)
    world.write_in_crm("Doe", "Jim", email1=ADDRESS)
    wrong = [
        ("nobody", john, "outlook: the connected folder has no contact"),
        (jane, "00000000-0000-0000-0000-000000000000", "pipeliner: no contact of this id"),
        (jane, foreign, "pipeliner: no contact of this id"),
        (kim, john, "outlook: this contact is linked with another one"),
        (jane, theirs, "pipeliner: this contact is linked with another one"),
        (kim, theirs, "are linked already"),
        (jane, ADDRESS, "pipeliner: 2 contacts have this name or address"),
        (jane, "none@nowhere.test", "pipeliner: no contacts have this name or address"),
        (jane, "Nobody Knows", "pipeliner: no contacts have this name or address"),
        (jane, "Grace Hopper", "pipeliner: no contacts have this name or address"),
        ("nobody@nowhere.test", john, "outlook: no contacts have this name or address"),
    ]
    for outlook_id, pipeliner_id, says in wrong:
        with pytest.raises(InvalidRequest, match=says):
            await link_contacts(world.deployment, world.record.id, outlook_id, pipeliner_id, by="somebody")
    assert await rulings_of(world.deployment, world.record.id) == []


@pytest.mark.parametrize("typed", ["", "x" * 401, "a\nb", "\udc80", "\u202e"])
async def test_what_can_be_no_id_is_refused_before_anybody_is_asked(world: World, typed: str) -> None:
    """Keys of rows and addresses of requests are made of ids."""
    jane, john = write_does(world)
    before = world.graph.total_requests + world.crm.total_requests
    for pair in ((typed, john), (jane, typed)):
        with pytest.raises(InvalidRequest, match="visible characters"):
            await link_contacts(world.deployment, world.record.id, *pair, by="somebody")
    with pytest.raises(InvalidRequest, match="contact: must be"):
        await unlink_contact(world.deployment, world.record.id, typed, by="somebody")
    assert world.graph.total_requests + world.crm.total_requests == before


@pytest.mark.parametrize("typed", ["../users", "a/b?c#d", "'%00", "x" * 400, "éü", "-"])
async def test_an_odd_id_is_merely_unknown(world: World, typed: str) -> None:
    """Whatever the services make of it."""
    jane, john = write_does(world)
    for pair in ((typed, john), (jane, typed)):
        with pytest.raises(InvalidRequest, match="no contact of this id"):
            await link_contacts(world.deployment, world.record.id, *pair, by="somebody")
    with pytest.raises(NotFound):
        await unlink_contact(world.deployment, world.record.id, typed, by="somebody")


async def test_a_linked_pair_is_ruled_apart_by_any_of_its_ids(world: World) -> None:
    """Both halves are looked at; whoever is not linked is none."""
    world.write_in_crm("Okafor", "Kim")
    await world.sync()
    kim, theirs = OutlookId(world.person("Okafor")["id"]), PipelinerId(world.customer("Okafor")["id"])
    link = await world.deployment.reader(world.record.id).link_of(kim)
    assert link is not None

    for typed in (kim, theirs, link.id):
        await unlink_contact(world.deployment, world.record.id, typed, by="somebody")
        key = await pair_of(world, kim, theirs)
        assert await rulings(world).on_pairs([key]) == {key: PairRuling.APART}
    assert len(await rulings_of(world.deployment, world.record.id)) == 1
    with pytest.raises(NotFound):
        await unlink_contact(world.deployment, world.record.id, "nobody", by="somebody")
