"""Design bugs in who may set what, in the stop switch and in the audit trail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from sync_core import connection_settings
from sync_core.connection_settings import SpaceSettings
from sync_core.engine.context import RunContext
from sync_core.operations import auditing, connecting, governing
from sync_core.state import Act, AuditTrail, ConnectionRecord, mark_stop, space_of
from sync_core.state.lease import lease_of
from sync_core.state.rows import LEASE
from sync_core.storage import Table
from sync_core.web import callers
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import test_stop_switch
from tests.security import test_audit, test_connecting_oneself, test_settings_by_role

GOVERNING_BUGS = Bed()


@GOVERNING_BUGS.bug(
    test_settings_by_role.test_a_locked_setting_counts_for_the_space_and_nobody_changes_it,
    test_settings_by_role.test_a_lock_without_a_value_is_the_products_default,
)
def a_lock_that_only_refuses(patch: Patch) -> None:
    """A lock keeps people from changing a setting, and leaves what the connection has for itself in force."""

    def in_force(space: SpaceSettings, own: Any) -> Any:
        return connection_settings.parse_connection_settings({**space.settings, **own})

    patch.put(SpaceSettings, "in_force", in_force)


@GOVERNING_BUGS.bug(test_settings_by_role.test_a_locked_setting_counts_for_the_space_and_nobody_changes_it)
def a_lock_that_refuses_nobody(patch: Patch) -> None:
    """The setting can be changed on a connection, which has no effect and tells nobody."""
    patch.put(SpaceSettings, "lock_faults", lambda _space, _names: [])


@GOVERNING_BUGS.bug(
    partial(test_settings_by_role.test_a_user_loosens_nothing, {}, {"scope": "visible"}),
    partial(
        test_connecting_oneself.test_nobody_else_is_named_and_nothing_wider_is_asked_for,
        {"settings": {"scope": "visible"}},
    ),
)
def a_user_widens_the_scope(patch: Patch) -> None:
    """Whoever may make it stricter may make it looser."""
    patch.everywhere(connection_settings.faults_of_a_user, lambda _now, _wanted, _names: [])


@GOVERNING_BUGS.bug(test_settings_by_role.test_a_user_loosens_nothing)
def giving_back_is_no_change(patch: Patch) -> None:
    """A value that is left to the space again is not compared, however loose the space's is."""
    check = connecting._check_settings

    def lenient(deployment: Any, space: Any, now: Any, wanted: Any) -> None:
        check(deployment, space, now, {name: value for name, value in wanted.items() if value is not None})

    patch.put(connecting, "_check_settings", lenient)


@GOVERNING_BUGS.bug(test_settings_by_role.test_a_change_that_broke_off_is_finished_by_the_next_tick)
def a_change_of_the_space_is_carried_once(patch: Patch) -> None:
    """Who was not reached when the space changed never is."""

    async def trusting(_deployment: Any, row: Any, records: Any) -> Any:
        return space_of(row).is_stopped, records

    patch.everywhere(governing.under_the_space, trusting)


@GOVERNING_BUGS.bug(
    partial(test_stop_switch.test_a_run_that_is_under_way_writes_no_further_batch, 8),
    test_stop_switch.test_the_run_says_that_it_was_stopped_and_nothing_is_paused_by_it,
)
def the_switch_is_looked_at_in_the_beginning_only(patch: Patch) -> None:
    """A run that has begun goes on to its end."""

    async def unmarked(_store: Any, _connection_id: str) -> None: ...

    patch.everywhere(mark_stop, unmarked)


@GOVERNING_BUGS.bug(
    test_stop_switch.test_what_no_transaction_announces_stops_too,
)
def only_what_is_announced_meets_the_switch(patch: Patch) -> None:
    """Writes that no transaction announces go out."""

    async def trusting(_context: Any) -> None: ...

    patch.put(RunContext, "look_at_stop_switch", trusting)


@GOVERNING_BUGS.bug(test_stop_switch.test_a_run_that_has_looked_before_the_stop_meets_its_mark)
def a_mark_that_is_there_is_not_written_anew(patch: Patch) -> None:
    """A run that has taken the old mark for over never meets the new one."""

    async def once(store: Any, connection_id: str) -> None:
        row = await store.get(Table.SYNC, connection_id, LEASE)
        if not lease_of(row).stop:
            await mark_stop(store, connection_id)

    patch.everywhere(mark_stop, once)


@GOVERNING_BUGS.bug(
    partial(test_audit.test_an_act_whose_row_cannot_be_written_is_not_done, Act.PAUSE),
    partial(test_audit.test_an_act_whose_row_cannot_be_written_is_not_done, Act.DISCONNECT),
)
def the_audit_is_written_after_the_act(patch: Patch) -> None:
    """One row, when it is done: what cannot be written down was done all the same."""

    @asynccontextmanager
    async def afterwards(deployment: Any, act: Any, connection_id: str = "", *_: Any, **__: Any) -> AsyncIterator[None]:
        yield
        await deployment.audit.end(auditing.new_entry(deployment, act, connection_id))

    patch.everywhere(auditing.audited, afterwards)


@GOVERNING_BUGS.bug(test_stop_switch.test_everything_stops_even_if_the_audit_cannot_be_written)
def the_stop_waits_for_its_row(patch: Patch) -> None:
    """Where the trail cannot be written, nothing can be stopped."""
    stop = governing.stop_all

    async def audited(deployment: Any) -> Any:
        async with auditing.audited(deployment, Act.PAUSE_ALL):
            return await stop(deployment)

    patch.everywhere(stop, audited)
    patch.put(test_stop_switch, "stop_all", audited)


@GOVERNING_BUGS.bug(test_audit.test_equal_refusals_of_a_minute_are_one_row)
def every_refusal_is_a_row(patch: Patch) -> None:
    """Whoever asks a thousand times fills the trail."""

    async def each(trail: Any, entry: Any, **_: Any) -> None:
        await trail.end(entry)

    patch.put(AuditTrail, "refuse", each)


@GOVERNING_BUGS.bug(test_connecting_oneself.test_guests_are_refused_whatever_their_role)
def guests_are_colleagues(patch: Patch) -> None:
    """The tenant's id in the claims is taken for membership."""
    patch.put(callers, "_GUEST", "never")


@GOVERNING_BUGS.bug(test_settings_by_role.test_a_connection_of_0_1_keeps_what_it_had)
def what_0_1_stored_is_the_products(patch: Patch) -> None:
    """A row that does not say what is its own has nothing of its own."""
    patch.put(ConnectionRecord, "own_settings", property(lambda record: record.own or {}))
