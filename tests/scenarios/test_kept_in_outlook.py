"""What is typed into a field that the connection keeps does not reach others through a contact that they have too."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from emulators.pipeliner.people import EDITOR, WATCHER
from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import Action, Choice, Reason, RunMode
from sync_core.engine.withheld import KEPT
from sync_core.operations import AnswerRequest, answer, disconnect
from tests.scenarios.world import COLLEAGUE, World, new_world

NOTES: dict[str, Any] = {"kept_when_shared": ["notes"]}


async def _shared(how: str = "editor", **settings: Any) -> World:
    """A contact of the salesman's that a colleague has too, or the other way round; both sync it."""
    world = new_world()
    owner = world.colleague_id if how == "colleague's" else world.user_id
    mode = {"open to all": 3}.get(how, 1)
    contact_id = world.write_in_crm("Okafor", "Chidi", owner=owner, comments="Key account", share_mode=mode)
    if how != "open to all":
        other = world.user_id if how == "colleague's" else world.colleague_id
        world.crm.people.share(contact_id, other, WATCHER if how == "watched" else EDITOR)
    await world.connect(scope="visible", delete_protection=False, **NOTES | settings)
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE, scope="visible")
    await world.tick()
    await world.tick()
    assert _notes(world) == ("Key account", "Key account", "Key account")
    return world


def _notes(world: World) -> tuple[str, str, str]:
    """What stands in the note of the salesman's card, in Pipeliner, and in the colleague's card."""
    (theirs,) = world.graph.contacts(COLLEAGUE, world.records[1].folder_id)
    mine = world.person("Okafor")["personalNotes"] or ""
    return mine, str(world.customer("Okafor")["comments"] or ""), theirs["personalNotes"] or ""


async def _told(world: World) -> list[tuple[object, object]]:
    entries = [one.entry for one in await world.history(Action.CONFLICT) if one.entry.why == KEPT]
    return [(change.old, change.new) for entry in entries for change in entry.changes]


async def _typed(world: World, note: str) -> None:
    world.edit_in_outlook("Okafor", personalNotes=note)
    await world.tick()
    await world.tick()


@pytest.mark.parametrize("how", ["editor", "watched", "colleague's", "open to all"])
async def test_a_private_note_of_a_shared_contact_stays_with_whoever_typed_it(how: str) -> None:
    """B7: it reaches nobody, makes no item, and the history says so once however often it is edited."""
    world = await _shared(how)

    await _typed(world, "Key account\nDifficult. Wife: Amara")
    await _typed(world, "Key account\nVery difficult. Wife: Amara")
    await world.sync(RunMode.FULL)

    assert _notes(world) == ("Key account\nVery difficult. Wife: Amara", "Key account", "Key account")
    assert await world.attention() == []
    assert await _told(world) == [("Key account\nDifficult. Wife: Amara", "Key account")]


async def test_a_note_that_was_typed_stays_as_it_is_when_pipeliners_changes() -> None:
    """Nobody writes over it; where nothing was typed Pipeliner's arrives as ever."""
    world = await _shared()
    world.edit_in_crm("Okafor", comments="Key account since May")
    await world.tick()
    await world.tick()
    assert _notes(world) == ("Key account since May",) * 3

    await _typed(world, "mine")
    world.edit_in_crm("Okafor", comments="Key account since June")
    await world.tick()
    await world.sync(RunMode.FULL)

    assert _notes(world) == ("mine", "Key account since June", "Key account since June")
    assert await world.attention() == []


async def test_both_edit_the_note_and_each_has_what_was_meant_for_them() -> None:
    """In one tick: the colleague's own connection keeps nothing, so theirs travels to Pipeliner."""
    world = await _shared()
    world.edit_in_outlook("Okafor", personalNotes="Ada's minutes")
    (theirs,) = world.graph.contacts(COLLEAGUE, world.records[1].folder_id)
    world.graph.edit_contact(COLLEAGUE, theirs["id"], {"personalNotes": "Ben's minutes"})
    await world.tick()
    await world.tick()

    assert _notes(world) == ("Ada's minutes", "Ben's minutes", "Ben's minutes")


async def test_by_default_a_note_reaches_everybody_who_has_the_contact() -> None:
    """As the documents say, and connecting."""
    world = await _shared(kept_when_shared=[])

    await _typed(world, "reaches everybody")

    assert _notes(world) == ("reaches everybody",) * 3


async def test_the_other_fields_travel_and_so_does_the_note_of_ones_own_contact() -> None:
    """The setting is about single fields, and about what others have."""
    world = await _shared()
    world.edit_in_outlook("Okafor", personalNotes="mine", jobTitle="CFO")
    world.write_in_outlook("Novak", "Eva", personalNotes="nobody else has her")
    await world.tick()
    await world.tick()
    world.edit_in_outlook("Novak", personalNotes="still nobody else")
    await world.tick()

    assert (world.customer("Okafor")["position"], world.customer("Okafor")["comments"]) == ("CFO", "Key account")
    assert world.customer("Novak")["comments"] == "still nobody else"


async def test_a_contact_that_becomes_shared_keeps_what_is_typed_from_then_on() -> None:
    """What was sent before is there; when it is nobody else's any more nothing is sent by that alone."""
    world = new_world()
    contact_id = world.write_in_crm("Okafor", "Chidi", comments="a")
    await world.connect(scope="visible", **NOTES)
    await world.sync()
    await _typed(world, "b")
    assert world.customer("Okafor")["comments"] == "b"

    world.crm.people.share(contact_id, world.colleague_id, EDITOR)
    await _typed(world, "c")
    assert world.customer("Okafor")["comments"] == "b"
    world.crm.people.unshare(contact_id, world.colleague_id)
    await world.tick()
    await world.sync(RunMode.FULL)
    assert world.customer("Okafor")["comments"] == "b"

    await _typed(world, "d")
    assert world.customer("Okafor")["comments"] == "d"


async def test_a_note_that_is_there_when_two_contacts_are_paired_stays_on_its_card() -> None:
    """Whichever value the first sight would let win; a blank one is filled."""
    world = new_world()
    for surname in ("Okafor", "Novak"):
        contact_id = world.write_in_crm(surname, "Chidi", email1=f"{surname}@x.test", comments="Key account")
        world.crm.people.share(contact_id, world.colleague_id, EDITOR)
    await world.connect(scope="visible", **NOTES)
    world.write_in_outlook("Okafor", "Chidi", emailAddresses=[{"address": "Okafor@x.test"}], personalNotes="mine")
    world.write_in_outlook("Novak", "Chidi", emailAddresses=[{"address": "Novak@x.test"}])
    await world.sync()

    assert (world.person("Okafor")["personalNotes"], world.customer("Okafor")["comments"]) == ("mine", "Key account")
    assert world.person("Novak")["personalNotes"] == "Key account"
    assert await world.attention() == []


async def test_no_answer_about_rights_sends_what_is_kept() -> None:
    """An item of before the setting names the note: `send` sends the other field alone."""
    world = await _shared("colleague's", kept_when_shared=[])
    contact_id = str(world.customer("Okafor")["id"])
    world.crm.people.unshare(contact_id, world.user_id)
    world.crm.people.share(contact_id, world.user_id, WATCHER)
    world.edit_in_outlook("Okafor", personalNotes="mine", jobTitle="CFO")
    await world.tick()
    assert [item.fields for item in await world.attention()] == [("job_title", "notes")]

    kept = ConnectionSettings.model_validate(world.record.settings.model_dump() | NOTES)
    await world.deployment.registry.change(world.record.id, lambda record: record.model_copy(update={"settings": kept}))
    world.crm.people.unshare(contact_id, world.user_id)
    world.crm.people.share(contact_id, world.user_id, EDITOR)
    await world.tick()
    (item,) = [one for one in await world.attention() if one.reason is Reason.READ_ONLY]
    await answer(
        world.deployment, world.record.id, AnswerRequest(item=item.subject, choice=Choice.SEND.value), by="Ada"
    )
    await world.drain()

    assert (world.customer("Okafor")["position"], world.customer("Okafor")["comments"]) == ("CFO", "Key account")
    assert world.person("Okafor")["personalNotes"] == "mine"


async def test_a_card_with_a_private_note_stays_when_the_connection_takes_its_contacts_back() -> None:
    """The note is nowhere else."""
    world = await _shared()
    await _typed(world, "mine")

    await disconnect(world.deployment, world.record.id, remove_contacts=True)

    assert world.person("Okafor")["personalNotes"] == "mine"


@pytest.mark.parametrize("name", ["emails", "surname", "company", "cf_unknown"])
def test_only_single_values_that_tell_nobody_apart_can_be_kept(name: str) -> None:
    """A list is shared by its entries, and a name says who it is."""
    with pytest.raises(ValidationError, match="cannot be kept"):
        ConnectionSettings.model_validate({"kept_when_shared": [name]})
