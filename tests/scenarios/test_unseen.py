"""What a user may not see in Pipeliner counts for nothing, and nothing tells them that it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulators.pipeliner.people import WATCHER
from sync_core.domain import Action, Reason, RunMode
from sync_core.engine.withheld import NOT_SENT
from sync_core.operations import PurgeRequest, disconnect, purge, reconcile_all
from sync_core.operations.duplicates import PossibleDuplicate, possible_duplicates
from sync_core.state import StoredDuplicates
from sync_core.storage import Table, read_pages
from tests.scenarios.world import COLLEAGUE, MAILBOX, World, new_world

PRIVATE = 1
DAY_S = 24 * 3600.0
JOHN: dict[str, Any] = {
    "emailAddresses": [{"address": "john@smith.test"}],
    "mobilePhone": "+43 664 1234567",
    "companyName": "Acme",
}


def _of_colleague(world: World, surname: str = "Smith", given: str = "John", **values: Any) -> str:
    """Write a contact that the colleague alone may see."""
    return world.write_in_crm(surname, given, owner=world.colleague_id, share_mode=PRIVATE, **values)


def _mine(world: World) -> list[str]:
    """Names of the user's own contacts in Pipeliner."""
    rows = (row for row in world.customers() if row["owner_id"] == world.user_id)
    return sorted(f"{row['first_name']} {row['last_name']}" for row in rows)


async def _said(world: World) -> str:
    """All that stands in the rows of the connection: whatever is shown to its user comes of these."""
    pages = read_pages(world.store, Table.SYNC, world.record.id, "")
    return "\n".join([f"{row.key} {row.body}" async for rows in pages for row in rows])


async def _duplicates(world: World) -> list[PossibleDuplicate]:
    return list(await possible_duplicates(world.deployment, 100))


# Neither candidate nor evidence


async def test_a_guesser_learns_nothing_of_a_colleagues_private_contacts() -> None:
    """B5: 60 addresses, of which a colleague has 30: each is answered as an address that nobody has."""
    world = new_world()
    hidden = [
        _of_colleague(world, f"Guess{number:02}", "Ann", email1=f"ann{number}@guess.test", comments="secret")
        for number in range(30)
    ]
    await world.connect(scope="visible")
    await world.sync()
    for number in range(60):
        address = [{"address": f"ann{number}@guess.test"}]
        world.write_in_outlook(f"Guess{number:02}", "Ann", emailAddresses=address)

    await world.sync()
    await world.sync(RunMode.FULL)

    assert await world.attention() == []
    assert _mine(world) == [f"Ann Guess{number:02}" for number in range(60)]
    told: dict[str, list[tuple[Action, object, str]]] = {}
    for recorded in await world.history():
        told.setdefault(recorded.entry.outlook_id or "", []).append(
            (recorded.entry.action, recorded.entry.side, recorded.entry.why)
        )
    assert len(told) == 60
    assert len(set(map(tuple, told.values()))) == 1
    assert not [key for key in hidden if key in await _said(world)]
    assert "secret" not in await _said(world)
    assert {result.run.counts.attention for result in world.results} == {0}
    assert sorted(one for found in await _duplicates(world) for one in found.others) == sorted(hidden)


@pytest.mark.parametrize(
    "hidden",
    [
        {"email1": "john@smith.test", "phone2": "+43 664 1234567", "quick_account_name": "Acme"},
        {"email1": "john@smith.test"},
        {"quick_account_name": "Other", "phone1": "+44 20 7946 0001"},
        {},
    ],
    ids=["the same", "its address", "perhaps", "its name alone"],
)
async def test_an_unseen_contact_is_no_candidate_however_much_it_is_the_same(hidden: dict[str, str]) -> None:
    """The card gets a contact of its own, and no item."""
    world = new_world()
    _of_colleague(world, **hidden)
    await world.connect(scope="visible")
    world.write_in_outlook("Smith", "John", **JOHN)

    await world.sync()

    assert _mine(world) == ["John Smith"]
    assert await world.attention() == []


@pytest.mark.parametrize(
    "hidden",
    [
        {"surname": "Smith", "given": "Eva", "email1": "john@smith.test"},
        {"surname": "Smith", "given": "Jonathan", "email1": "john@smith.test"},
        {"surname": "Smith", "given": "Peter", "phone2": "+43 664 1234567"},
        {"surname": "Smith", "given": "John", "email1": "another@john.test"},
        {"surname": "Smith", "given": "J.", "email1": "john@smith.test"},
        {"surname": "Smith", "given": "J.", "email1": "another@john.test"},
        {"surname": "Smyth", "given": "John", "email1": "another@john.test"},
    ],
    ids=[
        "who shares its address",
        "with a longer name",
        "who shares its number",
        "a namesake",
        "with an initial",
        "a namesake of the other with an initial",
        "a namesake of the other",
    ],
)
@pytest.mark.parametrize("seen", [{}, {"quick_account_name": "Acme"}, {"phone2": "+43 664 1234567"}])
@pytest.mark.parametrize("name", [("Smith", "John"), ("Smith", "J."), ("Smyth", "John")])
async def test_unseen_contacts_say_nothing_for_or_against_those_that_the_user_sees(
    hidden: dict[str, str], seen: dict[str, str], name: tuple[str, str]
) -> None:
    """Whoever else has the address, the number or the name: items, links and names are as without them."""

    async def outcome(*others: dict[str, str]) -> tuple[object, ...]:
        world = new_world()
        for other in others:
            _of_colleague(world, **other)
        world.write_in_crm(*name, email1="john@smith.test", **seen)
        await world.connect(scope="owned")
        world.write_in_outlook("Smith", "John", **JOHN)
        await world.sync()
        items = [(item.reason, item.evidence, len(item.candidates)) for item in await world.attention()]
        cards = sorted(f"{card['givenName']} {card['surname']}" for card in world.outlook())
        return items, _mine(world), cards, [one.entry.action for one in await world.history()]

    assert await outcome(hidden) == await outcome()
    assert await outcome(hidden, hidden) == await outcome()


async def test_a_card_with_the_stored_id_of_an_unseen_contact_is_a_newcomer() -> None:
    """It was the user's once, and a copy of its card still carries the id: no item about a double or a deleted one."""
    world = new_world()
    john = world.write_in_crm("Smith", "John", email1="john@smith.test")
    await world.connect(scope="visible", delete_protection=False)
    await world.sync()
    world.crm.people.edit_contact(john, share_mode=PRIVATE)
    world.crm.people.reassign_contact(john, world.colleague_id)
    copy = world.graph.copy_contact(MAILBOX, world.person("Smith")["id"], world.folder_id)
    await world.tick()
    await world.tick()

    assert [card["id"] for card in world.outlook()] == [copy]
    assert _mine(world) == ["John Smith"]
    assert await world.attention() == []
    (found,) = await _duplicates(world)
    assert (found.outlook_id, found.others) == (copy, (john,))


async def test_an_unseen_contact_that_was_deleted_is_not_offered_to_be_brought_back() -> None:
    """Its id still stands in a card."""
    world = new_world()
    john = world.write_in_crm("Smith", "John", email1="john@smith.test")
    await world.connect(scope="visible", delete_protection=False)
    await world.sync()
    world.crm.people.edit_contact(john, share_mode=PRIVATE)
    world.crm.people.reassign_contact(john, world.colleague_id)
    world.crm.people.delete_contact(john)
    copy = world.graph.copy_contact(MAILBOX, world.person("Smith")["id"], world.folder_id)
    await world.sync()
    await world.sync(RunMode.FULL)

    assert [card["id"] for card in world.outlook()] == [copy]
    assert _mine(world) == ["John Smith"]
    assert await world.attention() == []
    assert await _duplicates(world) == []


async def test_a_card_whose_contact_was_merged_into_an_unseen_one_goes_as_if_it_were_deleted() -> None:
    """The survivor is named to nobody."""
    world = new_world()
    loser = world.write_in_crm("Smith", "John", email1="john@smith.test")
    await world.connect(scope="visible", delete_protection=False)
    await world.sync()
    survivor = _of_colleague(world, email1="john@smith.test")

    world.crm.people.merge_contacts(survivor, loser)
    await world.sync()

    assert world.outlook() == []
    assert await world.attention() == []
    assert survivor not in await _said(world)


async def test_what_a_colleague_creates_at_the_same_time_and_keeps_to_themselves_is_not_told() -> None:
    """It is not in the index yet: whoever created it said so, and it is read by its address."""
    world = new_world()
    await world.connect(scope="visible")
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, scope="visible")
    await world.tick()
    await world.tick()
    body = {"surname": "Smith", "givenName": "John", **JOHN}
    world.graph.create_contact(COLLEAGUE, body, world.records[1].folder_id)
    await world.one_run(record=world.records[1])
    world.crm.people.edit_contact(str(world.customer("Smith")["id"]), share_mode=PRIVATE)
    world.write_in_outlook("Smith", "John", **JOHN)

    await world.one_run(record=world.records[0])
    await world.drain()

    assert _mine(world) == ["John Smith"]
    assert await world.attention() == []


# What becomes unseen, or seen, later


async def test_a_question_about_a_contact_that_becomes_unseen_ends_at_the_next_look() -> None:
    """As if nobody were there: the card is created."""
    world = new_world()
    john = _of_colleague(world, phone1="+44 20 7946 0001")
    world.crm.people.share(john, world.user_id, WATCHER)
    await world.connect(scope="owned")
    world.write_in_outlook("Smith", "John", personalNotes="chess")
    await world.sync()
    (item,) = await world.attention()
    assert (item.reason, item.candidates) == (Reason.COUNTERPART_UNCLEAR, (john,))

    world.crm.people.unshare(john, world.user_id)
    await world.tick()

    assert await world.attention() == []
    assert _mine(world) == ["John Smith"]
    assert john not in await _said(world)


async def test_a_contact_that_becomes_unseen_leaves_a_question_that_others_keep_open() -> None:
    """Its id and what spoke for it go; the question stays."""
    world = new_world()
    ids = [_of_colleague(world, phone1=f"+44 20 7946 000{number}") for number in range(2)]
    for key in ids:
        world.crm.people.share(key, world.user_id, WATCHER)
    await world.connect(scope="owned")
    world.write_in_outlook("Smith", "John", personalNotes="chess")
    await world.sync()
    assert [sorted(item.candidates) for item in await world.attention()] == [sorted(ids)]

    world.crm.people.unshare(ids[0], world.user_id)
    await world.tick()

    assert [item.candidates for item in await world.attention()] == [(ids[1],)]
    assert ids[0] not in await _said(world)


async def test_an_edit_that_was_not_sent_tells_nothing_that_came_into_pipeliner_since() -> None:
    """The contact is a colleague's alone by then: the history has what was typed, and what the user saw last."""
    world = new_world()
    john = world.write_in_crm("Smith", "John", phone2="1")
    await world.connect(scope="visible", delete_protection=False)
    await world.sync()

    world.crm.people.edit_contact(john, share_mode=PRIVATE, phone2="secret")
    world.crm.people.reassign_contact(john, world.colleague_id)
    world.edit_in_outlook("Smith", mobilePhone="typed")
    await world.sync()

    (entry,) = [one.entry for one in await world.history(Action.CONFLICT) if one.entry.why == NOT_SENT]
    assert [(change.field, change.old, change.new) for change in entry.changes] == [("mobile_phone", "typed", "1")]
    assert "secret" not in "".join(str(one) for one in await world.history())


# What administrators are shown


async def test_a_duplicate_that_was_created_knowingly_is_shown_to_administrators_until_it_is_none() -> None:
    """With the ids of both; gone once one of the two is, and noted once however often it is looked at."""
    world = new_world()
    john = _of_colleague(world, email1="john@smith.test")
    await world.connect(scope="visible")
    card = world.write_in_outlook("Smith", "John", **JOHN)
    await world.sync()
    await world.sync(RunMode.FULL)

    (found,) = await _duplicates(world)
    mine = next(row["id"] for row in world.customers() if row["owner_id"] == world.user_id)
    assert (found.connection_id, found.outlook_id, found.pipeliner_id, found.others) == (
        world.record.id,
        card,
        mine,
        (john,),
    )

    world.crm.people.merge_contacts(john, mine)
    assert await _duplicates(world) == []


async def test_whoever_is_another_person_is_no_duplicate() -> None:
    """They share an address alone."""
    world = new_world()
    _of_colleague(world, "Novak", "Eva", email1="john@smith.test", phone2="+43 664 7654321")
    await world.connect(scope="visible")
    world.write_in_outlook("Smith", "John", **JOHN)
    await world.sync()

    assert _mine(world) == ["John Smith"]
    assert await _duplicates(world) == []


async def _forgotten_by_disconnecting(world: World, _john: str) -> None:
    await disconnect(world.deployment, world.record.id)


async def _forgotten_by_purging_the_connection(world: World, _john: str) -> None:
    assert (await purge(world.deployment, PurgeRequest(connection=world.record.id))).is_proved


async def _forgotten_by_purging_the_person(world: World, john: str) -> None:
    assert (await purge(world.deployment, PurgeRequest(person=john, even_if_linked=True))).is_proved


async def _forgotten_by_age(world: World, _john: str) -> None:
    await world.deployment.clock.sleep(366 * DAY_S)
    await reconcile_all(world.deployment)


@pytest.mark.parametrize(
    "forget",
    [
        _forgotten_by_disconnecting,
        _forgotten_by_purging_the_connection,
        _forgotten_by_purging_the_person,
        _forgotten_by_age,
    ],
)
async def test_what_is_known_of_duplicates_goes_with_what_they_are_of(forget: Callable[[World, str], Any]) -> None:
    """With the connection, with either person, and after as long as history is kept."""
    world = new_world()
    john = _of_colleague(world, email1="john@smith.test")
    await world.connect(scope="visible")
    world.write_in_outlook("Smith", "John", **JOHN)
    await world.sync()
    rows = StoredDuplicates(world.deployment.store, "em_Emulated")
    assert len(await rows.all()) == 1

    await forget(world, john)

    assert await rows.all() == []


async def test_an_unseen_candidate_costs_the_requests_of_one_that_is_seen() -> None:
    """Nobody can tell by them which one is there."""

    async def requests(share_mode: int) -> int:
        world = new_world()
        world.write_in_crm("Smith", "John", owner=world.colleague_id, share_mode=share_mode, phone1="+44 20 7946 0001")
        await world.connect(scope="owned")
        await world.sync()
        world.write_in_outlook("Smith", "John", personalNotes="chess")
        await world.tick()
        before = world.crm.total_requests
        await world.one_run(RunMode.DELTA)
        return world.crm.total_requests - before

    assert await requests(PRIVATE) <= await requests(0) + 1
