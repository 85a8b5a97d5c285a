from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_core.web import api
from sync_core.web.access import RULES, Rule, owns
from sync_core.web.callers import Caller, Role, caller_of
from sync_core.web.door import Door
from sync_core.web.exchange import Answer, Request
from tests.scenarios.world import MAILBOX, World, new_world
from tests.security.identities import BEN, ON, TENANT, headers

PROJECT = Path(__file__).resolve().parents[2]

WHO = ("administrator", "owner", "other user", "no role", "stranger")
TABLE = {
    # endpoint:          administrator, owner, other user, no role, stranger
    "connect": (400, 403, 403, 403, 401),
    "list_connections": (200, 200, 200, 403, 401),
    "read_connection": (200, 200, 403, 403, 401),
    "change_connection": (200, 200, 403, 403, 401),
    "disconnect": (204, 403, 403, 403, 401),
    "request_sync": (202, 202, 403, 403, 401),
    "approve_removals": (202, 202, 403, 403, 401),
    "retry_set_aside": (202, 202, 403, 403, 401),
    "read_history": (200, 200, 403, 403, 401),
    "read_attention": (200, 200, 403, 403, 401),
    "read_run": (404, 404, 403, 403, 401),
    "read_health": (200, 200, 200, 200, 200),
    "purge": (400, 403, 403, 403, 401),
}
"""What each caller is answered: 400 and 404 mean that he was let in."""
BODIES = {"change_connection": b'{"status": "paused"}', "connect": b"{}", "purge": b"{}"}


@pytest.fixture
async def world() -> World:
    """Ada's connection, behind Entra sign-in."""
    made = new_world(app={"sync_tenant_id": TENANT})
    await made.connect()
    return made


def identity(who: str, world: World) -> dict[str, str]:
    """Headers that the platform sets for one of the callers of the table."""
    ada = world.record.mailbox_id
    return {
        "administrator": headers(Role.ADMINISTRATOR, object_id=BEN),
        "owner": headers(Role.USER, object_id=ada),
        "other user": headers(Role.USER, object_id=BEN, upn=MAILBOX),
        "no role": headers(object_id=ada),
        "stranger": {},
    }[who]


async def ask(world: World, endpoint: str, who: str, body: bytes = b"", **route: str) -> Answer:
    """Send one request as one caller."""
    given = {"content-type": "application/json"} if body else {}
    request = Request(route=route, body=body, method="POST", headers={**identity(who, world), **given})
    return await api.respond(getattr(api, endpoint), lambda: world.operator, request, Door(ON))


def route_of(endpoint: str, world: World) -> dict[str, str]:
    """Values for the placeholders of an endpoint's address."""
    if RULES[endpoint] is Rule.OWN_RUN:
        return {"run_id": f"{world.record.id}-0"}
    return {"connection_id": world.record.id}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("endpoint", TABLE)
async def test_each_caller_may_do_what_the_table_says(world: World, endpoint: str, who: str) -> None:
    """Endpoint by endpoint and role by role; a refusal says what is missing and changes nothing."""
    rows = world.store.counts.rows_written
    answer = await ask(world, endpoint, who, BODIES.get(endpoint, b""), **route_of(endpoint, world))
    assert answer.status == TABLE[endpoint][WHO.index(who)]
    if answer.status in {401, 403}:
        assert world.store.counts.rows_written == rows
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert b"Sync." in answer.body or b"sign in" in answer.body


def http_functions() -> Iterator[tuple[str, str]]:
    """Names of the HTTP functions with the endpoint that each hands on to."""
    for node in ast.parse((PROJECT / "function_app.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.AsyncFunctionDef) and any(
            "app.route" in ast.unparse(one) for one in node.decorator_list
        ):
            calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
            yield node.name, next(ast.unparse(call.args[1]) for call in calls if ast.unparse(call.func) == "_respond")


def test_every_http_function_has_its_row() -> None:
    """A new endpoint without a rule, or without a row of the table above, does not pass."""
    endpoints = {endpoint.removeprefix("api.") for _, endpoint in http_functions()}
    assert endpoints == set(RULES) == set(TABLE)
    assert len(endpoints) >= 13


async def test_an_endpoint_without_a_rule_is_for_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for an administrator: forgetting a rule closes, it does not open."""
    monkeypatch.setattr("sync_core.web.access.RULES", {})
    assert (await ask(world, "read_connection", "administrator", connection_id=world.record.id)).status == 403


async def test_users_see_their_own_connections_only(world: World) -> None:
    """In the list too, and an unknown connection cannot be told from another's."""
    await world.connect("ben@example.test", "ben@example.test")
    listed = (await ask(world, "list_connections", "owner")).body
    assert world.records[0].id.encode() in listed
    assert world.records[1].id.encode() not in listed
    others = await ask(world, "read_connection", "owner", connection_id=world.records[1].id)
    unknown = await ask(world, "read_connection", "owner", connection_id="00000000")
    odd = await ask(world, "read_connection", "owner", connection_id="x" * 5000)
    assert others.body == unknown.body == odd.body
    assert others.status == 403


async def test_settings_are_an_administrators(world: World) -> None:
    """They decide what is read and how much may be deleted unasked; a user pauses and resumes."""
    for body in (b'{"settings": {"delete_protection": false}}', b'{"status": "paused", "settings": {}}'):
        answer = await ask(world, "change_connection", "owner", body, connection_id=world.record.id)
        assert answer.status == 403
    record = await world.operator.registry.get(world.record.id)
    assert (record.settings.delete_protection, record.status.value) == (True, "active")


@pytest.mark.parametrize("who", WHO[1:])
async def test_health_tells_only_administrators_what_it_found(world: World, who: str) -> None:
    """A probe learns that the app answers; neither service is asked for a stranger."""
    before = world.graph.total_requests + world.crm.total_requests
    assert (await ask(world, "read_health", who)).body == b'{"ok": true}'
    assert world.graph.total_requests + world.crm.total_requests == before
    assert b"pipeliner" in (await ask(world, "read_health", "administrator")).body


async def test_a_mailbox_known_by_address_belongs_to_who_signs_in_with_it(world: World) -> None:
    """Only there: where the directory gave an object id, an address that moved to somebody else opens nothing."""
    ada, ben = (user_named(upn=upn) for upn in (MAILBOX.upper(), "ben@example.test"))
    by_address = world.record.model_copy(update={"mailbox_id": MAILBOX})
    assert owns(ada, by_address)
    assert not owns(ben, by_address)
    assert not owns(user_named(), by_address.model_copy(update={"mailbox": ""}))
    assert not owns(ada, world.record)


def user_named(upn: str = "") -> Caller:
    """A user of Ben's object id and some sign-in name."""
    return caller_of(ON, TENANT, headers(Role.USER, object_id=BEN, upn=upn), {})
