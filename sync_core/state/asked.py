"""Requests that ask for the same: one run that has not begun yet answers all of them, each by its own id.

Of each mode one row names the run that waits, and beside it stand the ids of those whom it answers. What the row says
is trusted for a while only, so that a message that got lost keeps nobody waiting for ever.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from sync_core.domain import Run, RunMode, RunState
from sync_core.engine.ports import Clock
from sync_core.errors import NotFound, RowConflict
from sync_core.state.reading import ConnectionReading
from sync_core.state.rows import ASKED, body, parsed, time_of
from sync_core.storage import Put, Remove, Store, Table

TRUSTED_FOR = timedelta(minutes=15)
"""So long after it was last heard of, a run that waits still counts as coming."""
MOST_TOGETHER = 1_000
"""Requests that one run answers by their own ids."""

_ANSWERS = f"{ASKED}with."


@dataclass(frozen=True, slots=True)
class AskedRuns:
    """The runs of one connection that were asked for and have not begun."""

    store: Store
    connection_id: str
    clock: Clock

    async def waiting(self, mode: RunMode) -> Run | None:
        """Return the run of this mode that is to come; None when none is, or it has begun."""
        row = await self.store.get(Table.SYNC, self.connection_id, ASKED + mode)
        stored = parsed(row.body) if row is not None else {}
        at = time_of(stored.get("at"))
        if at is None or self.clock.now() - at > TRUSTED_FOR:
            return None
        return await self._not_begun(stored["run"])

    async def lead(self, run: Run) -> None:
        """Write down that this run is to come, also when it was put off once more."""
        named = body({"run": run.id, "at": self.clock.now()})
        await self.store.transact(Table.SYNC, self.connection_id, [Put(ASKED + run.mode, named)])

    async def join(self, run: Run) -> bool:
        """Have the run of the same mode that is to come answer this request; False when there is none, or it began."""
        leading = await self.waiting(run.mode)
        if leading is None or leading.id == run.id:
            return False
        if not run.id:
            return True
        if not await self._add(leading.id, run.id):
            return False
        # One that began between the two looks may have read before this was asked for.
        return await self._not_begun(leading.id) is not None

    async def answer(self, run: Run) -> None:
        """Write down for everyone whom this run answers how it ended."""
        key = _ANSWERS + run.id
        row = await self.store.get(Table.SYNC, self.connection_id, key)
        if row is None:
            return
        reader = self._reader
        for run_id in parsed(row.body)["ids"]:
            with suppress(NotFound):
                asked = await reader.run(run_id)
                if asked.state is RunState.QUEUED:
                    ended = replace(run, id=run_id, trigger=asked.trigger, queued_at=asked.queued_at)
                    await reader.mark_run(ended)
        with suppress(RowConflict):
            await self.store.transact(Table.SYNC, self.connection_id, [Remove(key)])

    @property
    def _reader(self) -> ConnectionReading:
        return ConnectionReading(self.store, self.connection_id, self.clock)

    async def _not_begun(self, run_id: str) -> Run | None:
        with suppress(NotFound):
            run = await self._reader.run(run_id)
            is_running = (await self._reader.status()).running == run_id
            return run if run.state is RunState.QUEUED and not is_running else None
        return None

    async def _add(self, leading: str, run_id: str) -> bool:
        key = _ANSWERS + leading
        row = await self.store.get(Table.SYNC, self.connection_id, key)
        ids = parsed(row.body)["ids"] if row is not None else []
        if run_id in ids:
            return True
        if len(ids) >= MOST_TOGETHER:
            return False
        try:
            put = Put(key, body({"ids": [*ids, run_id]}), row.etag if row is not None else None)
            await self.store.transact(Table.SYNC, self.connection_id, [put])
        except RowConflict:  # somebody else joined in this moment: this one goes its own way
            return False
        return True
