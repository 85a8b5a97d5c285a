"""The audit trail: who did what on the sync, from where and with what result; rows are added, and never changed.

An act has a row *before* it is done, and a second one with its result. So none is done without its row: where the first
cannot be written, nothing is done, and an act without a second row is one of which nobody knows how it ended. Rows hold
ids and values of settings, nothing of a contact. They outlast the connection that they name; a month is a partition.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sync_core.errors import RowConflict, Unreadable
from sync_core.state.rows import body, parsed, reads_row, time_of, without_blanks
from sync_core.storage import BEHIND, Insert, Operation, Remove, Row, Store, Table, read_pages, remove_rows

AUDIT = "audit."
"""Before the month, in the names of its partitions; they lie in the table of connections."""
VERSION = 1
MOST_FOLDED = 1000
"""So many refusals of the last minutes are remembered as told."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = 10**18
_PAGE = 200
_AN_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_BEGUN, _ENDED = "1", "2"


class Origin(StrEnum):
    """From where an act came."""

    HTTP = "http"
    CLI = "cli"
    TIMER = "timer"
    PROGRAM = "program"


class Act(StrEnum):
    """What is done on the sync."""

    CONNECT = "connect"
    SET = "set"
    SET_SPACE = "set_space"
    PAUSE = "pause"
    RESUME = "resume"
    PAUSE_ALL = "pause_all"
    RESUME_ALL = "resume_all"
    SYNC = "sync"
    APPROVE = "approve"
    ANSWER = "answer"
    FORGET_ANSWER = "forget_answer"
    LINK = "link"
    UNLINK = "unlink"
    RETRY = "retry"
    RECONCILE = "reconcile"
    DISCONNECT = "disconnect"
    PURGE = "purge"
    LIFT_ERASED = "lift_erased"
    REQUEST = "request"
    """An HTTP request that was refused at the door, before it was any act; `detail` names the route."""


class AuditResult(StrEnum):
    """What became of an act."""

    BEGUN = "begun"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an object id, `cli`, `function key`, `timer` or `program`; and from where."""

    who: str
    origin: Origin
    is_administrator: bool = True


PROGRAM = Actor("program", Origin.PROGRAM)
TIMER = Actor("timer", Origin.TIMER)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. `changed` has the settings that it changes, from which value to which; `why` is an error's kind."""

    id: str
    at: datetime
    actor: Actor
    act: Act
    result: AuditResult = AuditResult.BEGUN
    connection_id: str = ""
    detail: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


@dataclass(slots=True)
class AuditTrail:
    """The trail of one deployment."""

    store: Store
    _told: OrderedDict[str, None] = field(default_factory=OrderedDict)

    async def begin(self, entry: AuditEntry) -> None:
        """Write down what is about to be done. Raises StoreUnavailable: then it must not be done."""
        await self._add(entry, _BEGUN)

    async def end(self, entry: AuditEntry) -> None:
        """Write down how it ended. Raises StoreUnavailable."""
        await self._add(entry, _ENDED)

    async def refuse(self, entry: AuditEntry, *, is_begun: bool = False) -> None:
        """Write down a refusal; equal ones of a caller within a minute are one row. Raises StoreUnavailable.

        Of an act that `is_begun` nothing was done: the row of the refusal takes the place of the one that began it.
        """
        begun = [Remove(f"{place_of(entry)}.{_BEGUN}")] if is_begun else []
        minute = entry.at.replace(second=0, microsecond=0)
        parts = (entry.actor.who, entry.actor.origin, entry.act, entry.detail, entry.connection_id, entry.why, minute)
        folded = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:16]
        if folded not in self._told:
            told = replace(entry, id=folded, at=minute, result=AuditResult.REFUSED)
            with suppress(RowConflict):  # another instance has told of it
                await self._add(told, _ENDED, begun)
                begun = []
            self._told[folded] = None
            if len(self._told) > MOST_FOLDED:
                self._told.popitem(last=False)
        if begun:
            await self.store.transact(Table.CONNECTIONS, _month(entry), begun)

    async def page(self, limit: int, before: str = "") -> list[AuditEntry]:
        """Return acts, the newest first, each as its last row tells it; after the one with this place."""
        found: list[AuditEntry] = []
        async for row in self._rows(before):
            try:
                entry = _entry_of(row)
            except Unreadable:  # of a newer version; the others are told
                continue
            if found and found[-1].id == entry.id:
                found[-1] = entry
            elif len(found) == limit:
                break
            else:
                found.append(entry)
        return found

    async def trim(self, now: datetime, days: int, limit: int) -> int:
        """Remove rows that are older, at most about so many; returns how many went."""
        removed, start = 0, _place(now - timedelta(days=days), "")
        for partition in await self._months():
            async for rows in read_pages(self.store, Table.CONNECTIONS, partition, "", start=start, rows=100):
                with suppress(RowConflict):  # somebody else trims
                    await remove_rows(self.store, Table.CONNECTIONS, partition, rows)
                removed += len(rows)
                if removed >= limit:
                    return removed
        return removed

    async def _add(self, entry: AuditEntry, part: str, beside: Sequence[Operation] = ()) -> None:
        stored = {"v": VERSION, "who": entry.actor.who, "from": entry.actor.origin, "act": entry.act} | without_blanks(
            result=entry.result,
            connection=entry.connection_id if _AN_ID.fullmatch(entry.connection_id) else "",
            detail=entry.detail if _AN_ID.fullmatch(entry.detail) else "",
            changed=dict(entry.changed) or None,
            why=entry.why,
            at=entry.at,
        )
        row = Insert(f"{place_of(entry)}.{part}", body(stored))
        await self.store.transact(Table.CONNECTIONS, _month(entry), [row, *beside])

    async def _months(self) -> list[str]:
        return [name for name in await self.store.partitions(Table.CONNECTIONS) if name.startswith(AUDIT)]

    async def _rows(self, before: str) -> AsyncIterator[Row]:
        start = f"{before}.{_ENDED}{BEHIND}" if before else ""
        for partition in reversed(await self._months()):
            async for rows in read_pages(self.store, Table.CONNECTIONS, partition, "", start=start, rows=_PAGE):
                for row in rows:
                    yield row


def _month(entry: AuditEntry) -> str:
    return f"{AUDIT}{entry.at:%Y-%m}"


def place_of(entry: AuditEntry) -> str:
    """Where an act stands in the trail, for the next page."""
    return _place(entry.at, entry.id)


def _place(at: datetime, entry_id: str) -> str:
    return f"{_LATEST - (at - _EPOCH) // _MICROSECOND:018d}-{entry_id}"


@reads_row
def _entry_of(row: Row) -> AuditEntry:
    stored = parsed(row.body)
    if stored["v"] != VERSION:
        raise ValueError("a newer version wrote it")
    at = time_of(stored["at"])
    if at is None:
        raise ValueError("it has no time")
    return AuditEntry(
        row.key.partition("-")[2].rpartition(".")[0],
        at,
        Actor(stored["who"], Origin(stored["from"])),
        Act(stored["act"]),
        AuditResult(stored["result"]),
        stored.get("connection", ""),
        stored.get("detail", ""),
        stored.get("changed", {}),
        stored.get("why", ""),
    )
