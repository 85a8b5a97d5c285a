"""Small builders for tests of a connection's state: contacts, links, units, a clock, and a store that fails on cue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sync_core.domain import (
    Action,
    AttentionItem,
    Baselines,
    Contact,
    HistoryEntry,
    Link,
    LinkId,
    OutlookId,
    PipelinerId,
    Reason,
    Run,
    RunCounts,
    RunMode,
    RunState,
    Side,
    Trigger,
)
from sync_core.engine.ports import ChangeSet, Intent
from sync_core.state import StoredConnectionState
from sync_core.storage import AFTER_ALL_KEYS, MAX_LIMIT, Operation, Row, Store, Table

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CONNECTION = "connection-1"


@dataclass(slots=True)
class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False
    at: datetime = START

    def now(self) -> datetime:
        """Return the time it was set to."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.at += timedelta(seconds=seconds)


class Crash(BaseException):
    """The process ends here."""


Hook = Callable[[Sequence[Operation]], Awaitable[None]]


@dataclass(slots=True)
class FaultyStore:
    """A store in which things happen right before or right after the n-th transaction (from 1)."""

    store: Store
    before: dict[int, Hook | BaseException] = field(default_factory=dict)
    after: dict[int, Hook | BaseException] = field(default_factory=dict)
    transactions: int = 0

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """See `Store.get`."""
        return await self.store.get(table, partition, key)

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """See `Store.get_many`."""
        return await self.store.get_many(table, partition, keys)

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = MAX_LIMIT) -> list[Row]:
        """See `Store.read`."""
        return await self.store.read(table, partition, start, end, limit)

    async def partitions(self, table: Table) -> list[str]:
        """See `Store.partitions`."""
        return await self.store.partitions(table)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """See `Store.transact`."""
        self.transactions += 1
        number = self.transactions
        await _happen(self.before.get(number), operations)
        etags = await self.store.transact(table, partition, operations)
        await _happen(self.after.get(number), operations)
        return etags

    async def close(self) -> None:
        """See `Store.close`."""
        await self.store.close()


def failing(store: Store, when: str, number: int, fault: BaseException) -> FaultyStore:
    """Make a store whose n-th transaction fails "before" or "after" it is stored."""
    faults: dict[int, Hook | BaseException] = {number: fault}
    return FaultyStore(store, before=faults) if when == "before" else FaultyStore(store, after=faults)


async def _happen(event: Hook | BaseException | None, operations: Sequence[Operation]) -> None:
    if isinstance(event, BaseException):
        raise event
    if event is not None:
        await event(operations)


def state_of(store: Store, clock: TestClock, holder: str = "worker-1") -> StoredConnectionState:
    """Make the state of one run."""
    return StoredConnectionState(store, CONNECTION, clock, holder)


async def opened(
    store: Store, clock: TestClock, holder: str = "worker-1", run_id: str = "run-1"
) -> StoredConnectionState:
    """Open the state of one run."""
    state = state_of(store, clock, holder)
    await state.open(run_id)
    return state


async def all_rows(store: Store, connection_id: str = CONNECTION) -> dict[str, str]:
    """Return what a connection's partition holds."""
    return {row.key: row.body for row in await store.read(Table.SYNC, connection_id, "", AFTER_ALL_KEYS)}


def person(number: int, **values: str) -> Contact:
    """Make an invented person."""
    given = {"given_name": f"Given{number}", "surname": "Example", "notes": f"Met at fair {number}"}
    return Contact({**given, "emails": (f"person{number}@example.com",), **values})


def link(number: int, baselines: Baselines | None = None) -> Link:
    """Make a link."""
    return Link(
        LinkId(f"link-{number:04d}"),
        OutlookId(f"AAMkAD/{number:04d}="),
        PipelinerId(f"PY-{number:04d}"),
        baselines or Baselines(person(number), person(number)),
        change_key=f"EQAA{number}",
        revision=number,
        created_on=Side.OUTLOOK,
    )


def created(one: Link) -> HistoryEntry:
    """Make the history entry of a new link."""
    return HistoryEntry(Action.CREATED, Side.OUTLOOK, one.id, one.outlook_id, one.pipeliner_id, why="came into scope")


def new_change_set(number: int) -> ChangeSet:
    """Make the unit of a new link, as a first sync does."""
    return ChangeSet(after=link(number), history=(created(link(number)),))


def intent(number: int) -> Intent:
    """Make the intent of a new link."""
    one = link(number)
    return Intent(one.id, Side.OUTLOOK, person(number), START, pipeliner_id=one.pipeliner_id)


def attention(subject: str, reason: Reason = Reason.REFUSED) -> AttentionItem:
    """Make an attention item."""
    return AttentionItem(subject, reason, "The service refused it.", "Correct the contact.")


def run(run_id: str = "run-1", state: RunState = RunState.DONE, trigger: Trigger = Trigger.TIMER, **counts: int) -> Run:
    """Make the record of a run."""
    return Run(run_id, CONNECTION, trigger, RunMode.DELTA, state, None, START, START, RunCounts(**counts))
