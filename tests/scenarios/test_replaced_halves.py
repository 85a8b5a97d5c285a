"""Half of a pair is replaced, typed over, or gone while somebody is asked about it: the other half is not lost."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.domain import OutlookId, Reason, RunMode, Side
from sync_core.state.rows import INDEX
from sync_core.storage import Table, prefix_end
from tests.scenarios.meddling import meet_meddlers
from tests.scenarios.test_who_is_who import answered, mail, reasons, sizes, with_question
from tests.scenarios.world import MAILBOX, World, new_world

QUARTER_S = 15 * 60.0
FREE: dict[str, Any] = {"delete_protection": False}


async def _linked(**settings: Any) -> World:
    world = new_world()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test", city="Berlin", comments="Likes tea")
    await world.connect(**{**FREE, **settings})
    await world.sync()
    return world


def _type_again(world: World, **properties: Any) -> str:
    return world.write_in_outlook("Okafor", "Chidi", emailAddresses=mail("chidi@example.test"), **properties)


async def _later(world: World, seconds: float) -> None:
    await world.deployment.clock.sleep(seconds)
    await world.sync()


async def test_a_card_that_is_deleted_and_typed_again_takes_the_link() -> None:
    """The contact in Pipeliner stays the one that it was, and the new card gets what it lacks."""
    world = await _linked()
    customer = world.customer("Okafor")["id"]
    world.delete_in_outlook("Okafor")
    _type_again(world, mobilePhone="+49 171 5550001")

    await world.sync()
    await world.sync()

    assert [row["id"] for row in world.customers()] == [customer]
    assert (world.customer("Okafor")["city"], world.customer("Okafor")["phone2"]) == ("Berlin", "+49 171 5550001")
    card = world.person("Okafor")
    assert (card["businessAddress"]["city"], card["personalNotes"]) == ("Berlin", "Likes tea")
    assert await world.attention() == []


async def test_the_index_of_links_forgets_the_card_that_was_replaced() -> None:
    """It knows the new one."""
    world = await _linked()
    world.delete_in_outlook("Okafor")
    _type_again(world)

    await world.sync()

    prefix = INDEX[Side.OUTLOOK]
    rows = await world.store.read(Table.SYNC, world.record.id, prefix, prefix_end(prefix))
    assert [row.key.removeprefix(prefix) for row in rows] == [world.person("Okafor")["id"]]


@pytest.mark.parametrize("delay", [0, 15])
async def test_a_whole_folder_of_copies_takes_all_links(delay: int) -> None:
    """Every card is copied and its original deleted: nobody is created or deleted in Pipeliner."""
    world = new_world()
    for number in range(8):
        world.write_in_crm(f"Person{number}", "Pat", email1=f"pat{number}@example.test")
    await world.connect(deletion_delay_minutes=delay, **FREE)
    await world.sync()
    before = {row["id"] for row in world.customers()}
    for card in world.outlook():
        world.graph.copy_contact(MAILBOX, card["id"], world.folder_id)
        world.graph.delete_contact(MAILBOX, card["id"])

    await world.sync()
    await _later(world, QUARTER_S + 60)

    assert {row["id"] for row in world.customers()} == before
    assert (sizes(world), await world.attention()) == ((8, 8), [])
    world.edit_in_crm("Person3", city="Oslo")
    await world.sync()
    assert world.person("Person3")["businessAddress"]["city"] == "Oslo"


async def test_a_card_that_is_created_again_has_the_link_at_once() -> None:
    """It need not be found as a newcomer."""
    world = await _linked()
    world.delete_in_outlook("Okafor")
    world.edit_in_crm("Okafor", city="Oslo")

    await world.sync()

    assert await _counterpart(world, world.person("Okafor")["id"]) == world.customer("Okafor")["id"]


async def test_a_contact_that_is_imported_anew_into_pipeliner_takes_the_link() -> None:
    """Deleted there and written again by a nightly tool."""
    world = await _linked(deletion_delay_minutes=15)
    card = world.person("Okafor")["id"]
    world.delete_in_crm("Okafor")
    await world.sync()
    world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test", city="Oslo")

    await world.sync()
    await _later(world, QUARTER_S + 60)

    assert [item["id"] for item in world.outlook()] == [card]
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    assert sizes(world) == (1, 1)


async def test_an_edit_goes_to_the_survivor_of_a_merge() -> None:
    """The survivor is synced with a card of its own: somebody is asked, nothing is created or deleted."""
    world = new_world()
    for _ in range(2):
        world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect(**FREE)
    await world.sync()
    assert sizes(world) == (2, 2)
    first, second = world.customers()
    (card,) = [one for one in world.outlook() if await _counterpart(world, one["id"]) == second["id"]]
    world.crm.people.merge_contacts(first["id"], second["id"])
    world.graph.edit_contact(MAILBOX, card["id"], {"mobilePhone": "+49 171 5550001"})

    await world.sync()
    await world.sync()

    assert (sizes(world), await reasons(world)) == ((2, 1), [Reason.MERGED_ELSEWHERE])


async def test_a_card_that_is_left_out_after_a_merge_is_asked_about_no_more() -> None:
    """It stays, and is synced with nobody."""
    world = new_world()
    for _ in range(2):
        world.write_in_crm("Okafor", "Chidi", email1="chidi@example.test")
    await world.connect(**FREE)
    await world.sync()
    first, second = world.customers()
    world.crm.people.merge_contacts(first["id"], second["id"])
    await world.sync()
    assert await reasons(world) == [Reason.MERGED_ELSEWHERE]

    await answered(world, "copy")
    await world.sync(RunMode.FULL)

    assert (sizes(world), await world.attention()) == ((2, 1), [])


async def _counterpart(world: World, outlook_id: str) -> str:
    link = await world.deployment.reader(world.record.id).link_of(OutlookId(outlook_id))
    return str(link.pipeliner_id) if link is not None else ""


async def test_a_half_that_is_back_unseen_keeps_its_link() -> None:
    """Its card was restored in the middle of the run in which another one was about to take its place."""
    world = await _linked(deletion_delay_minutes=15)
    original = world.person("Okafor")["id"]
    world.graph.delete_contact(MAILBOX, original)
    await world.sync()
    copy = _type_again(world)
    meddlers = meet_meddlers(world)
    meddlers.at(r"contacts/delta", lambda: world.graph.restore_contact(MAILBOX, original, world.folder_id), after=True)

    await world.one_run()
    await world.sync()

    assert meddlers.met == 1
    assert await _counterpart(world, original) == world.customer("Okafor")["id"]
    assert await _counterpart(world, copy) == ""
    assert len(world.customers()) == 1


# Typed over


async def _typed_over(side: Side = Side.OUTLOOK) -> World:
    world = await _linked()
    if side is Side.OUTLOOK:
        alice = {"surname": "Novak", "givenName": "Alice", "emailAddresses": mail("alice@example.test")}
        world.graph.edit_contact(MAILBOX, world.person("Okafor")["id"], alice)
    else:
        world.edit_in_crm("Okafor", last_name="Novak", first_name="Alice", email1="alice@example.test")
    await world.sync()
    return world


async def test_another_person_typed_over_a_card_is_not_sent() -> None:
    """Neither does the other side's edit overwrite them."""
    world = await _typed_over()
    world.edit_in_crm("Okafor", first_name="Chidi", city="Oslo")
    await world.sync()

    assert await reasons(world) == [Reason.TYPED_OVER]
    assert world.customer("Okafor")["email1"] == "chidi@example.test"
    assert world.person("Novak")["businessAddress"]["city"] == "Berlin"


async def test_a_card_that_was_typed_over_and_deleted_deletes_nobody() -> None:
    """Whose card it was is not known; the contact stays in Pipeliner."""
    world = await _typed_over()
    world.delete_in_outlook("Novak")
    await world.sync()
    await world.sync()

    assert (sizes(world), await world.attention()) == ((0, 1), [])


@pytest.mark.parametrize("side", list(Side))
async def test_a_renamed_person_travels_once_somebody_says_so(side: Side) -> None:
    """Then it is an edit like any other."""
    world = await _typed_over(side)

    await answered(world, "same")
    await world.sync()

    assert [row["last_name"] for row in world.customers()] == ["Novak"]
    assert world.customer("Novak")["email1"] == "alice@example.test"
    assert [item["surname"] for item in world.outlook()] == ["Novak"]
    assert await world.attention() == []


@pytest.mark.parametrize("side", list(Side))
async def test_two_people_on_one_card_become_two_once_somebody_says_so(side: Side) -> None:
    """Each of them is on both sides then."""
    world = await _typed_over(side)

    await answered(world, "different")
    await world.sync()
    await world.sync()

    assert sorted(row["last_name"] for row in world.customers()) == ["Novak", "Okafor"]
    assert sorted(item["surname"] for item in world.outlook()) == ["Novak", "Okafor"]
    assert await world.attention() == []


async def test_an_open_question_holds_the_delete_of_its_candidate() -> None:
    """Whoever may be the newcomer's counterpart is not deleted meanwhile."""
    world = await with_question(**FREE)
    card = next(item for item in world.outlook() if item["givenName"] == "Chidi")
    world.graph.delete_contact(MAILBOX, card["id"])

    await world.sync()
    await world.sync()

    assert [row["first_name"] for row in world.customers()] == ["Chidi"]


# The delay


async def test_the_delay_counts_from_when_the_half_was_first_seen_missing() -> None:
    """However often somebody looks at the contact meanwhile."""
    world = await _linked(deletion_delay_minutes=15)
    world.delete_in_outlook("Okafor")
    await world.sync()
    for _ in range(3):
        await world.deployment.clock.sleep(QUARTER_S / 4)
        await world.sync(RunMode.FULL)

    await _later(world, QUARTER_S / 4 + 60)

    assert world.customers() == []


async def test_no_delete_without_a_look_at_both_sides_after_the_delay() -> None:
    """The time is over, but the feed was not read since."""
    world = await _linked(deletion_delay_minutes=15)
    world.delete_in_outlook("Okafor")
    await world.sync()
    await world.deployment.clock.sleep(QUARTER_S + 60)

    await world.one_run()
    assert len(world.customers()) == 1

    await world.sync()
    assert world.customers() == []


async def test_what_is_not_due_yet_counts_for_the_limits_as_well() -> None:
    """Deletes in slices, so far apart that the first are due when the others have just begun to wait."""
    world = new_world()
    for number in range(6):
        world.write_in_crm(f"Person{number}", "Pat")
    limits: dict[str, Any] = {"max_delete_count": 3, "max_delete_percent": 0, "deletion_delay_minutes": 15}
    await world.connect(**FREE, **limits)
    await world.sync()
    for number in (0, 1):
        world.delete_in_outlook(f"Person{number}")
    await world.sync()
    await world.deployment.clock.sleep(QUARTER_S + 60)
    for number in (2, 3):
        world.delete_in_outlook(f"Person{number}")

    await world.sync()

    assert len(world.customers()) == 6
    assert await reasons(world) == [Reason.DELETES_AWAIT_APPROVAL]
