"""Addresses below `/v1.0`, relative as `$batch` demands.

They are written out here because the SDK's request builders do not fit: they cannot be made without the adapter that
sends, encode the `$` of query options in a way that only the SDK's own HTTP client undoes (a part of a batch would keep
it), and warn of their own deprecated imports.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

BATCH = "/$batch"


def users(select: Sequence[str], top: int) -> str:
    """Users of the directory."""
    return "/users" + _options(select, top=str(top))


def user(mailbox: str, select: Sequence[str]) -> str:
    """One user, by id or user principal name."""
    return _user(mailbox) + _options(select)


def folders(mailbox_id: str, select: Sequence[str] = (), top: int | None = None) -> str:
    """Contact folders of a mailbox."""
    return f"{_user(mailbox_id)}/contactFolders" + _options(select, top="" if top is None else str(top))


def folder(mailbox_id: str, folder_id: str, select: Sequence[str]) -> str:
    """One contact folder."""
    return f"{_user(mailbox_id)}/contactFolders/{_segment(folder_id)}" + _options(select)


def default_contacts(mailbox_id: str, select: Sequence[str], top: int) -> str:
    """Contacts of the default folder."""
    return f"{_user(mailbox_id)}/contacts" + _options(select, top=str(top))


def contacts(mailbox_id: str, folder_id: str, select: Sequence[str] = (), expand: str = "", condition: str = "") -> str:
    """Contacts of a folder; `condition` is a $filter."""
    return _contacts(mailbox_id, folder_id) + _options(select, expand=expand, filter=condition)


def contact(mailbox_id: str, folder_id: str, contact_id: str, select: Sequence[str] = (), expand: str = "") -> str:
    """One contact of a folder."""
    return f"{_contacts(mailbox_id, folder_id)}/{_segment(contact_id)}" + _options(select, expand=expand)


def contact_anywhere(mailbox_id: str, contact_id: str, select: Sequence[str] = (), expand: str = "") -> str:
    """One contact, whichever folder of the mailbox it is in."""
    return f"{_user(mailbox_id)}/contacts/{_segment(contact_id)}" + _options(select, expand=expand)


def delta(mailbox_id: str, folder_id: str, select: Sequence[str]) -> str:
    """First page of a folder's changes; no option but $select is accepted here (contact-delta.md)."""
    return f"{_contacts(mailbox_id, folder_id)}/delta" + _options(select)


def _user(mailbox: str) -> str:
    return f"/users/{_segment(mailbox)}"


def _contacts(mailbox_id: str, folder_id: str) -> str:
    return f"{_user(mailbox_id)}/contactFolders/{_segment(folder_id)}/contacts"


def _segment(part: str) -> str:
    return quote(part, safe="")


def _options(select: Sequence[str] = (), **options: str) -> str:
    given = {"select": ",".join(select), **options}
    written = [f"${name}={quote(value, safe=',$()/')}" for name, value in given.items() if value]
    return f"?{'&'.join(written)}" if written else ""
