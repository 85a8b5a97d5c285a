"""What cannot be read stops its own connection only, says what it is, and can be repaired or ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sync_core.domain import Reason, RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidRequest, NotFound, Paused, Unreadable
from sync_core.operations import (
    ConnectionChange,
    approve,
    attention_of,
    change,
    disconnect,
    overview,
    reconcile_all,
    request_sync,
    retry_set_aside,
)
from sync_core.operations.connection_status import take_stock
from sync_core.operations.purging import purge_connection
from sync_core.operations.views import connection_view
from sync_core.operations.working import poisoned
from sync_core.state import ConnectionRecord, ConnectionStatus, UnreadableRecord
from sync_core.storage import Put, Table
from tests.scenarios.world import COLLEAGUE, World, new_world
from tests.stored import rows_beside_audit

CANARY = "canary-5f3a"
Damage = Callable[[dict[str, Any]], Any]


def setting(name: str, value: object) -> Damage:
    """Damage one setting."""
    return lambda stored: stored | {"settings": stored["settings"] | {name: value}}


def without(name: str) -> Damage:
    """Take a part of the row away."""
    return lambda stored: {key: value for key, value in stored.items() if key != name}


RECORDS: dict[str, tuple[Damage, str]] = {
    "no JSON": (lambda _: f'{{"mailbox": "{CANARY}', "the whole row"),
    "no object": (lambda _: [CANARY], "the whole row"),
    "a number": (lambda _: 7, "the whole row"),
    "a setting of a newer version": (setting("colour", CANARY), "settings.colour"),
    "an unknown value of a setting": (setting("sync_type", CANARY), "settings.sync_type"),
    "a setting of another kind": (setting("max_delete_count", [CANARY]), "settings.max_delete_count"),
    "a part of a setting": (setting("custom_fields", [{CANARY: 1}]), "settings.custom_fields"),
    "settings that contradict each other": (setting("field_directions", {"cf_x": "both"}), "settings"),
    "no settings at all": (lambda stored: stored | {"settings": CANARY}, "settings"),
    "an unknown status": (lambda stored: stored | {"status": CANARY}, "status"),
    "a part of a newer version": (lambda stored: stored | {"colour": CANARY}, "colour"),
    "a name that is none of ours": (lambda stored: stored | {f"{CANARY}@": 1}, "(an unknown name)"),
    "a part that is missing": (without("mailbox_id"), "mailbox_id"),
    "no folder": (without("folder_id"), "folder_id"),
    "no time": (lambda stored: stored | {"created_at": CANARY}, "created_at"),
}
"""Ways in which a connection's row is unreadable, and what is said of it."""
ROWS = {
    "cursor": "1.cursor",
    "lease": "1.lease",
    "link": "5.link.",
    "index": "5.outlook.",
    "run": "8.run.",
}
"""Rows of one connection, by their keys."""
BODIES = {
    "no JSON": f'{{"{CANARY}',
    "no object": f'["{CANARY}"]',
    "null": "null",
    "packed nonsense": f"z{CANARY}",
    "an object of something else": f'{{"a": "{CANARY}"}}',
}


async def two_connections() -> World:
    """Ada's connection, which will be damaged, and Ben's; both are in sync."""
    world = new_world()
    world.write_in_crm("Okafor")
    await world.connect()
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.drain()
    return world


async def damage_record(world: World, damage: Damage) -> None:
    """Overwrite the row of Ada's connection."""
    key = f"connection.{world.record.id}"
    row = await world.deployment.store.get(Table.CONNECTIONS, "connections", key)
    assert row is not None
    damaged = damage(json.loads(row.body))
    body = damaged if isinstance(damaged, str) else json.dumps(damaged)
    await world.deployment.store.transact(Table.CONNECTIONS, "connections", [Put(key, body)])


async def damage_row(world: World, prefix: str, body: str) -> str:
    """Overwrite the first row of a kind in the partition of Ada's connection, or make one; returns its key."""
    rows = await world.deployment.store.read(Table.SYNC, world.record.id, prefix, prefix + "~")
    key = rows[0].key if rows else prefix + "somebody" * prefix.endswith(".")
    await world.deployment.store.transact(Table.SYNC, world.record.id, [Put(key, body)])
    return key


async def stored(world: World) -> ConnectionRecord:
    """Ada's connection as it is listed."""
    return next(record for record in await world.deployment.registry.all() if record.id == world.record.id)


async def bens_work_goes_on(world: World) -> None:
    """Ben's connection gets a new contact with the same tick."""
    person = world.crm.people.create_contact(world.colleague_id, last_name="Novak")
    before = await links(world)
    await world.tick()
    assert (person != "", await links(world)) == (True, before + 1)


async def links(world: World) -> int:
    """How many contacts Ben's connection has linked."""
    return (await world.deployment.reader(world.records[1].id).status()).links


@pytest.mark.parametrize("kind", RECORDS)
async def test_a_record_that_cannot_be_read_pauses_its_own_connection(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is listed with what is unreadable, and no value of it is repeated anywhere; the other one syncs on."""
    world = await two_connections()
    damage, name = RECORDS[kind]
    await damage_record(world, damage)
    caplog.set_level("DEBUG", "sync_core")

    await bens_work_goes_on(world)
    await reconcile_all(world.deployment)
    await world.drain()

    record = await stored(world)
    assert (record.status, record.reason) == (ConnectionStatus.PAUSED, "unreadable")
    assert isinstance(record, UnreadableRecord)
    assert record.faults == (name,)
    assert name in record.message
    [item] = await attention_of(world.deployment, record)
    assert (item.reason, name in item.message, bool(item.remedy)) == (Reason.PAUSED, True, True)
    found = await overview(world.deployment, record)
    assert found.attention == 1
    told = f"{connection_view(record)} {item} {caplog.text}"
    assert CANARY not in told
    stock = await take_stock(world.deployment, await world.deployment.registry.all())
    assert stock is not None


@pytest.mark.parametrize("kind", RECORDS)
async def test_an_unreadable_connection_refuses_what_it_cannot_do(kind: str) -> None:
    """By name, and without a change."""
    world = await two_connections()
    await damage_record(world, RECORDS[kind][0])
    rows = await rows_beside_audit(world.store)
    connection_id, deployment = world.record.id, world.deployment

    for asked in (
        request_sync(deployment, connection_id, "delta", Trigger.HTTP),
        retry_set_aside(deployment, connection_id),
        reconcile_all(deployment, [connection_id]),
        change(deployment, connection_id, ConnectionChange(status=ConnectionStatus.ACTIVE)),
        disconnect(deployment, connection_id, remove_contacts=True),
    ):
        with pytest.raises(Unreadable):
            await asked
    assert await rows_beside_audit(world.store) == rows


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("end", [disconnect, purge_connection])
async def test_an_unreadable_connection_can_be_ended(kind: str, end: Callable[..., Any]) -> None:
    """No row of it is left, its contacts stay, and the folder can be connected anew."""
    world = await two_connections()
    await damage_record(world, RECORDS[kind][0])
    kept = len(world.outlook())

    await end(world.deployment, world.record.id)

    with pytest.raises(NotFound):
        await world.deployment.registry.get(world.record.id)
    assert await world.deployment.store.read(Table.SYNC, world.record.id, "", "~") == []
    assert len(world.outlook()) == kept
    await world.connect(folder=world.record.folder_id)
    await world.drain()
    assert len(world.outlook()) == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("a setting of a newer version", {"max_change_count": 21}),
        ("an unknown value of a setting", {"sync_type": "to_outlook"}),
        ("a setting of another kind", {"max_delete_count": 3}),
        ("a part of a setting", {"custom_fields": []}),
        ("a part of a newer version", {}),
    ],
)
async def test_full_valid_settings_repair_it(kind: str, given: dict[str, Any]) -> None:
    """What could be read stays, what this version does not know goes, and a full sync finds what was missed."""
    world = await two_connections()
    await change(world.deployment, world.record.id, ConnectionChange(settings={"delete_protection": False}))
    await world.drain()
    await damage_record(world, RECORDS[kind][0])
    world.write_in_crm("Missed")
    await world.tick()

    repaired = await change(world.deployment, world.record.id, ConnectionChange(settings=given))
    await world.drain()

    assert (repaired.is_readable, repaired.status) == (True, ConnectionStatus.ACTIVE)
    assert repaired.settings.delete_protection is False
    assert {name: repaired.settings.model_dump(mode="json")[name] for name in given} == given
    assert world.results[-1].run.mode is RunMode.FULL
    assert sorted(item["surname"] for item in world.outlook()) == ["Missed", "Okafor"]
    assert await world.deployment.registry.get(world.record.id) == repaired


async def test_a_lost_setting_has_to_be_given_anew() -> None:
    """A default in its place could delete what was protected."""
    world = await two_connections()
    await damage_record(world, setting("delete_protection", CANARY))

    with pytest.raises(InvalidRequest, match=r"settings\.delete_protection: what is stored cannot be read"):
        await change(world.deployment, world.record.id, ConnectionChange(settings={"scope": "owned"}))

    assert not (await stored(world)).is_readable


async def test_a_lost_status_has_to_be_given_anew() -> None:
    """Nobody resumes by accident what a person paused."""
    world = await two_connections()
    await damage_record(world, RECORDS["an unknown status"][0])
    with pytest.raises(InvalidRequest, match="status: what is stored cannot be read"):
        await change(world.deployment, world.record.id, ConnectionChange(settings={}))

    repaired = await change(
        world.deployment, world.record.id, ConnectionChange(settings={}, status=ConnectionStatus.PAUSED)
    )

    assert (repaired.status, repaired.reason) == (ConnectionStatus.PAUSED, "")


async def test_what_no_settings_can_repair_is_said() -> None:
    """A row without a mailbox can only be ended."""
    world = await two_connections()
    await damage_record(world, RECORDS["a part that is missing"][0])
    with pytest.raises(Unreadable, match="cannot be repaired: disconnect it"):
        await change(world.deployment, world.record.id, ConnectionChange(settings={"scope": "owned"}))


async def test_a_row_that_can_be_read_again_syncs_again() -> None:
    """Going back to the version that wrote it is enough."""
    world = await two_connections()
    before = await stored(world)
    await damage_record(world, RECORDS["a setting of a newer version"][0])
    await world.tick()
    await damage_record(world, lambda _: before.model_dump_json())
    world.write_in_crm("Later")
    await world.tick()
    assert sorted(item["surname"] for item in world.outlook()) == ["Later", "Okafor"]


async def test_a_message_that_was_given_up_is_told_of_an_unreadable_connection_too() -> None:
    """The item stands, although the record cannot be changed."""
    world = await two_connections()
    await damage_record(world, RECORDS["no JSON"][0])
    await poisoned(world.deployment, RunRequest(world.record.id, Trigger.TIMER))
    reasons = [item.reason for item in await attention_of(world.deployment, await stored(world))]
    assert reasons == [Reason.PAUSED, Reason.POISON]


# Rows of one connection


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kind", ROWS)
async def test_a_row_that_cannot_be_read_stops_its_own_connection(kind: str, body: str) -> None:
    """The reconciliation, which reads everything, pauses it with the row's key; the other one syncs on."""
    world = await two_connections()
    key = await damage_row(world, ROWS[kind], BODIES[body])

    await bens_work_goes_on(world)
    await world.deployment.clock.sleep(600)
    await reconcile_all(world.deployment)
    await world.drain()

    record = await stored(world)
    assert (record.reason, key in record.message, CANARY not in record.message) == ("unreadable", True, True)
    assert record.is_probed
    found = await overview(world.deployment, record)
    assert found.attention > 0
    assert Reason.PAUSED in {item.reason for item in await attention_of(world.deployment, record)}


@pytest.mark.parametrize("body", BODIES)
async def test_history_that_cannot_be_read_stops_nobody_but_its_reader(body: str) -> None:
    """No run needs what was written long ago; whoever asks for it is told which row it is."""
    world = await two_connections()
    key = await damage_row(world, "7.history.", BODIES[body])
    await bens_work_goes_on(world)
    await reconcile_all(world.deployment)
    await world.drain()
    assert (await stored(world)).status is ConnectionStatus.ACTIVE
    with pytest.raises(Unreadable, match=key):
        await world.history()


@pytest.mark.parametrize("kind", ["3.outlook.", "3.pipeliner.", "2.journal."])
async def test_waiting_work_that_cannot_be_read_stops_its_own_connection(kind: str) -> None:
    """A plain run reads it, and pauses the connection."""
    world = await two_connections()
    key = await damage_row(world, kind, '{"tries": {}, "not_before": 7}' if kind[0] == "3" else "7")

    await bens_work_goes_on(world)

    record = await stored(world)
    assert (record.reason, key in record.message) == ("unreadable", True)


async def test_an_attention_row_that_cannot_be_read_hides_no_others_gauges() -> None:
    """It counts as a pause of its connection, until its next run that writes attention says so."""
    world = await two_connections()
    await damage_row(world, "6.attention.", BODIES["no JSON"])
    stock = await take_stock(world.deployment, await world.deployment.registry.all())
    assert stock is not None
    assert stock.waiting[world.record.id].attention == {Reason.PAUSED: 1}
    [item] = await attention_of(world.deployment, await stored(world))
    assert "6.attention." in item.message


async def test_the_item_of_a_pause_replaces_one_that_cannot_be_read() -> None:
    """Else nobody would be told."""
    world = await two_connections()
    await damage_row(world, "6.attention.connection", BODIES["no JSON"])
    world.graph.drop_access(world.record.mailbox)
    await world.tick()
    [item] = await attention_of(world.deployment, await stored(world))
    assert (item.reason, "Contacts.ReadWrite" in item.message) == (Reason.PAUSED, True)


async def test_a_row_that_is_whole_again_is_found_by_the_probe() -> None:
    """Whoever put the row back need not resume."""
    world = await two_connections()
    row = await world.deployment.store.get(Table.SYNC, world.record.id, "1.cursor")
    assert row is not None
    await damage_row(world, "1.cursor", BODIES["no JSON"])
    await world.tick()
    assert (await stored(world)).reason == "unreadable"
    await damage_row(world, "1.cursor", row.body)
    await world.deployment.clock.sleep(3600)
    await world.tick()
    assert ((await stored(world)).status, await world.attention()) == (ConnectionStatus.ACTIVE, [])


async def test_a_connection_with_an_unreadable_row_can_be_purged() -> None:
    """And nothing is left of it."""
    world = await two_connections()
    for kind, body in zip(ROWS.values(), [*BODIES.values()] * 2, strict=False):
        await damage_row(world, kind, body)
    purged = await purge_connection(world.deployment, world.record.id)
    assert purged.is_proved


# What may be asked for, whoever asks


async def test_what_a_person_paused_runs_nothing_on_request_and_what_a_fault_paused_is_tried() -> None:
    """One rule for runs, retries, approvals and reconciliations, on the command line and over HTTP."""
    world = await two_connections()
    world.graph.drop_access(world.record.mailbox)
    await world.tick()
    assert (await stored(world)).is_probed
    assert await retry_set_aside(world.deployment, world.record.id) == 0
    assert (await request_sync(world.deployment, world.record.id, "delta", Trigger.HTTP)).id

    await change(world.deployment, world.record.id, ConnectionChange(status=ConnectionStatus.PAUSED))

    for asked in (
        request_sync(world.deployment, world.record.id, "delta", Trigger.COMMAND),
        retry_set_aside(world.deployment, world.record.id),
        reconcile_all(world.deployment, [world.record.id]),
    ):
        with pytest.raises(Paused, match="Resume it first"):
            await asked
    with pytest.raises(InvalidRequest, match="nothing to approve"):
        await approve(world.deployment, world.record.id)
