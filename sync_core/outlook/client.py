"""Requests to one Graph root: addresses below it, links pinned to it, headers set, refusals raised as our own errors.

An address is relative to `/v1.0`, as `$batch` demands. Addresses are written out here because the SDK's request
builders do not fit: they cannot be made without the adapter that sends, encode the `$` of query options in a way that
only the SDK's own HTTP client undoes (a part of a batch would keep it), and warn of their own deprecated imports.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from sync_core.engine.ports import Clock, Walk
from sync_core.errors import RequestRejected, ServiceUnavailable, SyncError
from sync_core.http import Answer, Request, Transport, encoded, segment, with_query
from sync_core.outlook.refusals import Subject, as_error, refusal_of

API = "/v1.0"
BATCH = "/$batch"
PAGE_SIZE = 100
PREFER_IDS = 'IdType="ImmutableId"'
"""Ids that stay when a contact is moved; the preference holds for one request only (outlook-immutable-id.md)."""
PREFER_PAGES = f"{PREFER_IDS}, odata.maxpagesize={PAGE_SIZE}"
JSON_TYPE = "application/json"
FOREIGN_LINK = "foreign_link"

_PORTS = {"https": 443, "http": 80}
# Parsers of URLs disagree on these, so that a host checked by one may not be the host another connects to.
_AMBIGUOUS = re.compile(r"[\\\s\x00-\x1f\x7f]")


class GraphClient:
    """One Graph root (`https://graph.microsoft.com`), reached through a transport.

    `clock` times the waits between tries of batch parts, `jitter` (0..1) spreads those of several runs.
    """

    def __init__(
        self, transport: Transport, base_url: str, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self.clock = clock
        self.jitter = jitter
        self._transport = transport
        self._root = base_url.rstrip("/")
        self.owns_lease: Callable[[], bool] = lambda: True

    def fenced(self, owns_lease: Callable[[], bool]) -> GraphClient:
        """Return a client whose batches write only while `owns_lease`; else LeaseLost, and nothing is sent."""
        client = copy(self)
        client.owns_lease = owns_lease
        return client

    async def get(self, address: str, subject: Subject) -> Mapping[str, Any]:
        """Read a JSON object below `/v1.0`; raises the error that a refusal means."""
        return await self._read(f"{API}{address}", subject)

    async def follow(self, link: str, subject: Subject) -> Mapping[str, Any]:
        """Read what a link of Graph leads to, unchanged; raises RequestRejected for a foreign one."""
        return await self._read(self.target_of(link, subject), subject)

    async def items_from(self, page: Any, subject: Subject) -> list[Mapping[str, Any]]:
        """Return the items of a list from its first page on, reading those that follow."""
        items: list[Mapping[str, Any]] = []
        walk = Walk(str(subject))
        while isinstance(page, dict):
            items += page.get("value") or ()
            link = page.get("@odata.nextLink")
            page = await self.follow(str(walk.to(str(link))), subject) if link else None
        return items

    async def post(self, address: str, body: Mapping[str, Any]) -> Answer:
        """Send a POST once and return its answer, whatever it is."""
        headers = {"Prefer": PREFER_IDS, "Accept": JSON_TYPE, "Content-Type": JSON_TYPE}
        return await self._transport.send(Request("POST", f"{API}{address}", headers, encoded(body)))

    async def check(self, subject: Subject) -> None:
        """Ask for the folder of a subject, which tells whose fault a refusal is; raises what concerns them all."""
        await self.get(folder_address(subject.mailbox_id, subject.folder_id, ("id",)), subject)

    def target_of(self, link: str, subject: Subject) -> str:
        """Return where a link leads below this Graph root; raises RequestRejected when it leads elsewhere.

        The transport sends nothing to other hosts, so a foreign link would be taken for one of ours.
        """
        try:
            root, parts = urlsplit(self._root), urlsplit(link)
            origins = {(url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)) for url in (root, parts)}
            is_ours = len(origins) == 1 and parts.username is None and not _AMBIGUOUS.search(link)
        except ValueError:
            is_ours = False
        if not is_ours:
            text = f"a link for: {subject} leads to another host than {self._root}, nothing was sent there"
            raise RequestRejected(f"{text}; check GRAPH_BASE_URL and start the folder over", 0, FOREIGN_LINK)
        target = parts.path.removeprefix(root.path) or "/"
        return f"{target}?{parts.query}" if parts.query else target

    def refused(self, answer: Answer, subject: Subject) -> SyncError:
        """Error that an answer which is no success means."""
        return as_error(refusal_of(answer.status, answer.headers, answer.json(), self.clock.now()), subject)

    async def _read(self, target: str, subject: Subject) -> Mapping[str, Any]:
        headers = {"Prefer": PREFER_PAGES, "Accept": JSON_TYPE}
        answer = await self._transport.send(Request("GET", target, headers, repeatable=True))
        if answer.status != HTTPStatus.OK:
            raise self.refused(answer, subject)
        body = answer.json()
        if not isinstance(body, dict):
            raise ServiceUnavailable(f"Graph's answer to: {subject} could not be read as JSON; it is asked again")
        return body


def users_address(select: Sequence[str], top: int) -> str:
    """Users of the directory."""
    return _address("users", select=select, top=str(top))


def user_address(mailbox: str, select: Sequence[str]) -> str:
    """One user, by id or user principal name."""
    return _address("users", mailbox, select=select)


def folders_address(mailbox_id: str, select: Sequence[str] = (), top: int | None = None) -> str:
    """Contact folders of a mailbox."""
    return _address("users", mailbox_id, "contactFolders", select=select, top="" if top is None else str(top))


def folder_address(mailbox_id: str, folder_id: str, select: Sequence[str]) -> str:
    """One contact folder."""
    return _address("users", mailbox_id, "contactFolders", folder_id, select=select)


def default_contacts_address(mailbox_id: str, select: Sequence[str], top: int) -> str:
    """Contacts of the default folder."""
    return _address("users", mailbox_id, "contacts", select=select, top=str(top))


def contacts_address(
    mailbox_id: str, folder_id: str, select: Sequence[str] = (), expand: str = "", condition: str = ""
) -> str:
    """Contacts of a folder; `condition` is a $filter."""
    return _address(
        *("users", mailbox_id, "contactFolders", folder_id, "contacts"), select=select, expand=expand, filter=condition
    )


def contact_address(
    mailbox_id: str, folder_id: str, contact_id: str, select: Sequence[str] = (), expand: str = ""
) -> str:
    """One contact of a folder, or with "" for the folder whichever folder of the mailbox it is in."""
    folder = ("contactFolders", folder_id) if folder_id else ()
    return _address("users", mailbox_id, *folder, "contacts", contact_id, select=select, expand=expand)


def delta_address(mailbox_id: str, folder_id: str, select: Sequence[str]) -> str:
    """First page of a folder's changes; no option but $select is accepted here (contact-delta.md)."""
    return _address("users", mailbox_id, "contactFolders", folder_id, "contacts", "delta", select=select)


def _address(*segments: str, select: Sequence[str] = (), **options: str) -> str:
    path, given = "".join(f"/{segment(each)}" for each in segments), {"select": ",".join(select), **options}
    return with_query(path, ((f"${name}", value) for name, value in given.items() if value), safe=",$()/")
