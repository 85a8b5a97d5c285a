"""Mailboxes and their folders."""

from __future__ import annotations

import pytest

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    MailboxGone,
    RequestRejected,
    ServiceUnavailable,
    Throttled,
)
from tests.contract.outlook.outlook_scenarios import UPN, World
from tests.lookalikes import LOOKALIKES


@pytest.mark.parametrize("name", [UPN, UPN.upper()])
async def test_a_mailbox_is_found_by_its_address(world: World, name: str) -> None:
    """The id is what everything else is asked by."""
    found = await world.mailboxes.mailbox(name)
    assert (found.id, found.address, found.name) == (world.user, UPN, "Rita Rep")
    assert await world.mailboxes.mailbox(found.id) == found


@pytest.mark.parametrize(("typed", "real"), LOOKALIKES)
async def test_an_address_that_only_looks_like_a_mailboxes_finds_none(world: World, typed: str, real: str) -> None:
    """Though the directory may answer it with that mailbox."""
    world.model.add_user(real)
    with pytest.raises(MailboxGone):
        await world.mailboxes.mailbox(typed)
    assert (await world.mailboxes.mailbox(real)).address == real


async def test_an_address_with_marks_of_its_own_is_found(world: World) -> None:
    """Quotes, plus and hash in an address change nothing in the request."""
    name = "o'hara+x#ext@example.test"
    user = world.model.add_user(name)
    assert (await world.mailboxes.mailbox(name)).id == user


async def test_an_unknown_mailbox_is_gone(world: World) -> None:
    """The error says what to check, and leaves the address to whoever typed it."""
    with pytest.raises(MailboxGone, match=r"find a mailbox.*Exchange Online") as gone:
        await world.mailboxes.mailbox("nobody@example.test")
    assert "nobody" not in str(gone.value)


async def test_a_user_without_a_mailbox_has_no_folders(world: World) -> None:
    """A directory user alone is not enough."""
    world.model.remove_mailbox(world.user)
    with pytest.raises(MailboxGone):
        await world.mailboxes.folders(world.user)


async def test_folders_are_listed_through_all_pages(world: World) -> None:
    """Also a mailbox with more folders than a page holds is listed whole."""
    for number in range(230):
        world.model.add_folder(world.user, f"Folder {number}")
    folders = await world.mailboxes.folders(world.user)
    assert len(folders) == 231
    assert folders[0].name == "Pipeliner (Acme)"
    assert folders[0].id == world.folder_id


async def test_a_folder_is_created(world: World) -> None:
    """A new name makes a new folder."""
    made = await world.mailboxes.create_folder(world.user, "Pipeliner (Other)")
    assert made in await world.mailboxes.folders(world.user)


@pytest.mark.parametrize("status", [400, 409])
async def test_an_existing_folder_is_returned(world: World, status: int) -> None:
    """Graph refuses the second of a name with either status; the first is meant."""
    world.model.switches.folder_exists_status = status
    assert (await world.mailboxes.create_folder(world.user, "pipeliner (acme)")).id == world.folder_id


async def test_a_name_taken_by_a_hidden_folder_is_refused_with_the_way_out(world: World) -> None:
    """Graph refuses a name that no list shows."""
    with pytest.raises(RequestRejected, match="choose another name"):
        await world.mailboxes.create_folder(world.user, "Recipient Cache")


async def test_a_lost_reply_to_a_new_folder_is_found_again(world: World) -> None:
    """The POST is not repeated by us; the caller's next try finds the folder that it made."""
    world.plant("POST .*contactFolders", drop=True, after_effect=True)
    with pytest.raises(ServiceUnavailable):
        await world.mailboxes.create_folder(world.user, "Pipeliner (Other)")
    made = await world.mailboxes.create_folder(world.user, "Pipeliner (Other)")
    assert [folder.name for folder in await world.mailboxes.folders(world.user)].count(made.name) == 1


async def test_a_mailbox_out_of_reach_is_denied(world: World) -> None:
    """The error names the permission to grant."""
    world.model.drop_access(world.user)
    with pytest.raises(AccessDenied, match=r"Contacts\.ReadWrite"):
        await world.mailboxes.folders(world.user)
    with pytest.raises(AccessDenied):
        await world.mailboxes.create_folder(world.user, "Other")


async def test_the_check_tells_a_rejected_token(world: World) -> None:
    """Health asks Graph for something cheap and says what is wrong."""
    await world.mailboxes.check()
    world.model.revoke_tokens()
    with pytest.raises(CredentialsRejected):
        await world.mailboxes.check()


async def test_a_throttled_read_says_for_how_long(world: World) -> None:
    """A wait that is too long for the transport reaches the caller."""
    world.plant("GET .*users", status=429, headers={"Retry-After": "199.5"}, times=None)
    with pytest.raises(Throttled) as caught:
        await world.mailboxes.check()
    assert caught.value.retry_after_s == 199.5
