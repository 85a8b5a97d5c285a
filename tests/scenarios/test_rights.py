"""The space's key lends nobody rights: what a user may not do in Pipeliner by hand, their sync does not do for them."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.pipeliner.people import EDITOR, WATCHER
from sync_core.domain import Action, AttentionItem, Choice, Reason, RunMode
from sync_core.engine.putting_back import SENT
from sync_core.engine.withheld import NOT_SENT
from sync_core.errors import InvalidRequest
from sync_core.operations import AnswerRequest, answer, disconnect
from tests.scenarios.world import World, new_world

SEEN = ["watcher", "unit", "all view"]
"""Ways to see a colleague's contact, and no more."""
PROMPT = {"delete_protection": False}


async def _colleagues_contact(how: str, **settings: Any) -> World:
    """A contact of the colleague that the salesman has in the folder."""
    world = new_world()
    mode = {"watcher": 1, "editor": 1, "all view": 2, "unit": 0, "all edit": 3}[how]
    contact_id = world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, phone2="1", share_mode=mode)
    if how in {"watcher", "editor"}:
        world.crm.people.share(contact_id, world.user_id, EDITOR if how == "editor" else WATCHER)
    await world.connect(**PROMPT | {"scope": "visible"} | settings)
    await world.sync()
    assert [item["surname"] for item in world.outlook()] == ["Okafor"]
    return world


async def _own_contact(**settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", phone2="1")
    await world.connect(**PROMPT | settings)
    await world.sync()
    return world


async def _told(world: World) -> list[AttentionItem]:
    return [item for item in await world.attention() if item.reason is Reason.READ_ONLY]


async def _answer(world: World, choice: Choice) -> None:
    (item,) = await _told(world)
    await answer(world.deployment, world.record.id, AnswerRequest(item=item.subject, choice=choice), by="Ada")
    await world.drain()


# Edits


@pytest.mark.parametrize("how", SEEN)
async def test_an_edit_of_what_the_user_may_only_see_is_not_sent_and_told_once(how: str) -> None:
    """B1: it stays where it was typed, stands in the history, and asks what becomes of it."""
    world = await _colleagues_contact(how)

    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    await world.sync()

    assert world.customer("Okafor")["phone2"] == "1"
    assert world.person("Okafor")["mobilePhone"] == "typed by a viewer"
    (item,) = await _told(world)
    assert (item.fields, item.choices) == (
        ("mobile_phone",),
        (Choice.KEEP_MINE, Choice.TAKE_THEIRS, Choice.LATER),
    )
    (entry,) = [one.entry for one in await world.history(Action.CONFLICT)]
    assert (entry.why, [change.old for change in entry.changes]) == (NOT_SENT, ["typed by a viewer"])

    await world.sync(RunMode.FULL)
    assert await _told(world) == [item]
    assert len(await world.history(Action.CONFLICT)) == 1
    assert world.results[-1].run.counts.writes == 0


@pytest.mark.parametrize("how", ["editor", "all edit"])
async def test_an_edit_of_what_the_user_may_edit_is_sent_whoever_owns_it(how: str) -> None:
    """Nothing is held back that could be typed in Pipeliner itself."""
    world = await _colleagues_contact(how)

    world.edit_in_outlook("Okafor", mobilePhone="typed by an editor")
    await world.sync()

    assert world.customer("Okafor")["phone2"] == "typed by an editor"
    assert await _told(world) == []


async def test_pipeliners_own_edits_still_reach_who_may_only_see_them() -> None:
    """In other fields beside the edit that was not sent, and in that field when it changes there."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    world.edit_in_crm("Okafor", city="Oslo")
    await world.sync()
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert world.person("Okafor")["mobilePhone"] == "typed by a viewer"

    world.edit_in_crm("Okafor", phone2="2")
    await world.sync()

    assert (world.person("Okafor")["mobilePhone"], world.customer("Okafor")["phone2"]) == ("2", "2")
    assert await _told(world) == []


async def test_a_list_that_was_edited_by_who_may_only_see_it_is_not_sent_and_still_grows() -> None:
    """An address that Pipeliner adds joins the one that stays in Outlook."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", emailAddresses=[{"address": "mine@okafor.test"}])
    await world.sync()
    assert world.customer("Okafor")["email1"] == ""
    assert [item.fields for item in await _told(world)] == [("emails",)]

    world.edit_in_crm("Okafor", email1="theirs@okafor.test")
    await world.sync()

    shown = {one["address"] for one in world.person("Okafor")["emailAddresses"]}
    assert shown == {"mine@okafor.test", "theirs@okafor.test"}
    assert (world.customer("Okafor")["email1"], world.customer("Okafor")["email2"]) == ("theirs@okafor.test", "")


async def test_what_only_the_card_of_a_viewer_has_is_not_sent_when_the_two_are_paired() -> None:
    """The card gets what Pipeliner has; its own stays on it alone."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="chidi@okafor.test", city="Oslo")
    await world.connect(scope="visible")
    world.write_in_outlook(
        "Okafor", "Chidi", emailAddresses=[{"address": "chidi@okafor.test"}], mobilePhone="a viewer's own"
    )
    await world.sync()

    assert (world.customer("Okafor")["phone2"], world.person("Okafor")["mobilePhone"]) == ("", "a viewer's own")
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert [item.fields for item in await _told(world)] == [("mobile_phone",)]


# Answers


async def test_keep_mine_leaves_both_as_they_are_until_one_of_them_changes() -> None:
    """Nothing is written for the answer, nor by a full sync after it."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    await world.sync()
    await _answer(world, Choice.KEEP_MINE)
    await world.sync(RunMode.FULL)

    assert await _told(world) == []
    assert (world.customer("Okafor")["phone2"], world.person("Okafor")["mobilePhone"]) == ("1", "typed by a viewer")


async def test_take_theirs_writes_pipeliners_values_again_and_nothing_else() -> None:
    """All that was not sent so far, from several edits; what else was edited meanwhile travels as ever."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    await world.sync()
    world.edit_in_outlook("Okafor", personalNotes="a viewer's note")
    await world.sync()
    assert [item.fields for item in await _told(world)] == [("mobile_phone", "notes")]
    world.edit_in_crm("Okafor", city="Oslo")
    await _answer(world, Choice.TAKE_THEIRS)
    await world.sync()

    shown = world.person("Okafor")
    assert (shown["mobilePhone"], shown["personalNotes"] or "") == ("1", "")
    assert shown["businessAddress"].get("city") == "Oslo"
    assert await _told(world) == []
    assert world.customer("Okafor")["comments"] == ""


async def test_one_way_to_pipeliner_offers_no_choice_that_would_write_outlook() -> None:
    """Where Outlook is only read there is nothing to take."""
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", owner=world.colleague_id, email1="chidi@okafor.test")
    await world.connect(scope="visible", sync_type="to_pipeliner")
    card = {"emailAddresses": [{"address": "chidi@okafor.test"}]}
    world.write_in_outlook("Okafor", "Chidi", **card, mobilePhone="a viewer's own")
    await world.sync()

    assert world.customer("Okafor")["phone2"] == ""
    assert [item.choices for item in await _told(world)] == [(Choice.KEEP_MINE, Choice.LATER)]


# Deletes


@pytest.mark.parametrize("how", [*SEEN, "editor"])
async def test_a_delete_of_what_the_user_may_not_delete_leaves_their_folder_only(how: str) -> None:
    """B2: Pipeliner keeps it, it is not put back, and the history says why."""
    world = await _colleagues_contact(how)

    world.delete_in_outlook("Okafor")
    await world.sync()
    await world.sync(RunMode.FULL)

    assert (world.outlook(), len(world.customers())) == ([], 1)
    (entry,) = [one.entry for one in await world.history(Action.DORMANT)]
    assert "not the user's to delete" in entry.why


async def test_a_protected_contact_is_not_asked_to_be_deleted() -> None:
    """Nobody could delete it by hand."""
    world = await _own_contact()
    world.crm.people.protect_contact(world.customer("Okafor")["id"])

    world.delete_in_outlook("Okafor")
    await world.sync()

    assert (world.outlook(), len(world.customers()), await world.attention()) == ([], 1, [])


async def test_an_edit_brings_back_only_what_the_user_owned() -> None:
    """Deleted in Pipeliner by its owner: the editor's unsent edit goes with the card, and the history has it."""
    world = await _colleagues_contact("editor")
    world.edit_in_outlook("Okafor", mobilePhone="typed by an editor")
    world.delete_in_crm("Okafor")

    await world.sync()
    await world.sync()

    assert (world.outlook(), world.customers()) == ([], [])
    (entry,) = [one.entry for one in await world.history(Action.DELETED)]
    assert "typed by an editor" in [change.old for change in entry.changes]


# Rights that are lost, and rights that return


async def _lose(world: World, how: str) -> None:
    contact_id = world.customer("Okafor")["id"]
    if how == "reassigned":
        world.crm.people.reassign_contact(contact_id, world.colleague_id)
    else:
        world.crm.people.unshare(contact_id, world.user_id)


async def _held(how: str, scope: str) -> World:
    """A contact that will be taken from the salesman."""
    return await (_own_contact(scope=scope) if how == "reassigned" else _colleagues_contact("editor", scope=scope))


@pytest.mark.parametrize("scope", ["owned_or_editable", "visible"])
@pytest.mark.parametrize("how", ["reassigned", "unshared"])
@pytest.mark.parametrize("order", ["edit, then lose", "lose, then edit"])
async def test_rights_that_were_lost_send_nothing_from_then_on(order: str, how: str, scope: str) -> None:
    """B3: whether it was typed before or after; what was typed stands in the history and in an item."""
    world = await _held(how, scope)
    if order == "edit, then lose":
        world.edit_in_outlook("Okafor", mobilePhone="the last word")
    await _lose(world, how)
    if order == "lose, then edit":
        world.edit_in_outlook("Okafor", mobilePhone="the last word")
    await world.sync()
    await world.sync(RunMode.FULL)

    assert world.customer("Okafor")["phone2"] == "1"
    told = [change.old for one in await world.history(Action.CONFLICT) for change in one.entry.changes]
    assert told == ["the last word"]
    assert len(await _told(world)) == 1


@pytest.mark.parametrize("order", ["delete, then lose", "lose, then delete"])
async def test_rights_that_were_lost_delete_nothing_from_then_on(order: str) -> None:
    """B3: the contact is the colleague's now."""
    world = await _own_contact(scope="visible")
    if order == "delete, then lose":
        world.delete_in_outlook("Okafor")
    await _lose(world, "reassigned")
    if order == "lose, then delete":
        world.delete_in_outlook("Okafor")
    await world.sync()

    assert [row["owner_id"] for row in world.customers()] == [world.colleague_id]


async def test_while_removals_are_held_the_former_owner_writes_nothing_for_days() -> None:
    """B3: forty contacts go to a colleague, their cards stay until somebody approves."""
    world = new_world()
    for number in range(40):
        world.write_in_crm(f"C{number:02d}", "X", comments="theirs")
    await world.connect()
    await world.sync()
    for row in world.customers():
        world.crm.people.reassign_contact(row["id"], world.colleague_id)
    await world.sync()
    assert len(world.outlook()) == 40

    for day in range(3):
        await world.deployment.clock.sleep(86_400)
        world.edit_in_outlook("C07", personalNotes=f"day {day}")
        await world.sync()

    assert world.customer("C07")["comments"] == "theirs"
    assert [change.old for one in await world.history(Action.CONFLICT) for change in one.entry.changes] == [
        "day 2",
        "day 1",
        "day 0",
    ]
    assert [item.fields for item in await _told(world)] == [("notes",)]


@pytest.mark.parametrize("back", ["owner", "editor"])
async def test_rights_that_return_flush_nothing(back: str) -> None:
    """What was typed without the right is not sent later unasked; what is typed from then on is."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    await world.sync()
    contact_id = world.customer("Okafor")["id"]
    if back == "owner":
        world.crm.people.reassign_contact(contact_id, world.user_id)
    else:
        world.crm.people.share(contact_id, world.user_id, EDITOR)
    await world.sync()
    await world.sync(RunMode.FULL)
    assert world.customer("Okafor")["phone2"] == "1"
    assert len(await _told(world)) == 1

    world.edit_in_outlook("Okafor", jobTitle="Buyer")
    await world.sync()

    assert (world.customer("Okafor")["phone2"], world.customer("Okafor")["position"]) == ("1", "Buyer")
    world.edit_in_outlook("Okafor", mobilePhone="typed by right")
    await world.sync()
    assert world.customer("Okafor")["phone2"] == "typed by right"
    assert await _told(world) == []


async def _unsent(**settings: Any) -> tuple[World, str]:
    """An edit of somebody who might only watch; they may edit by now, and the sync has seen it."""
    world = await _colleagues_contact("watcher", **settings)
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    await world.sync()
    contact_id = world.customer("Okafor")["id"]
    world.crm.people.unshare(contact_id, world.user_id)
    world.crm.people.share(contact_id, world.user_id, EDITOR)
    await world.tick()
    return world, str(contact_id)


async def test_an_edit_that_was_not_sent_can_be_sent_once_the_right_is_back() -> None:
    """The item offers it from the look that sees the right; the answer sends what the card shows then, and no more."""
    world, _ = await _unsent()
    (item,) = await _told(world)
    assert item.choices == (Choice.KEEP_MINE, Choice.TAKE_THEIRS, Choice.SEND, Choice.LATER)
    assert "send" in item.remedy
    assert "Mobile phone" in item.message
    assert world.customer("Okafor")["phone2"] == "1"

    await _answer(world, Choice.SEND)

    assert world.customer("Okafor")["phone2"] == "typed by a viewer"
    assert await _told(world) == []
    (entry,) = [one.entry for one in await world.history(Action.UPDATED) if one.entry.why == SENT]
    assert [(change.old, change.new) for change in entry.changes] == [("1", "typed by a viewer")]
    await world.sync(RunMode.FULL)
    assert world.results[-1].run.counts.writes == 0


async def test_several_fields_and_lists_are_sent_as_the_card_shows_them() -> None:
    """An address that was added, one that was removed, and a note that was cleared."""
    world = new_world()
    contact_id = world.write_in_crm(
        "Okafor", "Chidi", owner=world.colleague_id, share_mode=1, email1="a@x.test", email2="b@x.test", comments="note"
    )
    world.crm.people.share(contact_id, world.user_id, WATCHER)
    await world.connect(scope="visible")
    await world.sync()
    world.edit_in_outlook("Okafor", emailAddresses=[{"address": "b@x.test"}, {"address": "c@x.test"}], personalNotes="")
    await world.sync()
    world.crm.people.reassign_contact(contact_id, world.user_id)
    world.edit_in_crm("Okafor", city="Oslo")
    await world.tick()

    await _answer(world, Choice.SEND)

    row = world.customer("Okafor")
    assert {row["email1"], row["email2"], row["email3"]} == {"b@x.test", "c@x.test", ""}
    assert (row["comments"], row["city"]) == ("", "Oslo")
    assert await _told(world) == []


async def test_send_is_refused_before_the_right_is_back() -> None:
    """And says what must happen first."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    await world.sync()

    with pytest.raises(InvalidRequest, match="once the user may edit the contact in Pipeliner again"):
        await _answer(world, Choice.SEND)

    assert world.customer("Okafor")["phone2"] == "1"


async def test_an_answer_to_send_is_decided_by_the_right_at_the_moment_of_writing() -> None:
    """It is gone again: nothing is sent, and the item offers it no more, until it is back once more."""
    world, contact_id = await _unsent()
    (item,) = await _told(world)
    world.crm.people.unshare(contact_id, world.user_id)
    world.crm.people.share(contact_id, world.user_id, WATCHER)

    await _answer(world, Choice.SEND)

    assert world.customer("Okafor")["phone2"] == "1"
    (left,) = await _told(world)
    assert (left.fields, left.since, left.chosen) == (item.fields, item.since, None)
    assert Choice.SEND not in left.choices

    world.crm.people.unshare(contact_id, world.user_id)
    world.crm.people.share(contact_id, world.user_id, EDITOR)
    await world.tick()
    assert world.customer("Okafor")["phone2"] == "1"
    await _answer(world, Choice.SEND)
    assert world.customer("Okafor")["phone2"] == "typed by a viewer"


async def test_a_right_that_is_seen_to_be_gone_takes_the_choice_away_again() -> None:
    """Without an answer."""
    world, contact_id = await _unsent()
    world.crm.people.unshare(contact_id, world.user_id)
    world.crm.people.share(contact_id, world.user_id, WATCHER)
    await world.tick()

    assert [item.choices for item in await _told(world)] == [(Choice.KEEP_MINE, Choice.TAKE_THEIRS, Choice.LATER)]


# Ending


@pytest.mark.parametrize("is_synced", [True, False], ids=["withheld before", "just typed"])
async def test_a_card_whose_edit_could_not_be_sent_stays_when_the_connection_ends(*, is_synced: bool) -> None:
    """Only what holds nothing that Pipeliner lacks is removed, and nothing is sent before it ends."""
    world = await _colleagues_contact("watcher")
    world.edit_in_outlook("Okafor", mobilePhone="typed by a viewer")
    if is_synced:
        await world.sync()

    ended = await disconnect(world.deployment, world.record.id, remove_contacts=True)

    assert (ended.cleared.removed, ended.cleared.kept) == (0, 1)
    assert world.customer("Okafor")["phone2"] == "1"
    assert world.person("Okafor")["mobilePhone"] == "typed by a viewer"


async def test_a_card_that_nobody_edited_goes_when_the_connection_ends() -> None:
    """Whoever owns the contact: the copy holds nothing of its own."""
    world = await _colleagues_contact("watcher")

    ended = await disconnect(world.deployment, world.record.id, remove_contacts=True)

    assert (ended.cleared.removed, world.outlook(), len(world.customers())) == (1, [], 1)
