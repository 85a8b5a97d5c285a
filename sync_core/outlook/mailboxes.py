"""Mailboxes and their contact folders: what connecting and health need of Graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from typing_extensions import override

from sync_core.domain import is_same_address
from sync_core.engine.ports import Folder, Mailbox, OutlookPort
from sync_core.errors import AccessDenied, MailboxGone, RequestRejected, ServiceUnavailable
from sync_core.outlook.client import (
    GraphClient,
    default_contacts_address,
    folder_address,
    folders_address,
    user_address,
    users_address,
)
from sync_core.outlook.refusals import Subject, refusal_of

FOLDER_PROPERTIES = ("id", "displayName")
USER_PROPERTIES = ("id", "displayName", "mail", "userPrincipalName")
FOLDERS_PER_PAGE = 100
# Seen with 409 and with 400, also for hidden folders that no list shows (Q&A 1663376).
FOLDER_EXISTS = "errorfolderexists"


class OutlookMailboxes(OutlookPort):
    """Finds mailboxes and their folders."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client

    @override
    async def mailbox(self, mailbox: str) -> Mailbox:
        """Find a mailbox by address or id; raises MailboxGone, AccessDenied, CredentialsRejected.

        An app whose access is limited to contacts (RBAC for Applications) may not read the directory; then the
        mailbox is known by what was asked for, once its contact folders can be read.
        """
        subject = Subject("find a mailbox", mailbox)
        try:
            user = await self._client.get(user_address(mailbox, USER_PROPERTIES), subject)
        except AccessDenied:
            await self._client.get(folders_address(mailbox, ("id",), top=1), subject)
            return Mailbox(id=mailbox, address=mailbox, name=mailbox)
        known = (str(user.get(name) or "") for name in ("id", "mail", "userPrincipalName"))
        if not any(is_same_address(mailbox, one) for one in known):  # how the directory folds letters is its own affair
            raise MailboxGone(
                f"{subject}: the directory answered with another mailbox; type its address as the directory shows it"
            )
        address = user.get("mail") or user.get("userPrincipalName") or mailbox
        return Mailbox(id=str(user["id"]), address=str(address), name=str(user.get("displayName") or address))

    @override
    async def folders(self, mailbox_id: str) -> Sequence[Folder]:
        subject = Subject("list contact folders", mailbox_id)
        page = await self._client.get(folders_address(mailbox_id, FOLDER_PROPERTIES, FOLDERS_PER_PAGE), subject)
        return [_folder(item) for item in await self._client.items_from(page, subject)]

    @override
    async def default_folder(self, mailbox_id: str) -> Folder | None:
        """Find the mailbox's own folder through one of its contacts, the documented way (Graph known issues)."""
        subject = Subject("find the default contact folder", mailbox_id)
        page = await self._client.get(default_contacts_address(mailbox_id, ("parentFolderId",), top=1), subject)
        for item in page.get("value") or ():
            folder_id = str(item["parentFolderId"])
            return _folder(await self._client.get(folder_address(mailbox_id, folder_id, FOLDER_PROPERTIES), subject))
        return None

    @override
    async def create_folder(self, mailbox_id: str, name: str) -> Folder:
        """Create a contact folder, or return the one of that name when it exists.

        Raises RequestRejected when the name is taken by a folder that Graph does not show.
        """
        subject = Subject("create a contact folder", mailbox_id)
        answer = await self._client.post(folders_address(mailbox_id), {"displayName": name})
        if answer.status in {HTTPStatus.CREATED, HTTPStatus.OK}:
            body = answer.json()
            if isinstance(body, dict) and "id" in body:
                return _folder(body)
            raise ServiceUnavailable(f"Graph's answer to: {subject} could not be read; asking again finds the folder")
        refusal = refusal_of(answer.status, answer.headers, answer.json(), self._client.clock.now())
        if refusal.code.casefold() != FOLDER_EXISTS:
            raise self._client.refused(answer, subject)
        for folder in await self.folders(mailbox_id):
            if folder.name.casefold() == name.casefold():
                return folder
        text = "the folder's name is taken by one that Outlook hides or that is not a contact folder of its own"
        raise RequestRejected(f"{subject}: {text}; choose another name", refusal.status, refusal.code)

    @override
    async def check(self) -> None:
        """Ask Graph for one user's id; raises what is wrong. That the directory is closed to the app is no fault."""
        with suppress(AccessDenied):
            await self._client.get(users_address(("id",), top=1), Subject("check Graph"))


def _folder(item: Mapping[str, Any]) -> Folder:
    return Folder(id=str(item["id"]), name=str(item.get("displayName") or ""))
