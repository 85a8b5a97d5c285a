"""A user connects their own mailbox with their own Pipeliner user, as the sign-in says who they are; nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_core.web import Admission, Request, respond
from sync_core.web.callers import Role
from sync_core.web.routes import BY_NAME
from tests.scenarios.world import COLLEAGUE, MAILBOX, World, new_world
from tests.security.identities import ON, TENANT, headers, said


def new_office() -> World:
    """Two colleagues behind sign-in, none of them connected."""
    return new_world(app={"sync_tenant_id": TENANT})


def id_of(world: World, address: str) -> str:
    """Object id of a colleague."""
    return world.graph.tenant.user(address).id


async def connect(world: World, body: object, *, roles: tuple[Role, ...] = (Role.USER,), **who: str) -> tuple[int, Any]:
    """Ask for a connection as an account of the tenant."""
    given = headers(*roles, **who) | {"content-type": "application/json"}
    request = Request(body=json.dumps(body).encode(), method="POST", headers=given)
    answer = await respond(BY_NAME["connect"], lambda: world.deployment, request, Admission(ON))
    return answer.status, json.loads(answer.body)


async def test_both_sides_come_from_the_sign_in() -> None:
    """The mailbox by object id, the Pipeliner user by sign-in name."""
    world = new_office()
    ada = id_of(world, MAILBOX)
    status, made = await connect(world, {"folder": "new"}, object_id=ada, upn=MAILBOX)
    assert (status, made["mailbox"]["id"], made["user"]["id"]) == (201, ada, world.user_id)
    request = Request({"connection_id": made["id"]}, headers=headers(Role.USER, object_id=ada))
    read = await respond(BY_NAME["read_connection"], lambda: world.deployment, request, Admission(ON))
    assert read.status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"mailbox": COLLEAGUE},
        {"user": COLLEAGUE},
        {"mailbox": MAILBOX, "user": COLLEAGUE},
        {"mailbox": COLLEAGUE, "user": COLLEAGUE},
        {"settings": {"scope": "visible"}},
        {"settings": {"delete_protection": False}},
    ],
)
async def test_nobody_else_is_named_and_nothing_wider_is_asked_for(body: dict[str, Any]) -> None:
    """403, before any service is asked."""
    world = new_office()
    before = world.graph.total_requests + world.crm.total_requests
    status, told = await connect(world, body, object_id=id_of(world, MAILBOX), upn=MAILBOX)
    assert (status, "an administrator" in said(told) or "your own" in said(told)) == (403, True)
    assert world.graph.total_requests + world.crm.total_requests == before
    assert await world.deployment.registry.all() == []


async def test_what_is_stricter_and_ones_own_name_may_be_given() -> None:
    """Naming oneself is no fault, by address or by id."""
    world = new_office()
    ada = id_of(world, MAILBOX)
    body = {"mailbox": ada, "user": MAILBOX.upper(), "settings": {"max_delete_count": 1}}
    status, made = await connect(world, body, object_id=ada, upn=MAILBOX)
    assert (status, made["settings"]["max_delete_count"]) == (201, 1)


async def test_whom_pipeliner_does_not_know_is_told_what_to_do() -> None:
    """The sign-in name counts, never the address that somebody's claim of an e-mail shows."""
    world = new_office()
    ada = id_of(world, MAILBOX)
    status, told = await connect(world, {}, object_id=ada, upn="ada@renamed.example")
    assert status == 400
    assert "user: no Pipeliner user has this e-mail address; an administrator of Pipeliner gives" in str(
        told.get("detail")
    )


@pytest.mark.parametrize(("upn", "acct"), [(MAILBOX, "1"), ("ada_other.example#EXT#@company.example", "")])
async def test_guests_are_refused_whatever_their_role(upn: str, acct: str) -> None:
    """The tenant's own id stands in a guest's claims as well."""
    world = new_office()
    for role in (Role.USER, Role.ADMINISTRATOR):
        status, told = await connect(world, {}, roles=(role,), object_id=id_of(world, MAILBOX), upn=upn, acct=acct)
        assert (status, "guest" in said(told)) == (403, True)


async def test_who_is_connected_is_told_by_which_connection() -> None:
    """Whoever connected them."""
    world = new_office()
    await world.connect()
    status, told = await connect(world, {}, object_id=id_of(world, MAILBOX), upn=MAILBOX)
    assert (status, f"yours is connected already, by connection {world.record.id}" in said(told)) == (
        400,
        True,
    )


@pytest.mark.parametrize("upn", ["", "Ada Example", "00000000-0000-0000-0000-000000000001"])
async def test_a_sign_in_without_a_sign_in_name_connects_nobody(upn: str) -> None:
    """An id in the place of the name would find any Pipeliner user."""
    world = new_office()
    named = upn or ""
    status, told = await connect(world, {}, object_id=id_of(world, MAILBOX), upn=named)
    assert (status, "sign-in name" in said(told)) == (403, True)


async def test_an_administrator_names_both() -> None:
    """Any other pair of mailbox and user is theirs."""
    world = new_office()
    roles = (Role.ADMINISTRATOR,)
    status, told = await connect(world, {}, roles=roles, object_id=id_of(world, MAILBOX), upn=MAILBOX)
    assert (status, "mailbox: Field required" in said(told)) == (400, True)
    body = {"mailbox": COLLEAGUE, "user": MAILBOX}
    status, made = await connect(world, body, roles=roles, object_id=id_of(world, MAILBOX), upn=MAILBOX)
    assert (status, made["user"]["id"]) == (201, world.user_id)
