"""Design bugs in what is written down under which lease, and how lost creates are found again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sync_core.domain import Baselines, Link, Side
from sync_core.engine import recovery
from sync_core.engine.context import RunContext
from sync_core.engine.ports import PipelinerLook, Work
from sync_core.outlook import OutlookFolder
from sync_core.state import StoredConnectionState
from sync_core.state.creates import OpenJournal
from sync_core.state.lease import Fence, Lease, lease_of
from sync_core.state.rows import LEASE, work_key
from sync_core.state.run_rows import KnownWork
from sync_core.storage import Operation, Remove, Table
from tests.battery.planted.planting import Bed, Patch
from tests.scenarios import (
    test_creates_are_found_again,
    test_limits_and_resets,
    test_meddling,
    test_on_request,
    test_recovery,
    test_two_way,
    test_workers,
)

STATE_BUGS = Bed()


@STATE_BUGS.bug(test_recovery.test_a_create_that_pipeliner_shows_late_is_not_repeated)
def journal_skipped(patch: Patch) -> None:
    """Creates go out without having been written down."""

    async def journal(_self: Any, _intents: Any) -> None:
        return

    patch.put(StoredConnectionState, "journal", journal)


@STATE_BUGS.bug(test_recovery.test_a_lost_create_never_adopts_the_counterpart_of_its_namesake)
def journal_forgotten_after_a_lost_answer(patch: Patch) -> None:
    """A create without an answer counts as done, so that nobody looks for it."""
    commit = StoredConnectionState.commit

    async def forgetful(self: StoredConnectionState, change_sets: Any, cursor: Any = None, _done: Any = ()) -> None:
        await commit(
            self, change_sets, cursor, [intent.link_id for page in self._journal._rows.values() for intent in page]
        )

    patch.put(StoredConnectionState, "commit", forgetful)


@STATE_BUGS.bug(test_recovery.test_a_recovered_create_costs_later_runs_nothing)
def journal_never_cleared(patch: Patch) -> None:
    """Intents stay although the outcome of their creates is known."""

    def without(_self: Any, _finished: Any) -> dict[str, Any]:
        return {}

    patch.put(OpenJournal, "without", without)


@STATE_BUGS.bug(test_workers.test_a_run_that_was_overtaken_brings_no_ended_link_back)
def fence_dropped(patch: Patch) -> None:
    """A run stores its rows without the lease row, so that it can do so after it was overtaken."""
    fenced = Fence.store

    async def store(
        self: Fence, operations: Sequence[Operation], links_change: int = 0, *more: Any, **last: Any
    ) -> None:
        kept = [] if last else await self._without_vain_removals(operations)
        if kept:
            await self._store.transact(Table.SYNC, self._tenant.connection_id, kept)
        await fenced(self, operations if last else [], links_change, *more, **last)

    patch.put(Fence, "store", store)


@STATE_BUGS.bug(test_workers.test_a_run_that_was_overtaken_brings_no_ended_link_back)
def tenure_not_compared(patch: Patch) -> None:
    """A run that was overtaken takes the other's lease row for its own and goes on."""

    async def was_stored(self: Fence) -> bool:
        row = await self._store.get(Table.SYNC, self._tenant.connection_id, LEASE)
        assert row is not None
        self.lease, self._etag = lease_of(row), row.etag
        return self.lease.serial == self._serial

    patch.put(Fence, "_was_stored", was_stored)


async def _nothing(*_given: Any) -> None:
    """Do nothing."""


@STATE_BUGS.bug(test_workers.test_a_run_that_waited_longer_than_its_lease_for_a_busy_service_does_not_write_any_more)
def lease_not_looked_at_before_a_write(patch: Patch) -> None:
    """A run that slept longer than its lease goes on writing to the services."""
    patch.put(StoredConnectionState, "owns_lease", lambda _self: True)
    patch.put(StoredConnectionState, "renew_lease", _nothing)


@STATE_BUGS.bug(test_workers.test_a_worker_that_died_is_followed_by_another_one_when_its_lease_ends)
def lease_never_expires(patch: Patch) -> None:
    """The lease of a dead worker is waited for without end."""
    patch.put(Lease, "is_free", lambda self, _now: not self.holder)


@STATE_BUGS.bug(
    test_workers.test_a_worker_that_died_is_followed_by_another_one_when_its_lease_ends,
    test_on_request.test_the_timers_request_during_a_run_is_answered_by_the_next_run,
)
def lease_taken_from_a_living_holder(patch: Patch) -> None:
    """Whoever comes takes the lease."""
    patch.put(Lease, "is_free", lambda _self, _now: True)


@STATE_BUGS.bug(test_limits_and_resets.test_two_workers_on_one_connection_never_both_run)
def wake_forgotten(patch: Patch) -> None:
    """A message for a connection that is running is dropped without a mark."""
    patch.put(Lease, "woken", lambda self: replace(self, run_id=f"{self.run_id} "))


@STATE_BUGS.bug(test_workers.test_links_are_counted_once_although_an_answer_of_the_store_was_lost)
def stored_without_an_answer_stored_again(patch: Patch) -> None:
    """A transaction whose answer was lost is repeated although its mark is there."""
    was_stored = Fence._was_stored

    async def never(self: Fence) -> bool:
        await was_stored(self)
        return False

    patch.put(Fence, "_was_stored", never)


@STATE_BUGS.bug(test_meddling.test_a_change_that_is_delivered_while_its_contact_is_carried_is_carried_next)
def inbox_row_removed_whatever_its_version(patch: Patch) -> None:
    """What the feed delivers anew while its contact is looked at goes with the old row."""
    operations = KnownWork.operations

    def whatever(self: KnownWork, done: Iterable[Work], put: Iterable[Work]) -> Iterator[Operation]:
        yield from (Remove(work_key(work)) for work in done if work.etag)
        yield from operations(self, (), put)

    patch.put(KnownWork, "operations", whatever)


@STATE_BUGS.bug(test_two_way.test_a_contact_created_in_pipeliner_appears_in_outlook)
def inbox_row_removed_before_its_work(patch: Patch) -> None:
    """The inbox is emptied when it is read."""
    waiting = StoredConnectionState.waiting

    async def taken(self: Any, kind: Any, after: Any = None) -> Any:
        found = await waiting(self, kind, after)
        if found and kind is PipelinerLook:
            await self._held.store([Remove(work_key(work), work.etag) for work in found])
        return found

    patch.put(StoredConnectionState, "waiting", taken)


@STATE_BUGS.bug(test_recovery.test_a_create_that_pipeliner_shows_late_is_not_repeated)
def recovery_left_out(patch: Patch) -> None:
    """Nobody looks for what a former run may have created."""

    async def recover(_context: Any, _intents: Any) -> None:
        return

    patch.everywhere(recovery.recover, recover)


@STATE_BUGS.bug(test_recovery.test_a_create_that_pipeliner_shows_late_is_not_repeated)
def recovery_drops_young_intents(patch: Patch) -> None:
    """A create that is not found at once counts as not done."""
    patch.put(recovery, "VISIBLE_AFTER", dict.fromkeys(Side, recovery.OVERLAP * 0))


@STATE_BUGS.bug(test_recovery.test_a_create_that_never_arrived_is_done_within_minutes)
def recovery_never_gives_up(patch: Patch) -> None:
    """A create that was not done keeps its contact waiting for ever."""
    patch.put(recovery, "VISIBLE_AFTER", dict.fromkeys(Side, recovery.OVERLAP * 1_000_000))


def _find_any(find: Any) -> Any:
    async def any_of_them(context: RunContext, intents: Any) -> Any:
        async def nothing_linked(_ids: Any) -> Any:
            return {}

        vars(context.state)["pipeliner_index"] = nothing_linked
        try:
            return await find(context, intents)
        finally:
            del vars(context.state)["pipeliner_index"]

    return any_of_them


@STATE_BUGS.bug(test_recovery.test_a_lost_create_never_adopts_the_counterpart_of_its_namesake)
def recovery_adopts_a_linked_contact(patch: Patch) -> None:
    """An equal contact that has its own link already is taken for the lost create."""
    patch.put(recovery, "_find_by_content", _find_any(recovery._find_by_content))


@STATE_BUGS.bug(test_creates_are_found_again.test_an_edit_between_a_lost_create_and_its_recovery_is_not_lost)
def adoption_baseline_from_what_is_shown(patch: Patch) -> None:
    """What a person has changed in a lost create until it is found again counts as agreed."""
    find_stored = OutlookFolder.find_stored
    shown: dict[Any, Any] = {}

    async def noted(self: OutlookFolder, ids: Any) -> Any:
        found = await find_stored(self, ids)
        shown.update({item.id: item.contact for items in found.values() for item in items})
        return found

    def as_shown(link_id: Any, outlook_id: Any, pipeliner_id: Any, agreed: Baselines, **more: Any) -> Link:
        contact = shown.get(outlook_id, agreed.outlook)
        return Link(link_id, outlook_id, pipeliner_id, Baselines(contact, contact), **more)

    patch.put(OutlookFolder, "find_stored", noted)
    patch.put(recovery, "Link", as_shown)
