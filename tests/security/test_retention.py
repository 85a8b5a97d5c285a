from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sync_core.domain import Trigger
from sync_core.errors import InvalidSettings
from sync_core.operations import reconcile_all
from sync_core.settings import AppSettings, load_settings
from sync_core.storage import Put, Table
from tests.scenarios.world import World, new_world
from tests.security.identities import TENANT

DAY_S = 86_400.0
GOOD = {
    "PIPELINER_SERVICE_URL": "https://emulated.example",
    "PIPELINER_SPACE_ID": "em_Emulated",
    "PIPELINER_API_TOKEN": "token",
    "PIPELINER_API_PASSWORD": "password",
    "SYNC_STATE": "sqlite:///:memory:",
}


def faults(**more: str) -> list[str]:
    """Return what is wrong with these settings."""
    with pytest.raises(InvalidSettings) as refused:
        load_settings(GOOD | more)
    return list(refused.value.faults)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("SYNC_HISTORY_DAYS", 30, 3650),
        ("SYNC_RUN_DAYS", 7, 3650),
        ("SYNC_TOMBSTONE_DAYS", 1, 90),
        ("SYNC_MAX_REQUESTS_PER_MINUTE", 1, 6000),
    ],
)
def test_each_number_has_its_bounds(name: str, least: int, most: int) -> None:
    """Nothing is kept for ever, and nothing goes before anybody could look at it."""
    for good in (least, most):
        assert getattr(load_settings(GOOD | {name: str(good)}), name.lower()) == good
    for wrong in (str(least - 1), str(most + 1), "forever", "30.5"):
        assert faults(**{name: wrong})[0].startswith(f"{name} is not valid")


def test_sign_in_needs_a_tenant_and_a_known_word() -> None:
    """Without the tenant, accounts of any could come; a misspelt way of sign-in stops the app."""
    assert faults(SYNC_SIGN_IN="entra")[0].startswith("SYNC_TENANT_ID is missing")
    assert faults(SYNC_SIGN_IN="entra", SYNC_TENANT_ID="example.com")[0].startswith("SYNC_TENANT_ID is not valid")
    assert faults(SYNC_SIGN_IN="Entra")[0].startswith("SYNC_SIGN_IN is not valid")
    assert load_settings(GOOD | {"SYNC_SIGN_IN": "entra", "SYNC_TENANT_ID": TENANT}).sync_tenant_id == TENANT


async def aged(days: float, **app: Any) -> World:
    """A contact that was edited, then days that passed, then the night's reconciliation."""
    world = new_world(app=app)
    await world.connect()
    world.write_in_crm("Lovelace", "Ada")
    await world.sync()
    await world.deployment.clock.sleep(days * DAY_S)
    await world.sync()
    await reconcile_all(world.deployment)
    await world.drain()
    return world


@pytest.mark.parametrize(("days", "kept"), [(29, 1), (31, 0)])
async def test_history_goes_after_its_days(days: int, kept: int) -> None:
    """The nightly reconciliation removes what is older; links stay."""
    world = await aged(days, sync_history_days=30)
    assert len(await world.history()) == kept
    assert (await world.deployment.reader(world.record.id).status()).links == 1


@pytest.mark.parametrize(("days", "kept"), [(6, True), (8, False)])
async def test_runs_go_after_their_days(days: int, *, kept: bool) -> None:
    """Each run by its own age; the reconciliation's own stays."""
    world = await aged(days, sync_run_days=7)
    runs = await world.deployment.reader(world.record.id).runs()
    assert any(run.counts.created_in_outlook for run in runs) is kept
    assert any(run.trigger is Trigger.RECONCILE for run in runs)


@pytest.mark.parametrize(("days", "kept"), [(1, True), (3, False)])
async def test_deleted_contacts_are_forgotten_after_their_days(days: int, *, kept: bool) -> None:
    """Who had a contact that is deleted is remembered for as long as set, and no longer."""
    world = new_world(app={"sync_tombstone_days": 2})
    await world.connect()
    await world.sync()
    key = f"2.contacts.{world.write_in_crm('Lovelace', 'Ada')}"
    await world.sync()
    world.delete_in_crm("Lovelace")
    await world.sync()
    assert await world.deployment.store.get(Table.SPACES, "em_Emulated", key) is not None
    await world.deployment.clock.sleep(days * DAY_S)
    await reconcile_all(world.deployment)
    assert (await world.deployment.store.get(Table.SPACES, "em_Emulated", key) is not None) is kept


def test_the_defaults_are_those_of_the_document() -> None:
    """A year of history, a quarter of runs, a week of deleted contacts."""
    fields = AppSettings.model_fields
    names = ("sync_history_days", "sync_run_days", "sync_tombstone_days", "sync_max_requests_per_minute")
    assert [fields[name].default for name in names] == [365, 90, 7, 120]


async def test_a_night_removes_all_that_a_day_of_requests_can_leave() -> None:
    """Also many more rows than one trim takes: nothing grows without end."""
    world = new_world()
    connection_id = await world.connect()
    await world.drain()
    old = (world.deployment.clock.now() - timedelta(days=100)).isoformat()
    run = {"trigger": "http", "mode": "delta", "state": "done", "ended_at": old}
    for batch in range(120):
        rows = [Put(f"8.run.{connection_id}-{batch}-{n}", json.dumps({"id": f"{n}", **run})) for n in range(100)]
        await world.store.transact(Table.SYNC, connection_id, rows)
    await reconcile_all(world.deployment)
    await world.drain()
    left = await world.store.read(Table.SYNC, connection_id, "8.run.", "8.run/", 1000)
    assert len(left) < 10
