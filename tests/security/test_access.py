from __future__ import annotations

from dataclasses import MISSING, fields
from typing import get_type_hints

import pytest

from sync_core.state import Act, AuditResult
from sync_core.web import ROUTES, Admission, Answer, Request, Route, respond
from sync_core.web.access import Who, owns
from sync_core.web.callers import Caller, Role, caller_of
from sync_core.web.routes import BY_NAME
from tests.functions.snapshot import written
from tests.interface_reference import CALLERS, status_for
from tests.lookalikes import LOOKALIKES
from tests.scenarios.world import MAILBOX, World, new_world
from tests.security.identities import BEN, ON, TENANT, headers

BODIES = {
    "change_connection": b'{"status": "paused"}',
    "connect": b'{"folder": ""}',
    "purge": b"{}",
    "change_space": b'{"status": "active"}',
}
"""With these, whoever is let in changes little."""


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
        "auditor": headers(Role.AUDITOR, object_id=ada),
        "owner": headers(Role.USER, object_id=ada),
        "other user": headers(Role.USER, object_id=BEN, upn=MAILBOX),
        "no role": headers(object_id=ada),
        "guest": headers(Role.ADMINISTRATOR, Role.USER, Role.AUDITOR, object_id=ada, acct="1"),
        "stranger": {},
    }[who]


async def ask(world: World, endpoint: str, who: str, body: bytes = b"", **route: str) -> Answer:
    """Send one request as one caller."""
    given = {"content-type": "application/json"} if body else {}
    method = BY_NAME[endpoint].method.value
    request = Request(route=route, body=body, method=method, headers={**identity(who, world), **given})
    return await respond(BY_NAME[endpoint], lambda: world.deployment, request, Admission(ON))


def route_of(endpoint: str, world: World) -> dict[str, str]:
    """Values for the placeholders of an endpoint's address."""
    if BY_NAME[endpoint].who is Who.OWN_RUN:
        return {"run_id": f"{world.record.id}-0"}
    return {"connection_id": world.record.id}


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("endpoint", BY_NAME)
async def test_each_caller_gets_the_status_of_the_table(world: World, endpoint: str, who: str) -> None:
    """Endpoint by endpoint and caller by caller, as docs/security.md has it; a refusal says what is missing.

    It changes nothing, and stands in the audit trail.
    """
    rows = world.store.counts.rows_written
    answer = await ask(world, endpoint, who, BODIES.get(endpoint, b""), **route_of(endpoint, world))
    wanted = status_for(BY_NAME[endpoint], who)
    assert answer.status < 500
    if wanted not in {401, 403}:
        assert answer.status not in {401, 403}
        return
    assert answer.status == wanted
    assert world.store.counts.rows_written == rows + 1
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert any(word in answer.body for word in (b"Sync.", b"sign in", b"an account of its own"))
    (told,) = [entry for entry in await world.deployment.audit.page(10) if entry.act is Act.REQUEST]
    assert (told.detail, told.result) == (endpoint, AuditResult.REFUSED)
    assert told.actor.who == (who if who == "stranger" else "stranger" if who == "guest" else caller_id(who, world))


def caller_id(who: str, world: World) -> str:
    """Object id of one of the callers."""
    return world.record.mailbox_id if who in {"owner", "no role", "auditor"} else BEN


def test_every_http_function_is_a_route() -> None:
    """What Azure runs is the table of routes, whose names differ; a route without a rule cannot be written down."""
    functions = {
        name for name, bindings in written().items() for binding in bindings if binding["type"] == "httpTrigger"
    }
    assert functions == set(BY_NAME)
    assert len(ROUTES) == len(BY_NAME) >= 13


def test_a_route_without_a_rule_cannot_be_made() -> None:
    """Who may use an endpoint has no default: forgetting it is an error before the app starts."""
    (who,) = [item for item in fields(Route) if item.name == "who"]
    assert (who.default, who.default_factory) == (MISSING, MISSING)
    assert get_type_hints(Route)["who"] is Who


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


async def test_what_loosens_a_connection_is_an_administrators(world: World) -> None:
    """Settings decide what is read and how much may be deleted unasked; a user makes them stricter, at most."""
    for body in (
        b'{"settings": {"delete_protection": false}}',
        b'{"status": "paused", "settings": {"key_field": "cf_x"}}',
    ):
        answer = await ask(world, "change_connection", "owner", body, connection_id=world.record.id)
        assert answer.status == 403
    record = await world.deployment.registry.get(world.record.id)
    assert (record.settings.delete_protection, record.status.value) == (True, "active")


@pytest.mark.parametrize("who", [who for who in CALLERS if who not in {"administrator", "guest"}])
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


@pytest.mark.parametrize(("typed", "real"), LOOKALIKES)
async def test_a_sign_in_name_that_only_looks_like_an_address_opens_nothing(
    world: World, typed: str, real: str
) -> None:
    """Neither way round; and where an object id decides, no other letter stands for one of its own."""
    for upn, address in ((typed, real), (real, typed)):
        assert not owns(
            user_named(upn=upn), world.record.model_copy(update={"mailbox_id": address, "mailbox": address})
        )
    assert owns(user_named(upn=typed), world.record.model_copy(update={"mailbox_id": typed, "mailbox": typed}))


def user_named(upn: str = "") -> Caller:
    """A user of Ben's object id and some sign-in name."""
    return caller_of(ON, TENANT, headers(Role.USER, object_id=BEN, upn=upn), {})


@pytest.mark.parametrize("name", ["disconnect", "purge", "change_space", "lift_erased"])
def test_what_cannot_be_undone_is_an_administrators(name: str) -> None:
    """A route that is opened by mistake is not only a line in a drawn table."""
    assert BY_NAME[name].who is Who.ADMINISTRATORS


def test_only_the_probe_is_for_anybody() -> None:
    """And whoever is nobody gets another answer than an administrator."""
    assert [route.name for route in ROUTES if route.who is Who.ANYBODY] == ["read_health"]
    assert BY_NAME["read_health"].for_others is not None


async def test_only_an_administrator_resumes_the_connection_of_a_user_who_was_deactivated(world: World) -> None:
    """Nor does it help to pause it first; the reason stays."""
    world.crm.people.deactivate_user(world.user_id)
    await world.tick()
    world.crm.people.deactivate_user(world.user_id, active=True)
    of = {"connection_id": world.record.id}

    await ask(world, "change_connection", "owner", b'{"status": "paused"}', **of)
    refused = await ask(world, "change_connection", "owner", b'{"status": "active"}', **of)
    assert refused.status == 403
    assert (await world.deployment.registry.get(world.record.id)).reason == "user_deactivated"

    resumed = await ask(world, "change_connection", "administrator", b'{"status": "active"}', **of)
    assert resumed.status == 200
    assert (await world.deployment.registry.get(world.record.id)).is_active
