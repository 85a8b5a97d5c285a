"""What a person answers is stored before it has any effect, binds whom it should, and asks for one run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.domain import (
    CHOICES,
    AttentionItem,
    Choice,
    LinkId,
    OutlookId,
    PairRuling,
    PipelinerId,
    Reason,
    RulingKind,
    Trigger,
    link_subject,
    outlook_subject,
    pipeliner_subject,
)
from sync_core.engine.notices import question_notice
from sync_core.errors import InvalidRequest, NotAllowed, NotFound, Paused
from sync_core.operations import (
    ConnectionChange,
    change,
    disconnect,
    forget_ruling,
    link_contacts,
    rulings_of,
)
from sync_core.operations.questions import item_id
from sync_core.state import ConnectionStatus
from tests.scenarios.asking import (
    ADDRESS,
    ask_about,
    give,
    looks_of,
    never_run,
    pair_of,
    put_up,
    rulings,
    unclear,
    write_does,
)
from tests.scenarios.world import COLLEAGUE, World


@pytest.fixture
async def world() -> World:
    """One connection that has never run."""
    return await never_run()


@pytest.mark.parametrize(("choice", "ruled"), [("same", PairRuling.SAME), ("different", PairRuling.APART)])
async def test_an_answer_rules_on_the_pair_and_has_both_looked_at(world: World, choice: str, ruled: PairRuling) -> None:
    """The item stands until the run that is asked for resolves it."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)

    answered = await give(world, item, choice, by="ada-id")

    key = await pair_of(world, jane, john)
    assert await rulings(world).on_pairs([key]) == {key: ruled}
    assert (answered.items, answered.left, len(answered.rulings)) == ((item_id(item),), (), 1)
    (listed,) = await rulings_of(world.deployment, world.record.id)
    assert (listed.id, listed.by, listed.for_space) == (answered.rulings[0], "ada-id", False)
    assert [item.question for item in await world.attention()] == [item.question]
    taken = world.queue.take()
    assert taken is not None
    assert (taken[0].connection_id, taken[0].trigger) == (world.record.id, Trigger.ANSWER)
    assert world.queue.take() is None
    assert await looks_of(world) == {outlook_subject(jane), pipeliner_subject(john)}


async def test_an_item_is_named_by_id_by_subject_or_by_a_beginning(world: World) -> None:
    """As long as no other begins so."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)
    await put_up(world, AttentionItem("outlook:other", Reason.NAME_MISSING, "m", "r"))

    for typed in (item_id(item), item_id(item)[:5], item.subject, item.subject[:-1]):
        assert (await give(world, typed, "later")).items == (item_id(item),)
    with pytest.raises(InvalidRequest, match="2 items begin like this"):
        await give(world, "outlook:", "later")
    for typed in ("zzzzzzzz", "held:changes"):
        with pytest.raises(NotFound, match="no attention item"):
            await give(world, typed, "later")


async def test_what_an_item_does_not_offer_is_refused(world: World) -> None:
    """With the choices that there are, or with the remedy; nothing is stored."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)
    other = await put_up(world, AttentionItem("outlook:o", Reason.NAME_MISSING, "m", "Give it a name."))

    with pytest.raises(InvalidRequest, match="same, different, shared_identifier, later"):
        await give(world, item, "bring_back")
    with pytest.raises(InvalidRequest, match="Give it a name"):
        await give(world, other, "same")
    assert await rulings_of(world.deployment, world.record.id) == []
    assert world.queue.take() is None


async def test_same_is_one_to_one(world: World) -> None:
    """With several candidates one of them must be named, and no more than one can be."""
    jane, john = write_does(world)
    jim = PipelinerId(world.write_in_crm("Doe", "Jim", email1=ADDRESS))
    item = await ask_about(world, jane, john, jim)

    with pytest.raises(InvalidRequest) as missing:
        await give(world, item, "same")
    assert john in str(missing.value)
    assert jim in str(missing.value)
    for wrong in ("nobody", jane):
        with pytest.raises(InvalidRequest, match="must be one of the item's candidates"):
            await give(world, item, "same", candidate=wrong)
    assert world.queue.take() is None

    await give(world, item, "same", candidate=jim)

    keys = [await pair_of(world, jane, one) for one in (john, jim)]
    assert await rulings(world).on_pairs(keys) == {keys[1]: PairRuling.SAME}


async def test_different_is_about_all_candidates_or_the_one_that_is_named(world: World) -> None:
    """One ruling, taken back as one."""
    jane, john = write_does(world)
    jim = PipelinerId(world.write_in_crm("Doe", "Jim", email1=ADDRESS))
    item = await ask_about(world, jane, john, jim)
    keys = [await pair_of(world, jane, one) for one in (john, jim)]

    (first,) = (await give(world, item, "different", candidate=john)).rulings
    assert await rulings(world).on_pairs(keys) == {keys[0]: PairRuling.APART}
    (both,) = (await give(world, item, "different")).rulings
    assert await rulings(world).on_pairs(keys) == dict.fromkeys(keys, PairRuling.APART)
    assert [ruling.id for ruling in await rulings_of(world.deployment, world.record.id)] == [both]
    assert first != both

    await forget_ruling(world.deployment, world.record.id, both[:6])
    assert await rulings(world).on_pairs(keys) == {}
    assert await rulings_of(world.deployment, world.record.id) == []


async def test_a_question_of_pipeliners_contact_has_candidates_in_outlook(world: World) -> None:
    """The pair is the same whoever asks."""
    jane, john = write_does(world)
    item = await put_up(world, unclear(pipeliner_subject(john), (jane,), pipeliner_id=john))

    await give(world, item, "different")

    key = await pair_of(world, jane, john)
    assert await rulings(world).on_pairs([key]) == {key: PairRuling.APART}


async def test_equal_items_are_answered_together(world: World) -> None:
    """All that ask for the same reason; of several candidates, and of two that want one, a person must choose."""
    pairs = [
        (OutlookId(world.write_in_outlook(f"Doe{n}", "Jane")), PipelinerId(world.write_in_crm(f"Doe{n}", "J.")))
        for n in range(4)
    ]
    clear = [await ask_about(world, *pair) for pair in pairs[:2]]
    several = await ask_about(world, pairs[2][0], pairs[2][1], pairs[3][1])
    rival = await ask_about(world, pairs[3][0], pairs[3][1])
    await put_up(world, question_notice(Reason.DOUBLE, "outlook:x", candidates=("y",), outlook_id=OutlookId("x")))

    answered = await give(world, clear[0], "same", all=True)

    assert set(answered.items) == {item_id(item) for item in clear}
    assert set(answered.left) == {item_id(item) for item in (several, rival)}
    keys = [await pair_of(world, *pair) for pair in pairs]
    assert await rulings(world).on_pairs(keys) == dict.fromkeys(keys[:2], PairRuling.SAME)
    assert len(set(answered.rulings)) == 2

    everybody = await give(world, several, "different", all=True)
    assert len(everybody.items) == 4
    with pytest.raises(InvalidRequest, match="candidate"):
        await give(world, several, "different", candidate=pairs[2][1], all=True)


async def test_later_puts_an_item_last_and_does_nothing_else(world: World) -> None:
    """No ruling, no run; the same question keeps it when it is asked again."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)
    await put_up(world, AttentionItem("outlook:other", Reason.NAME_MISSING, "m", "r"))
    assert (await world.attention())[0].subject == item.subject

    await give(world, item, "later")
    await put_up(world, item)

    shown = await world.attention()
    assert shown[-1].subject == item.subject
    assert shown[-1].later is not None
    assert await rulings_of(world.deployment, world.record.id) == []
    assert world.queue.take() is None
    await put_up(world, replace(item, candidates=("another",)))
    assert (await world.attention())[-1].later is None


async def test_what_decides_nothing_for_good_stands_on_the_item(world: World) -> None:
    """A run finds there what a person chose, and carries it out."""
    jane, john = write_does(world)
    item = replace(await ask_about(world, jane, john), reason=Reason.VALUES_REPLACED, candidates=())
    await put_up(world, replace(item, choices=CHOICES[Reason.VALUES_REPLACED]))

    answered = await give(world, item, "put_back")

    assert (answered.rulings, [one.chosen for one in await world.attention()]) == ((), [Choice.PUT_BACK])
    assert world.queue.take() is not None
    assert await rulings_of(world.deployment, world.record.id) == []


async def test_a_copy_is_left_out_by_id_and_by_name(world: World) -> None:
    """The newcomer, not whom it equals."""
    jane, john = write_does(world)
    item = await put_up(
        world, question_notice(Reason.DOUBLE, outlook_subject(jane), candidates=(john,), outlook_id=jane)
    )

    await give(world, item, "copy")

    name = (await pair_of(world, jane, john)).outlook_name
    assert await rulings(world).left_out({jane: "", "new": name, john: ""}) == {jane, "new"}


async def test_an_identifier_that_several_share_is_ruled_on_alone(world: World) -> None:
    """The address that both have, and neither of their names."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)

    await give(world, item, "shared_identifier")

    key = await pair_of(world, jane, john)
    assert await rulings(world).shared([*key.strong, key.outlook_name, key.pipeliner_name]) == key.strong
    assert len(key.strong) == 1


async def test_an_answer_that_leaves_nothing_to_decide_says_so(world: World) -> None:
    """The contact is gone meanwhile, or the address is."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)
    world.graph.edit_contact(world.record.mailbox, jane, {"emailAddresses": []})
    with pytest.raises(InvalidRequest, match="nothing to decide"):
        await give(world, item, "shared_identifier")
    world.graph.delete_contact(world.record.mailbox, jane)
    with pytest.raises(InvalidRequest, match="nothing to decide"):
        await give(world, item, "same")
    assert await rulings_of(world.deployment, world.record.id) == []


async def test_a_card_typed_over_is_the_same_person_or_another(world: World) -> None:
    """Renamed: known by its link and that name. Another: the pair is ruled apart."""
    world.write_in_crm("Okafor", "Kim")
    await world.sync()
    jane, john = OutlookId(world.person("Okafor")["id"]), PipelinerId(world.customer("Okafor")["id"])
    link = await world.deployment.reader(world.record.id).link_of(jane)
    assert link is not None
    world.graph.edit_contact(world.record.mailbox, jane, {"surname": "Novak"})
    notice = question_notice(
        Reason.TYPED_OVER, link_subject(link.id), outlook_id=jane, pipeliner_id=john, link_id=link.id
    )
    item = await put_up(world, notice)

    await give(world, item, "same")
    name = (await pair_of(world, jane, john)).outlook_name
    assert await rulings(world).renamed(link.id, name)
    assert not await rulings(world).renamed(LinkId("another"), name)

    await give(world, item, "different")
    key = await pair_of(world, jane, john)
    assert await rulings(world).on_pairs([key]) == {key: PairRuling.APART}


async def test_what_an_administrator_rules_for_the_space_binds_every_mailbox(world: World) -> None:
    """And none of it binds anybody else when it is not ruled so."""
    await world.connect(COLLEAGUE, COLLEAGUE)
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)
    theirs = replace(await pair_of(world, jane, john), outlook_id="ben's own card")
    of_ben = world.deployment.rulings(world.records[1])

    await give(world, item, "different")
    assert await of_ben.on_pairs([theirs]) == {}
    (ruling,) = (await give(world, item, "different", space=True)).rulings
    assert await of_ben.on_pairs([theirs]) == {theirs: PairRuling.APART}

    with pytest.raises(NotAllowed):
        await forget_ruling(world.deployment, world.record.id, ruling, may_bind_space=False)
    await forget_ruling(world.deployment, world.record.id, ruling)
    assert await of_ben.on_pairs([theirs]) == {}


async def test_a_ruling_survives_disconnecting_and_new_ids(world: World) -> None:
    """The card is migrated, the mailbox connected anew: the same two are not asked about again."""
    jane, john = write_does(world)
    await give(world, await ask_about(world, jane, john), "different")
    await disconnect(world.deployment, world.record.id)
    world.graph.delete_contact(world.record.mailbox, jane)
    folder = world.record.folder_id
    world.records.clear()
    await world.connect(folder=folder)
    copy = OutlookId(world.write_in_outlook("Doe", "Jane", emailAddresses=[{"address": ADDRESS}]))

    key = await pair_of(world, copy, john)

    assert copy != jane
    assert await rulings(world).on_pairs([key]) == {key: PairRuling.APART}
    assert [ruling.kind for ruling in await rulings_of(world.deployment, world.record.id)] == [RulingKind.APART]


async def test_a_ruling_that_is_taken_back_opens_its_question(world: World) -> None:
    """Both contacts are looked at again."""
    jane, john = write_does(world)
    (ruling,) = (await give(world, await ask_about(world, jane, john), "different")).rulings
    while world.queue.take() is not None:
        pass

    forgotten = await forget_ruling(world.deployment, world.record.id, ruling)

    assert forgotten.about.ids == {jane, john}
    assert world.queue.take() is not None
    assert await looks_of(world) == {outlook_subject(jane), pipeliner_subject(john)}
    with pytest.raises(NotFound):
        await forget_ruling(world.deployment, world.record.id, ruling)


async def test_a_paused_connection_takes_no_answer(world: World) -> None:
    """As it takes no approval."""
    jane, john = write_does(world)
    item = await ask_about(world, jane, john)
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))

    with pytest.raises(Paused):
        await give(world, item, "same")
    with pytest.raises(Paused):
        await link_contacts(world.deployment, world.record.id, jane, john, by="somebody")
