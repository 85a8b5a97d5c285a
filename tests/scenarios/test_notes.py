"""Notes: what two people wrote stands in both places, and what a phone cut off is not lost anywhere."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import Action, Reason, RunMode
from sync_core.operations import AnswerRequest, answer
from sync_core.operations.questions import item_id
from tests.scenarios.world import MAILBOX, World, new_world

LONG = "".join(f"{number}. talked about the order of spring\n" for number in range(300)).strip()


def _notes(world: World) -> tuple[str, str]:
    (card,), (row,) = world.outlook(), world.customers()
    return card["personalNotes"] or "", row["comments"]


async def _linked(note: str, **settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", comments=note)
    await world.connect(**settings)
    await world.sync()
    return world


async def _paired(outlook: str, crm: str, **settings: Any) -> World:
    world = new_world()
    folder_id = world.graph.add_folder(MAILBOX, "Customers")
    world.write_in_crm("Okafor", "Chidi", email1="c@acme.test", comments=crm)
    body = {"surname": "Okafor", "givenName": "Chidi", "emailAddresses": [{"address": "c@acme.test"}]}
    world.graph.create_contact(MAILBOX, body | {"personalNotes": outlook}, folder_id)
    await world.connect(folder=folder_id, **settings)
    await world.sync()
    return world


async def _edited(before: str, outlook: str, crm: str) -> World:
    world = await _linked(before)
    world.edit_in_outlook("Okafor", personalNotes=outlook)
    world.edit_in_crm("Okafor", comments=crm)
    await world.sync()
    return world


@pytest.mark.parametrize(
    ("before", "outlook", "crm", "merged"),
    [
        ("start", "start\nours", "start\ntheirs", "start\nours\ntheirs"),
        ("a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"),
        ("a\nb\nc", "b\nc", "a\nb\nc\nd", "b\nc\nd"),
        ("tel 1\nend", "tel 2\nend", "tel 3\nend", "tel 2\n-----\ntel 3\nend"),
        ("a\nb", "a", "a\nB", "a\nB"),
        ("start", "start\nboth", "start\nboth\nmore", "start\nboth\nmore"),
        ("", "ours", "theirs", "ours\n-----\ntheirs"),
    ],
)
async def test_what_both_sides_wrote_into_a_note_is_kept(before: str, outlook: str, crm: str, merged: str) -> None:
    """By lines; nothing lost, so no conflict is told, and a second run writes nothing."""
    world = await _edited(before, outlook, crm)

    assert _notes(world) == (merged, merged)
    assert await world.history(Action.CONFLICT) == []
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


@pytest.mark.parametrize("first_sight", ["pipeliner", "outlook"])
async def test_two_different_notes_at_first_sight_are_both_kept(first_sight: str) -> None:
    """Whatever the rule says of other values."""
    world = await _paired("Met at the fair.", "Key account.", first_sight=first_sight)

    assert _notes(world) == ("Met at the fair.\n-----\nKey account.",) * 2
    assert await world.attention() == []
    assert (await world.sync(RunMode.FULL)).run.counts.writes == 0


async def test_a_note_that_is_in_the_other_one_already_is_not_kept_twice() -> None:
    """Nor does white space make another note of it."""
    world = await _paired("Key  account.\r\n", "Key account.\nSince 2019.")

    assert _notes(world) == ("Key account.\nSince 2019.",) * 2


async def test_a_shorter_word_that_is_part_of_a_longer_one_is_a_note_of_its_own() -> None:
    """Eva is not in Evaluation."""
    world = await _paired("Eva", "Evaluation")

    assert _notes(world)[0] == "Eva\n-----\nEvaluation"


async def test_notes_that_grow_too_long_together_stay_whole_where_they_are() -> None:
    """Nothing is cut, and an item says so."""
    ours, theirs = "o" * 20_000, "t" * 20_000
    world = await _paired(ours, theirs)

    assert _notes(world) == (ours, theirs)
    assert [item.reason for item in await world.attention()] == [Reason.TOO_LONG]


async def _reply(world: World, choice: str) -> None:
    (item,) = await world.attention()
    await answer(world.deployment, world.record.id, AnswerRequest(item=item_id(item), choice=choice), by="somebody")
    await world.drain()


async def _cut(kept: int = 5_002) -> World:
    world = await _linked(LONG)
    world.edit_in_outlook("Okafor", personalNotes=LONG[:kept], jobTitle="Buyer")
    await world.sync()
    return world


@pytest.mark.parametrize("kept", [300, 5_000, LONG.index("\n", 6_000)])
async def test_a_note_that_a_phone_cut_off_is_not_sent_and_a_person_is_asked(kept: int) -> None:
    """Only a phone that holds the beginning writes the exact beginning; what else was edited travels."""
    world = await _cut(kept)

    assert _notes(world) == (LONG[:kept], LONG)
    assert world.customer("Okafor")["position"] == "Buyer"
    (item,) = await world.attention()
    assert (item.reason, item.fields, item.choices[:2]) == (Reason.NOTE_CUT, ("notes",), ("keep", "accept"))
    await world.sync(RunMode.FULL)
    assert _notes(world) == (LONG[:kept], LONG)


async def test_the_whole_note_is_kept_when_a_person_says_so() -> None:
    """It comes back in Outlook."""
    world = await _cut()

    await _reply(world, "keep")

    assert _notes(world) == (LONG, LONG)
    assert await world.attention() == []


async def test_a_note_that_was_shortened_on_purpose_is_accepted() -> None:
    """The edit travels then."""
    world = await _cut()

    await _reply(world, "accept")

    assert _notes(world) == (LONG[:5_002],) * 2
    assert await world.attention() == []


async def test_what_pipeliner_adds_to_a_note_that_a_phone_cut_brings_the_whole_one_back() -> None:
    """The edit of a person goes before what nobody meant; there is nothing left to ask."""
    world = await _cut()
    world.edit_in_crm("Okafor", comments=LONG + "\nadded")

    await world.sync()

    assert _notes(world) == (LONG + "\nadded",) * 2
    assert await world.attention() == []


@pytest.mark.parametrize("note", ["one\ntwo\nthree", "line of a note\n" * 30])
async def test_a_last_line_that_a_person_deletes_is_deleted(note: str) -> None:
    """A short note is cut by nobody."""
    world = await _linked(note.strip())
    shorter = note.strip().rpartition("\n")[0]
    world.edit_in_outlook("Okafor", personalNotes=shorter)

    await world.sync()

    assert _notes(world) == (shorter, shorter)
    assert await world.attention() == []
