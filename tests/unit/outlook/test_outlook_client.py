"""Requests to one Graph root."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sync_core.errors import RequestRejected, ServiceUnavailable
from sync_core.http import Answer, Request
from sync_core.outlook import GraphClient, Subject
from sync_core.outlook.batch import Part, send_parts
from sync_core.outlook.client import contact_address

ROOT = "https://graph.microsoft.com"
SUBJECT = Subject("try")


class OneAnswer:
    """A transport that gives one answer to everything, and the clock beside it."""

    def __init__(self, body: bytes = b"{}") -> None:
        self.sent: list[Request] = []
        self._body = body

    async def send(self, request: Request) -> Answer:
        """Keep the request."""
        self.sent.append(request)
        return Answer(200, {}, self._body)

    async def close(self) -> None:
        """Nothing is open."""

    def now(self) -> datetime:
        """Return one moment."""
        return datetime(2026, 1, 5, tzinfo=UTC)

    async def sleep(self, seconds: float) -> None:
        """Run over."""


def client(wire: OneAnswer, root: str = ROOT) -> GraphClient:
    """Client of one root."""
    return GraphClient(wire, root, wire)


@pytest.mark.parametrize(
    "link",
    [
        f"{ROOT}/v1.0/users('m')/contactFolders('f')/contacts/delta?$deltatoken=a%2Bb",
        "https://graph.microsoft.com:443/v1.0/x",
        "https://GRAPH.Microsoft.com/v1.0/x",
    ],
)
async def test_a_link_of_our_root_is_followed_verbatim(link: str) -> None:
    """Links are opaque, not a character is changed."""
    wire = OneAnswer()
    await client(wire).follow(link, SUBJECT)
    assert [request.target for request in wire.sent] == [link[link.index("/", len("https://")) :]]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1.0/x",
        "https://graph.microsoft.com.evil.test/v1.0/x",
        "https://graph.microsoft.com@evil.test/v1.0/x",
        "https://me@graph.microsoft.com/v1.0/x",
        "https://evil.test\\@graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com\\.evil.test/v1.0/x",
        "https://graph.microsoft.com:8443/v1.0/x",
        "https://graph.microsoft.com:x/v1.0/x",
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com\t.evil.test/x",
        "https://graph.microsoft.com/v1.0/x\r\nHost: evil.test",
        "//graph.microsoft.com/v1.0/x",
        "/v1.0/x",
        "",
    ],
)
async def test_any_other_link_is_refused_and_nothing_is_sent(link: str) -> None:
    """Scheme, host and port have to be the configured ones, without room for two readings."""
    wire = OneAnswer()
    with pytest.raises(RequestRejected, match="another host"):
        await client(wire).follow(link, SUBJECT)
    assert wire.sent == []


async def test_every_request_asks_for_ids_that_stay() -> None:
    """The preference holds for one request, so each one and each part of a batch says it."""
    wire = OneAnswer(b'{"responses": [{"id": "0", "status": 200}, {"id": "1", "status": 201}]}')
    await client(wire).get("/users", SUBJECT)
    await client(wire).follow(f"{ROOT}/v1.0/x", SUBJECT)
    await send_parts(client(wire), [Part("GET", "/a"), Part("POST", "/b", {"c": "ä"})], SUBJECT)
    assert all('IdType="ImmutableId"' in request.headers["Prefer"] for request in wire.sent)
    parts = json.loads(wire.sent[2].body)["requests"]
    assert all('IdType="ImmutableId"' in part["headers"]["Prefer"] for part in parts)
    assert parts[1]["headers"]["Content-Type"] == "application/json"


async def test_only_reads_may_be_sent_twice_by_a_transport() -> None:
    """A batch is a POST and may hold creates."""
    wire = OneAnswer()
    await client(wire).get("/users", SUBJECT)
    await client(wire).post("/$batch", {})
    assert [(request.method, request.repeatable) for request in wire.sent] == [("GET", True), ("POST", False)]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"value": ['])
async def test_an_answer_that_cannot_be_read_is_an_outage(body: bytes) -> None:
    """A proxy's page with status 200 is no empty result."""
    with pytest.raises(ServiceUnavailable):
        await client(OneAnswer(body)).get("/users", SUBJECT)


def test_ids_in_addresses_are_one_segment_each() -> None:
    """Graph's ids hold slashes, plus and equal signs; user names hold quotes and hashes."""
    address = contact_address("o'hara#ext#@x.test", "f/1+=", "c/../2==")
    assert address == "/users/o%27hara%23ext%23%40x.test/contactFolders/f%2F1%2B%3D/contacts/c%2F..%2F2%3D%3D"
