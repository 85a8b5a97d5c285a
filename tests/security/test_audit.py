"""The audit trail: no act without its row, refusals too, nothing of a contact in it, and an end to what is kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sync_core.domain import Trigger
from sync_core.errors import InvalidRequest, NotFound, StoreUnavailable
from sync_core.operations import (
    ConnectionChange,
    SpaceChange,
    answer,
    approve,
    change,
    change_space,
    disconnect,
    forget_ruling,
    lift_erased,
    link_contacts,
    purge,
    reconcile_all,
    request_sync,
    resume_all,
    retry_set_aside,
    unlink_contact,
)
from sync_core.operations.answering import AnswerRequest
from sync_core.operations.connecting import ConnectRequest, connect
from sync_core.operations.purging import PurgeRequest
from sync_core.state import AUDIT, Act, AuditResult, ConnectionStatus, place_of
from sync_core.storage import Operation, Row, SqliteStore, Table
from sync_core.web import ROUTES, Admission, Request, respond
from sync_core.web.callers import Role
from sync_core.web.routes import BY_NAME, Method
from tests.scenarios.world import COLLEAGUE, World, new_world
from tests.security.identities import BEN, ON, TENANT, headers
from tests.stored import rows_beside_audit

CANARIES = ("Okafor", "Chidi", "chidi@canary.example", "+1 555 0100", "ada@example.test", "ben@example.test")


class AuditlessStore(SqliteStore):
    """A store whose audit partition takes no rows once it is broken, or only no second ones."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.is_broken = False
        self.breaks_ends = False

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Do it, or do not answer."""
        if partition.startswith(AUDIT):
            is_end = any(operation.key.endswith(".2") for operation in operations)
            if self.is_broken or (self.breaks_ends and is_end):
                raise StoreUnavailable("the table did not answer")
        return await super().transact(table, partition, operations)


async def told_world(store: AuditlessStore | None = None) -> World:
    """A connection with one synced contact, whose values must not be told."""
    world = new_world(store=store, app={"sync_tenant_id": TENANT})
    world.write_in_crm("Okafor", "Chidi", email1="chidi@canary.example", phone2="+1 555 0100")
    await world.connect()
    await world.sync()
    return world


ACTS: dict[Act, Any] = {
    Act.CONNECT: lambda w: connect(w.deployment, ConnectRequest(mailbox=COLLEAGUE, user=COLLEAGUE)),
    Act.SET: lambda w: change(w.deployment, w.record.id, ConnectionChange(settings={"max_delete_count": 3})),
    Act.SET_SPACE: lambda w: change_space(w.deployment, SpaceChange(lock=("scope",))),
    Act.PAUSE: lambda w: change(w.deployment, w.record.id, ConnectionChange(status=ConnectionStatus.PAUSED)),
    Act.RESUME: lambda w: change(w.deployment, w.record.id, ConnectionChange(status=ConnectionStatus.ACTIVE)),
    Act.RESUME_ALL: lambda w: resume_all(w.deployment),
    Act.SYNC: lambda w: request_sync(w.deployment, w.record.id, "full", Trigger.HTTP),
    Act.APPROVE: lambda w: approve(w.deployment, w.record.id),
    Act.RETRY: lambda w: retry_set_aside(w.deployment, w.record.id),
    Act.ANSWER: lambda w: answer(w.deployment, w.record.id, AnswerRequest(item="x", choice="same"), by="cli"),
    Act.FORGET_ANSWER: lambda w: forget_ruling(w.deployment, w.record.id, "x"),
    Act.LINK: lambda w: link_contacts(w.deployment, w.record.id, "Okafor", "chidi@canary.example", by="cli"),
    Act.UNLINK: lambda w: unlink_contact(w.deployment, w.record.id, w.person("Okafor")["id"], by="cli"),
    Act.RECONCILE: lambda w: reconcile_all(w.deployment, [w.record.id]),
    Act.PURGE: lambda w: purge(w.deployment, PurgeRequest(person="chidi@canary.example", even_if_linked=True)),
    Act.LIFT_ERASED: lambda w: lift_erased(w.deployment, "x"),
    Act.DISCONNECT: lambda w: disconnect(w.deployment, w.record.id),
}
"""Every act but the stop of everything, which is done without its row if need be, and refusals at the door."""
REFUSED = {Act.APPROVE, Act.ANSWER, Act.FORGET_ANSWER, Act.LIFT_ERASED, Act.LINK}
"""For which there is nothing to do in that world."""


def test_every_act_is_tried() -> None:
    """A new one is tried too."""
    assert set(ACTS) == set(Act) - {Act.PAUSE_ALL, Act.REQUEST}


@pytest.mark.parametrize("act", ACTS)
async def test_an_act_whose_row_cannot_be_written_is_not_done(act: Act) -> None:
    """Nothing is stored, asked for, or written to either side."""
    store = AuditlessStore()
    world = await told_world(store)
    while world.queue.take() is not None:
        pass
    before, requests = await rows_beside_audit(world.store), world.graph.total_requests + world.crm.total_requests
    store.is_broken = True
    with pytest.raises(StoreUnavailable):
        await ACTS[act](world)
    assert await rows_beside_audit(world.store) == before
    assert world.queue.take() is None
    assert world.graph.total_requests + world.crm.total_requests == requests


@pytest.mark.parametrize("act", ACTS)
async def test_every_act_stands_there_with_its_result_and_names_no_contact(
    act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    """Who, what, on which connection, when; a refused one with its kind. Neither rows nor logs hold a value."""
    caplog.set_level(logging.INFO)
    world = await told_world()
    try:
        await ACTS[act](world)
        result = AuditResult.DONE
    except (InvalidRequest, NotFound):
        result = AuditResult.REFUSED
    assert (result is AuditResult.REFUSED) == (act in REFUSED)
    (entry,) = [one for one in await world.deployment.audit.page(50) if one.act is act][:1]
    assert (entry.result, entry.actor.who, bool(entry.why)) == (result, "program", act in REFUSED)
    rows = "\n".join(await audit_rows(world))
    assert [word for word in CANARIES if word in rows] == []
    assert [word for word in CANARIES if word in caplog.text] == []


async def audit_rows(world: World) -> list[str]:
    """Keys and bodies of the trail."""
    months = [name for name in await world.store.partitions(Table.CONNECTIONS) if name.startswith(AUDIT)]
    pages: list[list[Row]] = [await world.store.read(Table.CONNECTIONS, name, "", "\U0010ffff") for name in months]
    return [f"{row.key} {row.body}" for rows in pages for row in rows]


async def test_an_act_whose_end_is_not_known_says_begun() -> None:
    """It was done, and its row was there before: nobody is told that it was not."""
    store = AuditlessStore()
    world = await told_world(store)
    store.breaks_ends = True
    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))
    assert not (await world.deployment.registry.get(world.record.id)).is_active
    (entry,) = [one for one in await world.deployment.audit.page(50) if one.act is Act.PAUSE]
    assert entry.result is AuditResult.BEGUN


async def test_the_values_of_changed_settings_stand_there() -> None:
    """From which to which."""
    world = await told_world()
    await change(world.deployment, world.record.id, ConnectionChange(settings={"max_delete_count": 3}))
    (entry,) = [one for one in await world.deployment.audit.page(50) if one.act is Act.SET]
    assert (entry.changed, entry.connection_id) == ({"max_delete_count": [10, 3]}, world.record.id)


async def test_equal_refusals_of_a_minute_are_one_row() -> None:
    """Of one caller, at one route: who asks a thousand times leaves as much as who asks once a minute."""
    world = await told_world()
    before = len(await audit_rows(world))
    admission = Admission(ON)
    for number in range(30):
        request = Request({"connection_id": f"{number:08d}"}, headers=headers(Role.USER, object_id=BEN))
        assert (await respond(BY_NAME["read_history"], lambda: world.deployment, request, admission)).status == 403
    assert len(await audit_rows(world)) == before + 1
    for _ in range(30):
        await respond(BY_NAME["read_history"], lambda: world.deployment, Request(), admission)
    assert len(await audit_rows(world)) == before + 2
    for _ in range(3):
        with pytest.raises(NotFound):
            await forget_ruling(world.deployment, world.record.id, "x")
    assert len(await audit_rows(world)) == before + 3
    await world.deployment.clock.sleep(60)
    await respond(BY_NAME["read_history"], lambda: world.deployment, Request(), admission)
    assert len(await audit_rows(world)) == before + 4


async def test_who_asks_too_often_is_named_once() -> None:
    """429 in the trail, by the person's id."""
    world = new_world(app={"sync_tenant_id": TENANT, "sync_max_requests_per_minute": 2})
    admission = Admission(ON)
    for _ in range(5):
        request = Request(headers=headers(Role.USER, object_id=BEN))
        await respond(BY_NAME["list_connections"], lambda: world.deployment, request, admission)
    (entry,) = await world.deployment.audit.page(50)
    assert (entry.actor.who, entry.why, entry.detail) == (BEN, "TooManyRequests", "list_connections")


async def test_a_refusal_stands_even_if_it_cannot_be_written_down() -> None:
    """403 stays 403."""
    store = AuditlessStore()
    world = await told_world(store)
    store.is_broken = True
    request = Request(headers=headers(Role.USER, object_id=BEN))
    assert (await respond(BY_NAME["read_audit"], lambda: world.deployment, request, Admission(ON))).status == 403


@pytest.mark.parametrize("name", [route.name for route in ROUTES if route.method is not Method.GET])
async def test_every_change_over_http_leaves_a_row_of_who_asked(name: str) -> None:
    """Whatever comes of it: done, refused or failed, by the person's id and from HTTP."""
    bodies = {
        "connect": {"mailbox": COLLEAGUE, "user": COLLEAGUE},
        "change_connection": {"status": "paused"},
        "answer_item": {"item": "x", "choice": "same"},
        "link_contacts": {"outlook": "x", "pipeliner": "y"},
        "unlink_contact": {"contact": "x"},
        "purge": {"connection": "0123456789abcdef"},
        "change_space": {"lock": ["scope"]},
    }
    world = await told_world()
    route = {"connection_id": world.record.id, "ruling_id": "x", "erased_id": "x"}
    body = json.dumps(bodies[name]).encode() if name in bodies else b""
    given = headers(Role.ADMINISTRATOR, object_id=BEN) | {"content-type": "application/json"}
    request = Request(route, body=body, method=BY_NAME[name].method.value, headers=given)
    answered = await respond(BY_NAME[name], lambda: world.deployment, request, Admission(ON))
    assert answered.status < 500
    found = [entry for entry in await world.deployment.audit.page(50) if entry.actor.who == BEN]
    assert [entry.actor.origin.value for entry in found][:1] == ["http"]
    assert all(entry.result is not AuditResult.BEGUN for entry in found)


async def test_the_trail_outlasts_the_connection_and_ends_by_its_days() -> None:
    """A purge leaves it; the night takes what is older than the setting says, and no more."""
    world = new_world(app={"sync_audit_days": 30})
    await world.connect()
    purged = await purge(world.deployment, PurgeRequest(connection=world.record.id))
    assert purged.is_proved
    assert any(world.record.id in text for text in await audit_rows(world))
    await world.deployment.clock.sleep(29 * 86_400)
    await reconcile_all(world.deployment)
    assert any(world.record.id in text for text in await audit_rows(world))
    await world.deployment.clock.sleep(2 * 86_400)
    await reconcile_all(world.deployment)
    left = await world.deployment.audit.page(50)
    assert {entry.act for entry in left} == {Act.RECONCILE}
    assert all(entry.at > world.deployment.clock.now() - timedelta(days=30) for entry in left)


async def test_it_is_read_in_pages_over_months() -> None:
    """Each act once, the newest first."""
    world = new_world()
    await world.connect()
    for _ in range(7):
        await world.deployment.clock.sleep(9 * 86_400)
        await request_sync(world.deployment, world.record.id, "delta", Trigger.HTTP)
        while world.queue.take() is not None:
            pass
    whole = await world.deployment.audit.page(50)
    paged, before = [], ""
    while page := await world.deployment.audit.page(3, before):
        paged += page
        before = place_of(page[-1])
    assert paged == whole
    assert [entry.act for entry in whole] == [Act.SYNC] * 7 + [Act.CONNECT]
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
