"""Reading contacts by id and by stored id."""

from __future__ import annotations

import pytest

from sync_core.domain import OutlookId, PipelinerId
from sync_core.errors import AccessDenied, ContactsFailing, MailboxGone
from tests.contract.outlook.outlook_scenarios import SPACE, World, draft, written

KEY = PipelinerId("PY-0001")


async def test_contacts_are_read_in_batches_of_twenty(world: World) -> None:
    """45 contacts take three requests; an id that is nowhere is left out, after a look at the whole mailbox."""
    ids = world.persons(45)
    world.model.reset_requests()
    found = await world.folder.read([*ids, OutlookId("gone-1"), ids[0]])
    assert list(found) == ids
    assert world.model.total_requests == 4


async def test_a_read_contact_carries_its_stored_id(world: World) -> None:
    """The id set in the create is read back, which delta cannot do."""
    made = written((await world.folder.create([draft(1)]))[0])
    assert made.stored_id == KEY
    assert (await world.read(made.id)).stored_id == KEY


@pytest.mark.parametrize("anywhere", [True, False])
async def test_a_contact_is_found_whichever_address_graph_honours(near: World, *, anywhere: bool) -> None:
    """Whether the mailbox-wide address reaches into folders is open; neither answer makes a contact look deleted."""
    near.model.switches.contact_found_anywhere = anywhere
    anna = near.person()
    assert (await near.read(anna)).folder_id == near.folder_id


async def test_a_created_contact_is_found_by_its_stored_id(world: World) -> None:
    """The lookup after a lost reply finds exactly the contacts of the asked ids."""
    made = [written(outcome) for outcome in await world.folder.create([draft(1), draft(2)])]
    found = await world.folder.find_stored([KEY, PipelinerId("PY-9999")])
    assert {key: [contact.id for contact in contacts] for key, contacts in found.items()} == {KEY: [made[0].id]}


async def test_a_copy_in_outlook_is_found_beside_the_original(world: World) -> None:
    """Copying a contact copies its stored id; both are told."""
    made = written((await world.folder.create([draft(1)]))[0])
    copy = world.model.copy_contact(world.user, made.id, world.folder_id)
    (found,) = (await world.folder.find_stored([KEY])).values()
    assert {contact.id for contact in found} == {made.id, copy}


async def test_more_copies_than_a_page_are_all_found(near: World) -> None:
    """The lookup follows Graph's pages to the end."""
    made = written((await near.folder.create([draft(1)]))[0])
    for _ in range(120):
        near.model.copy_contact(near.user, made.id, near.folder_id)
    (found,) = (await near.folder.find_stored([KEY])).values()
    assert len(found) == 121


async def test_the_mark_of_another_space_is_no_stored_id(near: World) -> None:
    """Contacts marked by the sync of one space are strangers to that of another."""
    made = written((await near.folder.create([draft(1)]))[0])
    other = near.opened(space_id=f"{SPACE}2")
    assert (await other.read([made.id]))[made.id].stored_id is None
    assert await other.find_stored([KEY]) == {}


async def test_graphs_blind_eye_for_case_finds_no_wrong_contact(near: World) -> None:
    """Graph compares stored ids without case; ids that differ in case only stay two."""
    await near.folder.create([draft(1)])
    assert await near.folder.find_stored([PipelinerId("py-0001")]) == {}


async def test_a_throttled_part_is_read_again_alone(world: World) -> None:
    """One 429 among twenty reads costs one more part, after the wait that Graph asked for."""
    ids = world.persons(20)
    world.plant(world.place(ids[7]), status=429, headers={"Retry-After": "2.5"})
    world.model.reset_requests()
    assert len(await world.folder.read(ids)) == 20
    assert world.time.waits == [2.5]
    assert world.model.requests["part GET contact"] == 20 + 1


async def test_a_read_that_stays_throttled_says_for_how_long(near: World) -> None:
    """A wait beyond what a run can spend is handed to the caller at once."""
    anna = near.person()
    near.plant("contacts/", status=429, headers={"Retry-After": "200"}, times=None)
    with pytest.raises(ContactsFailing) as caught:
        await near.folder.read([anna])
    assert (caught.value.retry_after_s, list(caught.value.failed)) == (200, [anna])
    assert near.time.waits == []


async def test_a_spurious_conflict_on_a_read_is_asked_again(near: World) -> None:
    """Exchange answers reads with 412 now and then."""
    anna = near.person()
    near.plant(near.place(anna), status=412)
    assert (await near.read(anna)).id == anna
    assert near.model.faults.fired == 1


async def test_a_mailbox_out_of_reach_reads_as_denied_not_as_empty(world: World) -> None:
    """403 inside a batch concerns the whole call."""
    anna = world.person()
    world.model.drop_access(world.user)
    with pytest.raises(AccessDenied, match=r"Contacts\.ReadWrite"):
        await world.folder.read([anna])


async def test_a_removed_mailbox_does_not_read_as_deleted_contacts(world: World) -> None:
    """404 for the mailbox is told apart from 404 for a contact."""
    anna = world.person()
    world.model.remove_mailbox(world.user)
    with pytest.raises(MailboxGone):
        await world.folder.read([anna])
