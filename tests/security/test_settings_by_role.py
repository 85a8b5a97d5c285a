"""Who may set what, over HTTP: users make their own connection stricter, administrators decide, locks hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_core.connection_settings import ConnectionSettings
from sync_core.domain import RightsMode
from sync_core.operations import tick
from sync_core.state.registry import PARTITION
from sync_core.storage import Put, Table
from sync_core.web import Admission, Request, respond
from sync_core.web.callers import Role
from sync_core.web.routes import BY_NAME
from tests.scenarios.crashing import Crash, CrashingStore
from tests.scenarios.world import COLLEAGUE, World, new_world
from tests.security.identities import BEN, ON, TENANT, headers, said

CUSTOM = {"custom_fields": [{"pipeliner": "cf_size", "outlook": "manager"}]}
LOOSER: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({}, {"delete_protection": False}),
    ({}, {"scope": "visible"}),
    ({}, {"scope": "owned_or_editable"}),
    ({"scope": "owned_or_editable"}, {"scope": "visible"}),
    ({"sync_type": "to_outlook"}, {"sync_type": "two_way"}),
    ({"sync_type": "to_outlook"}, {"sync_type": "to_pipeliner"}),
    ({}, {"sync_type": "to_pipeliner"}),
    ({}, {"deletion_delay_minutes": 14}),
    ({}, {"max_delete_count": 11}),
    ({}, {"max_delete_percent": 11}),
    ({}, {"max_create_count": 51}),
    ({}, {"max_change_count": 21}),
    ({}, {"max_change_percent": 51}),
    ({}, {"conflict_rule": "outlook"}),
    ({}, {"tie_side": "pipeliner"}),
    ({}, {"phone_format": "international"}),
    ({}, {"first_sight": "outlook"}),
    ({}, {"account_rule": "create"}),
    ({}, {"key_field": "cf_key"}),
    ({}, {"required_defaults": {"cf_size": "7"}}),
    ({}, CUSTOM),
    ({}, {"phone_slots": {"mobile_phone": ["phone5"]}}),
    ({"field_directions": {"notes": "none"}}, {"field_directions": {}}),
    ({"field_directions": {"notes": "none"}}, {"field_directions": {"notes": "to_outlook"}}),
    ({}, {"field_directions": {"notes": "to_pipeliner"}}),
    ({"field_directions": {"notes": "to_outlook"}}, {"field_directions": {"notes": "both"}}),
    ({}, {"delete_protection": True, "scope": "visible"}),
    ({"max_delete_count": 5}, {"max_delete_count": None}),
    ({"kept_when_shared": ["notes"]}, {"kept_when_shared": []}),
    ({}, {"copies_when_deactivated": "remove_after_days:3"}),
)
"""What is in force, and what a user asks for in vain: one kind of loosening each."""
STRICTER: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"delete_protection": False}, {"delete_protection": True}),
    ({"scope": "visible"}, {"scope": "owned_or_editable"}),
    ({"scope": "visible"}, {"scope": "owned"}),
    ({}, {"sync_type": "to_outlook"}),
    ({}, {"deletion_delay_minutes": 60}),
    ({}, {"max_delete_count": 0}),
    ({}, {"max_delete_percent": 3}),
    ({}, {"max_create_count": 10}),
    ({}, {"max_change_count": 20}),
    ({}, {"max_change_percent": 49}),
    ({"account_rule": "create"}, {"account_rule": "free_text"}),
    ({}, {"field_directions": {"notes": "none"}}),
    ({}, {"field_directions": {"notes": "to_outlook"}}),
    ({}, {"scope": "owned", "conflict_rule": "newest"}),
    ({"scope": "visible"}, {"scope": None}),
    ({}, {"kept_when_shared": ["notes"]}),
)


async def world_with(**settings: Any) -> World:
    """Ada's connection behind sign-in, with these settings of its own."""
    world = new_world(app={"sync_tenant_id": TENANT})
    await world.connect(**({"deletion_delay_minutes": 15, "max_create_count": 50} | settings))
    return world


async def send(world: World, endpoint: str, who: str, body: object = None) -> tuple[int, Any]:
    """Send one request."""
    given = {
        "administrator": headers(Role.ADMINISTRATOR, object_id=BEN),
        "auditor": headers(Role.AUDITOR, object_id=BEN),
        "owner": headers(Role.USER, object_id=world.record.mailbox_id),
    }[who] | {"content-type": "application/json"}
    text = json.dumps(body).encode() if body is not None else b""
    request = Request(
        {"connection_id": world.record.id}, body=text, method=BY_NAME[endpoint].method.value, headers=given
    )
    answer = await respond(BY_NAME[endpoint], lambda: world.deployment, request, Admission(ON))
    return answer.status, json.loads(answer.body)


async def in_force(world: World, number: int = 0) -> ConnectionSettings:
    """What counts for a connection now."""
    return (await world.deployment.registry.get(world.records[number].id)).settings


@pytest.mark.parametrize(("now", "wanted"), LOOSER, ids=range(len(LOOSER)))
async def test_a_user_loosens_nothing(now: dict[str, Any], wanted: dict[str, Any]) -> None:
    """403 that names the setting, and nothing changes."""
    world = await world_with(**now)
    status, told = await send(world, "change_connection", "owner", {"settings": wanted})
    assert (status, "settings." in said(told), "only an administrator" in said(told)) == (
        403,
        True,
        True,
    )
    assert await in_force(world) == world.record.settings


@pytest.mark.parametrize(("now", "wanted"), STRICTER, ids=range(len(STRICTER)))
async def test_a_user_makes_it_stricter(now: dict[str, Any], wanted: dict[str, Any]) -> None:
    """At once, followed by a full sync."""
    world = await world_with(**now)
    status, told = await send(world, "change_connection", "owner", {"settings": wanted})
    assert status == 200
    assert all(told["settings"][name] == value for name, value in wanted.items() if value is not None)


def test_every_setting_is_tried_in_both_lists() -> None:
    """A new one is an administrator's until somebody says which way is stricter, and is tried here."""
    assert {name for _, wanted in LOOSER for name in wanted} == set(ConnectionSettings.model_fields)


async def test_a_locked_setting_counts_for_the_space_and_nobody_changes_it() -> None:
    """Not even in the stricter direction; the refusal names the lock. Unlocked, the connection's own counts again."""
    world = await world_with(max_delete_count=5)
    await world.connect(COLLEAGUE, COLLEAGUE)
    change = {"settings": {"max_delete_count": 7}, "lock": ["max_delete_count"]}
    assert (await send(world, "change_space", "administrator", change))[0] == 200
    assert [(await in_force(world, number)).max_delete_count for number in (0, 1)] == [7, 7]

    for who in ("owner", "administrator"):
        status, told = await send(world, "change_connection", who, {"settings": {"max_delete_count": 1}})
        assert (status, "settings.max_delete_count: an administrator has locked it" in said(told)) == (
            400,
            True,
        )

    assert (await send(world, "change_space", "administrator", {"unlock": ["max_delete_count"]}))[0] == 200
    assert [(await in_force(world, number)).max_delete_count for number in (0, 1)] == [5, 7]


async def test_a_lock_without_a_value_is_the_products_default() -> None:
    """Delete protection comes back on by the lock alone, with a full sync of whoever had it off."""
    world = await world_with(delete_protection=False)
    while world.queue.take() is not None:
        pass
    await send(world, "change_space", "administrator", {"lock": ["delete_protection"]})
    assert (await in_force(world)).delete_protection is True
    request, _ = world.queue.take() or pytest.fail("nothing was asked for")
    assert (request.connection_id, request.mode) == (world.record.id, "full")


async def test_the_connections_own_value_counts_before_the_spaces_and_null_gives_it_back() -> None:
    """Own, else the space's, else the product's."""
    world = await world_with(max_change_count=3)
    await send(world, "change_space", "administrator", {"settings": {"max_change_count": 8, "max_delete_percent": 4}})
    found = await in_force(world)
    assert (found.max_change_count, found.max_delete_percent, found.max_delete_count) == (3, 4, 10)
    await send(world, "change_connection", "administrator", {"settings": {"max_change_count": None}})
    assert (await in_force(world)).max_change_count == 8
    await send(world, "change_space", "administrator", {"settings": {"max_change_count": None}})
    assert (await in_force(world)).max_change_count == 20


async def test_who_connects_later_is_under_the_space_too() -> None:
    """With the values and locks of that moment."""
    world = await world_with()
    await send(world, "change_space", "administrator", {"settings": {"scope": "visible"}, "lock": ["scope"]})
    await world.connect(COLLEAGUE, COLLEAGUE)
    assert (await in_force(world, 1)).scope == "visible"


async def test_a_change_that_broke_off_is_finished_by_the_next_tick() -> None:
    """The space's row is the one that counts; each connection knows as of which change it was written."""
    store = CrashingStore(new_world().store)
    world = new_world(store=store, app={"sync_tenant_id": TENANT})
    await world.connect()
    store.crash_at(3)  # the audit's row, the space's, then the connection's
    with pytest.raises(Crash):
        await send(world, "change_space", "administrator", {"lock": ["deletion_delay_minutes"]})
    assert (await in_force(world)).deletion_delay_minutes == 0
    await tick(world.deployment)
    assert (await in_force(world)).deletion_delay_minutes == 15


async def test_a_connection_of_0_1_keeps_what_it_had() -> None:
    """Its row says of no setting whether somebody chose it: all of them are its own. A lock counts for it as well."""
    world = await world_with(max_delete_count=5)
    record = await world.deployment.registry.get(world.record.id)
    old = record.model_dump_json(exclude={"own", "space_serial"})
    await world.store.transact(Table.CONNECTIONS, PARTITION, [Put(record.record_key, old)])
    await send(world, "change_space", "administrator", {"settings": {"max_delete_count": 1, "max_change_count": 1}})
    found = await in_force(world)
    assert (found.max_delete_count, found.max_change_count) == (5, 20)
    await send(world, "change_space", "administrator", {"lock": ["max_change_count"]})
    assert (await in_force(world)).max_change_count == 1


async def test_what_fits_no_connection_changes_nothing() -> None:
    """The connection is named, and the space stays as it was."""
    world = await world_with()
    custom = {"pipeliner": "cf_size", "outlook": "manager"}
    record = await world.deployment.registry.get(world.record.id)
    own = {"custom_fields": [custom], "field_directions": {"cf_size": "none"}}
    changed = record.model_copy(update={"settings": ConnectionSettings.model_validate(own), "own": own})
    await world.store.transact(Table.CONNECTIONS, PARTITION, [Put(record.record_key, changed.model_dump_json())])
    status, told = await send(world, "change_space", "administrator", {"lock": ["custom_fields"]})
    assert (status, f"connection {world.record.id}: " in said(told)) == (400, True)
    assert (await world.deployment.registry.space()).locks == ()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "changes nothing"),
        ({"settings": {"scoop": 1}}, "there is no such setting"),
        ({"lock": ["scoop"]}, "there is no such setting"),
        ({"lock": ["scope"], "unlock": ["scope"]}, "choose one"),
        ({"settings": {"scope": "wide"}}, "scope"),
        ({"rights": "none"}, "rights"),
        ({"halt": True}, "halt"),
    ],
)
async def test_a_wrong_change_of_the_space_is_refused_in_words(body: dict[str, Any], says: str) -> None:
    """And changes nothing."""
    world = await world_with()
    status, told = await send(world, "change_space", "administrator", body)
    assert (status, says in said(told)) == (400, True), told
    assert (await world.deployment.registry.space()).serial == 0


async def test_how_rights_are_read_is_set_for_the_space_and_audited() -> None:
    """By an administrator alone; who reads it are auditors too."""
    world = await world_with()
    assert (await send(world, "change_space", "owner", {"rights": "ownership"}))[0] == 403
    assert (await world.deployment.registry.space()).rights is RightsMode.ROLES
    status, told = await send(world, "change_space", "administrator", {"rights": "ownership"})
    assert (status, told["rights"]) == (200, "ownership")
    told = (await send(world, "read_audit", "auditor"))[1]["items"]
    (entry,) = [one for one in told if one["act"] == "set_space"]
    assert (entry["who"], entry["changed"]) == (BEN, {"rights": ["roles", "ownership"]})
    assert (await send(world, "read_space", "auditor"))[1]["rights"] == "ownership"


async def test_everything_is_stopped_and_goes_on_over_http() -> None:
    """The same switch as on the command line."""
    world = await world_with()
    assert (await send(world, "change_space", "administrator", {"status": "paused"}))[1]["status"] == "paused"
    status, told = await send(world, "request_sync", "owner", {})
    assert (status, "all connections are stopped" in said(told)) == (409, True)
    assert (await send(world, "change_space", "administrator", {"status": "active"}))[1]["stopped_at"] is None
    assert (await send(world, "request_sync", "owner", {}))[0] == 202
