"""A store and transports that break at a chosen step: what a killed process leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sync_core.storage import Operation, Row, Store, Table


class Crash(BaseException):
    """The process is gone; nothing of ours may catch this."""


class CrashingStore:
    """Runs everything on and crashes at the n-th transaction from now, before or after its effect."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._left: int | None = None
        self._after = False
        self._once: Callable[[], bool] | None = None
        self.transactions = 0

    def crash_at(self, nth: int, *, after: bool = False) -> None:
        """Plan a crash; counting starts now."""
        self._left, self._after, self.transactions = nth, after, 0

    def crash_once(self, is_done: Callable[[], bool]) -> None:
        """Plan a crash right before the first transaction that finds something done."""
        self._once = is_done

    async def get(self, table: Table, partition: str, key: str) -> Row | None:
        """Run on."""
        return await self._store.get(table, partition, key)

    async def get_many(self, table: Table, partition: str, keys: Sequence[str]) -> dict[str, Row]:
        """Run on."""
        return await self._store.get_many(table, partition, keys)

    async def read(self, table: Table, partition: str, start: str, end: str, limit: int = 1000) -> list[Row]:
        """Run on."""
        return await self._store.read(table, partition, start, end, limit)

    async def partitions(self, table: Table) -> list[str]:
        """Run on."""
        return await self._store.partitions(table)

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Run on, unless the crash is due."""
        self.transactions += 1
        is_due = self._left is not None and self.transactions == self._left
        if self._once is not None and self._once():
            self._once = None
            raise Crash
        if is_due and not self._after:
            self._left = None
            raise Crash
        etags = await self._store.transact(table, partition, operations)
        if is_due:
            self._left = None
            raise Crash
        return etags

    async def close(self) -> None:
        """Run on."""
        await self._store.close()
