"""Design bugs in how far a run has come, and how it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync_core.domain import RunMode
from sync_core.engine import reading, run
from sync_core.engine.context import RunContext
from sync_core.engine.ports import ChangeSet, Cursor, DeltaPage, Opening
from sync_core.operations import working
from sync_core.outlook import OutlookFolder
from sync_core.state import StoredConnectionState
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_creates_are_found_again,
    test_gentle,
    test_limits_and_resets,
    test_recovery,
    test_two_way,
    test_workers,
)

PROGRESS_BUGS = Bed()


@PROGRESS_BUGS.bug(test_creates_are_found_again.test_a_run_killed_at_any_transaction_ends_in_the_same_state)
def cursor_stored_before_the_work(patch: Patch) -> None:
    """The delta link is stored first, what it told afterwards."""
    commit = RunContext.commit

    async def early(self: RunContext, change_sets: Any, cursor: Cursor | None = None, finished: Any = ()) -> None:
        if cursor is not None:
            await commit(self, (), cursor)
        await commit(self, change_sets, None, finished)

    patch.put(RunContext, "commit", early)


@PROGRESS_BUGS.bug(test_gentle.test_a_folder_of_several_pages_is_read_to_its_end_before_anything_is_matched)
def delta_link_of_the_first_page_kept(patch: Patch) -> None:
    """A run ends its round with the first page and begins the next one there."""
    delta = OutlookFolder.delta

    async def first(self: OutlookFolder, link: str | None) -> DeltaPage:
        page = await delta(self, link)
        return page if link else replace(page, is_last=True)

    patch.put(OutlookFolder, "delta", first)


@PROGRESS_BUGS.bug(
    test_two_way.test_delete_protection_keeps_the_contact_in_pipeliner,
    test_recovery.test_a_recovered_create_costs_later_runs_nothing,
)
def delta_link_forgotten(patch: Patch) -> None:
    """Each run reads the folder from the start."""
    close = StoredConnectionState.close

    async def forgetful(self: StoredConnectionState, cursor: Cursor, run: Any, **how: Any) -> bool:
        return await close(self, replace(cursor, delta_link=None), run, **how)

    patch.put(StoredConnectionState, "close", forgetful)


async def _nothing(*_given: Any) -> None:
    """Do nothing."""


@PROGRESS_BUGS.bug(test_workers.test_a_round_that_goes_on_knows_who_was_written_meanwhile)
def folder_not_read_again_when_a_full_sync_goes_on(patch: Patch) -> None:
    """A full sync that was cut off after the folder was read matches against what it saw then."""
    patch.put(reading, "_catch_up", _nothing)


@PROGRESS_BUGS.bug(test_limits_and_resets.test_a_run_that_runs_out_of_time_continues_where_it_stopped)
def full_sync_not_remembered(patch: Patch) -> None:
    """A full sync that was cut off goes on as an ordinary one."""
    opened = StoredConnectionState.open

    async def plain(self: StoredConnectionState, run_id: str) -> Opening:
        opening = await opened(self, run_id)
        cursor = opening.cursor
        return replace(opening, cursor=replace(cursor, is_full=cursor.is_full and cursor.delta_link is None))

    patch.put(StoredConnectionState, "open", plain)


@PROGRESS_BUGS.bug(test_limits_and_resets.test_a_delete_that_the_feed_never_told_is_found_by_a_full_round)
def full_sync_asked_for_but_not_made(patch: Patch) -> None:
    """A request's mode is not looked at."""
    run_sync = run.run_sync

    async def as_ever(ports: Any, connection: Any, folder_id: str, request: Any, *more: Any) -> Any:
        return await run_sync(ports, connection, folder_id, replace(request, mode=RunMode.DELTA), *more)

    patch.everywhere(run_sync, as_ever)


@PROGRESS_BUGS.bug(test_limits_and_resets.test_approved_removals_are_carried_out_once)
def approval_never_ends(patch: Patch) -> None:
    """One approval lets all later surprises through too."""
    close = StoredConnectionState.close

    async def kept(self: StoredConnectionState, cursor: Cursor, run: Any, **how: Any) -> bool:
        self._approval = None
        return await close(self, cursor, run, **how)

    patch.put(StoredConnectionState, "close", kept)


@PROGRESS_BUGS.bug(test_two_way.test_an_idle_run_costs_one_graph_request_and_four_storage_operations)
def idle_run_reads_the_work(patch: Patch) -> None:
    """A run looks for work although the opening has shown that there is none."""
    opened = StoredConnectionState.open

    async def busy(self: StoredConnectionState, run_id: str) -> Opening:
        return replace(await opened(self, run_id), has_work=True)

    patch.put(StoredConnectionState, "open", busy)


@PROGRESS_BUGS.bug(
    test_recovery.test_a_create_that_never_arrived_is_done_within_minutes,
    test_limits_and_resets.test_a_run_that_runs_out_of_time_continues_where_it_stopped,
)
def run_not_followed_by_another(patch: Patch) -> None:
    """What a run has left open waits for the timer."""
    follow_up = working._follow_up

    async def done(deployment: Any, record: Any, result: Any) -> None:
        await follow_up(deployment, record, replace(result, again=False))

    patch.put(working, "_follow_up", done)


@PROGRESS_BUGS.bug(test_limits_and_resets.test_a_run_that_runs_out_of_time_continues_where_it_stopped)
def time_budget_ignored(patch: Patch) -> None:
    """A run goes on until Azure stops the function."""
    patch.put(RunContext, "checkpoint", lambda _self: None)


@PROGRESS_BUGS.bug(test_limits_and_resets.test_a_lost_delta_link_reads_the_folder_again_and_deletes_nothing)
def links_ended_by_a_reset(patch: Patch) -> None:
    """A lost delta link ends all links, as if every contact had been removed and added again."""
    start_over = reading._start_over

    async def forget(context: RunContext) -> None:
        links = await context.state.links_page(None)
        await context.commit([ChangeSet(before=link) for link in links])
        await start_over(context)

    patch.put(reading, "_start_over", forget)
