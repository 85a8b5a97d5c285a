"""Requests to one Graph root: addresses pinned to it, headers set, refusals raised as our own errors."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from copy import copy
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

from sync_core.engine.ports import Clock
from sync_core.errors import RequestRejected, ServiceUnavailable, SyncError
from sync_core.outlook.refusals import Subject, as_error, refusal_of
from sync_core.outlook.transport import GraphAnswer, GraphRequest, GraphTransport

API = "/v1.0"
PAGE_SIZE = 100
PREFER_IDS = 'IdType="ImmutableId"'
"""Ids that stay when a contact is moved; the preference holds for one request only (outlook-immutable-id.md)."""
PREFER_PAGES = f"{PREFER_IDS}, odata.maxpagesize={PAGE_SIZE}"
JSON_TYPE = "application/json"

_PORTS = {"https": 443, "http": 80}
# Parsers of URLs disagree on these, so that a host checked by one may not be the host another connects to.
_AMBIGUOUS = re.compile(r"[\\\s\x00-\x1f\x7f]")


class GraphClient:
    """One Graph root (`https://graph.microsoft.com`), reached through a transport.

    `clock` times the waits between tries of batch parts, `jitter` (0..1) spreads those of several passes.
    """

    def __init__(
        self, transport: GraphTransport, base_url: str, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self.clock = clock
        self.jitter = jitter
        self._transport = transport
        self._root = base_url.rstrip("/")
        self._origin = _origin(urlsplit(self._root))
        self.is_held: Callable[[], bool] = lambda: True

    def fenced(self, is_held: Callable[[], bool]) -> GraphClient:
        """Give a client of the same root whose batches write only while `is_held`; else LeaseLost, nothing sent."""
        client = copy(self)
        client.is_held = is_held
        return client

    async def get(self, address: str, subject: Subject) -> Mapping[str, Any]:
        """Read a JSON object below `/v1.0`; raises the error that a refusal means."""
        return await self._read(f"{self._root}{API}{address}", subject)

    async def follow(self, link: str, subject: Subject) -> Mapping[str, Any]:
        """Read what a link of Graph leads to, the link verbatim; raises RequestRejected for a foreign one."""
        return await self._read(self.pinned(link, subject), subject)

    async def post(self, address: str, body: Mapping[str, Any]) -> GraphAnswer:
        """Send a POST once and give its answer, whatever it is."""
        headers = {"Prefer": PREFER_IDS, "Accept": JSON_TYPE, "Content-Type": JSON_TYPE}
        encoded = json.dumps(body, ensure_ascii=False).encode()
        return await self._transport.send(GraphRequest("POST", f"{self._root}{API}{address}", headers, encoded))

    def pinned(self, link: str, subject: Subject) -> str:
        """Give the link back when it leads to this Graph root; raises RequestRejected otherwise.

        Our token goes with every request, so a link that an answer or the store holds must not choose the host.
        """
        try:
            parts = urlsplit(link)
            is_ours = _origin(parts) == self._origin and parts.username is None and not _AMBIGUOUS.search(link)
        except ValueError:
            is_ours = False
        if is_ours:
            return link
        text = f"a link for: {subject} leads to another host than {self._root}, nothing was sent there"
        raise RequestRejected(f"{text}; check GRAPH_BASE_URL and start the folder over", 0, "foreign_link")

    def refused(self, answer: GraphAnswer, subject: Subject) -> SyncError:
        """Error that an answer which is no success means."""
        return as_error(refusal_of(answer.status, answer.headers, answer.json(), self.clock.now()), subject)

    async def _read(self, url: str, subject: Subject) -> Mapping[str, Any]:
        headers = {"Prefer": PREFER_PAGES, "Accept": JSON_TYPE}
        answer = await self._transport.send(GraphRequest("GET", url, headers, repeatable=True))
        if answer.status != HTTPStatus.OK:
            raise self.refused(answer, subject)
        body = answer.json()
        if not isinstance(body, dict):
            raise ServiceUnavailable(f"Graph's answer to: {subject} could not be read as JSON; it is asked again")
        return body


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
