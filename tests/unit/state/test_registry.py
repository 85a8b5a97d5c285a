"""The registry of connections."""

from __future__ import annotations

import pytest

from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import PipelinerId, PipelinerUser, SafetyLimits, Scope, SyncType
from sync_core.engine.ports import Cursor
from sync_core.errors import InvalidRequest, LeaseLost, NotFound
from sync_core.state import ConnectionRecord, ConnectionStatus, Registry, StoredFeedState
from sync_core.storage import SqliteStore
from tests.connection_scenario import CONNECTION, START, FaultyStore, TestClock, all_rows, new_change_set, opened, run


def record(connection_id: str = CONNECTION, folder_id: str = "AAMkAD/folder=", **values: object) -> ConnectionRecord:
    """Make a connection."""
    return ConnectionRecord.model_validate(
        {
            "id": connection_id,
            "mailbox_id": "0b7f8c1e-mailbox",
            "mailbox": "ada@example.com",
            "folder_id": folder_id,
            "folder_name": "Pipeliner (Example)",
            "user_id": "PY-user-1",
            "user_email": "ada@example.com",
            "user_name": "Ada Example",
            "unit_ids": ["unit-1"],
            "created_at": START,
        }
        | values
    )


@pytest.fixture
def registry(memory: SqliteStore) -> Registry:
    """A registry without connections."""
    return Registry(memory)


async def test_a_connection_is_read_back_as_it_was_added(registry: Registry) -> None:
    """With all its settings."""
    settings = {"sync_type": "to_outlook", "required_defaults": {"cf_a": True, "cf_b": 2, "cf_c": "x"}}
    one = record(settings=settings, status="paused", not_before=START, failures=3)
    await registry.add(one)
    assert await registry.get(CONNECTION) == one


async def test_all_connections_are_listed(registry: Registry) -> None:
    """In order of their ids; folders and other rows do not show."""
    for number in (2, 1, 3):
        await registry.add(record(f"c{number}", f"folder-{number}"))
    assert [item.id for item in await registry.all()] == ["c1", "c2", "c3"]


async def test_a_folder_is_connected_only_once(registry: Registry) -> None:
    """The refusal names the connection that has it; folder ids are unique, however the mailbox was named."""
    await registry.add(record())
    with pytest.raises(InvalidRequest, match="connection-1"):
        await registry.add(record("second"))
    with pytest.raises(NotFound):
        await registry.get("second")
    with pytest.raises(InvalidRequest, match="connection-1"):
        await registry.add(record("third", mailbox_id="the same one by its address"))
    await registry.add(record("fourth", folder_id="another"))


async def test_an_id_is_given_only_once(registry: Registry) -> None:
    """Whatever the folder."""
    await registry.add(record())
    with pytest.raises(InvalidRequest, match="exists already"):
        await registry.add(record(folder_id="another"))


async def test_an_unknown_connection_is_not_found(registry: Registry) -> None:
    """The message names the id and where to look."""
    with pytest.raises(NotFound, match=r"'nowhere'.*list the connections"):
        await registry.get("nowhere")
    with pytest.raises(NotFound):
        await registry.change("nowhere", lambda one: one)
    with pytest.raises(NotFound):
        await registry.remove("nowhere")


async def test_changes_at_the_same_time_all_count(memory: SqliteStore, faulty: FaultyStore) -> None:
    """The later one is made on what the earlier one left."""
    await Registry(memory).add(record())

    async def pause(_: object) -> None:
        await Registry(memory).change(
            CONNECTION, lambda one: one.model_copy(update={"status": ConnectionStatus.PAUSED})
        )

    faulty.before[1] = pause
    changed = await Registry(faulty).change(
        CONNECTION, lambda one: one.model_copy(update={"failures": one.failures + 1})
    )
    assert (changed.status, changed.failures) == (ConnectionStatus.PAUSED, 1)
    assert await Registry(memory).get(CONNECTION) == changed


async def test_a_connection_keeps_its_folder(registry: Registry) -> None:
    """To change it would leave the old one reserved."""
    await registry.add(record())
    with pytest.raises(ValueError, match="keeps its id and its folder"):
        await registry.change(CONNECTION, lambda one: one.model_copy(update={"folder_id": "another"}))


async def test_a_removed_connection_leaves_nothing(memory: SqliteStore, registry: Registry, clock: TestClock) -> None:
    """All its rows go, a run under way can store nothing more, and its folder is free again."""
    await registry.add(record())
    await registry.add(record("other", "other-folder"))
    for connection_id in (CONNECTION, "other"):
        await StoredFeedState(memory, "space_1").deliver(connection_id, [PipelinerId("p1")])
    state = await opened(memory, clock)
    await state.commit([new_change_set(number) for number in range(120)])
    await registry.remove(CONNECTION)
    with pytest.raises(LeaseLost):
        await state.commit([new_change_set(500)])
    with pytest.raises(LeaseLost):
        await state.close(Cursor(), run())
    assert await all_rows(memory) == {}
    assert list(await all_rows(memory, "other")) == ["3.pipeliner.p1"]
    assert [item.id for item in await registry.all()] == ["other"]
    await registry.add(record("again"))


async def test_a_removal_that_broke_off_can_be_done_again(
    memory: SqliteStore, faulty: FaultyStore, clock: TestClock
) -> None:
    """Until then the connection is paused and says why."""
    await Registry(memory).add(record())
    await (await opened(memory, clock)).commit([new_change_set(number) for number in range(60)])
    faulty.before[3] = RuntimeError("the process ends")
    with pytest.raises(RuntimeError):
        await Registry(faulty).remove(CONNECTION)
    broken = await Registry(memory).get(CONNECTION)
    assert (broken.status, broken.reason) == (ConnectionStatus.PAUSED, "disconnecting")
    await Registry(memory).remove(CONNECTION)
    assert await all_rows(memory) == {}


def test_a_record_tells_a_run_what_it_must_know() -> None:
    """The user, the rules, the field map, the defaults as they were given, the guard."""
    settings = ConnectionSettings(
        sync_type=SyncType.TO_PIPELINER,
        scope=Scope.VISIBLE,
        delete_protection=False,
        required_defaults={"cf_yes": True, "cf_two": 2},
        max_delete_count=3,
        max_delete_percent=4,
    )
    connection = record(settings=settings).connection()
    assert connection.id == CONNECTION
    user = PipelinerUser(record().connection().user.id, "ada@example.com", "Ada Example", "", frozenset({"unit-1"}))
    assert connection.user == user
    assert (connection.sync_type, connection.scope) == (SyncType.TO_PIPELINER, Scope.VISIBLE)
    assert not connection.delete_protection
    assert connection.field_map == settings.field_map
    assert connection.required_defaults == {"cf_yes": True, "cf_two": 2}
    assert connection.limits == SafetyLimits(3, 4)
