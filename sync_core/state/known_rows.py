"""What a pass knows of rows without reading them again: which it may remove, and since when a fault stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from sync_core.domain.contact import LinkId
from sync_core.domain.records import AttentionItem, Reason
from sync_core.engine.state_port import Intent, Work
from sync_core.state.pass_rows import journal_body, journal_of
from sync_core.state.record_rows import attention_body, attention_of
from sync_core.state.rows import ATTENTION, JOURNAL, OPENING_END, WORK_START, work_key
from sync_core.state.store import Operation, Put, Remove, Row

_MOST_ETAGS = 5_000


class KnownWork:
    """Versions of the work rows that this pass put, so that it can remove them unread; the latest thousands only."""

    def __init__(self) -> None:
        self._etags: dict[str, str] = {}

    def removals(self, done: Iterable[Work]) -> Iterator[Remove]:
        """Say how finished items are removed: the version that was seen, so that a newer one survives."""
        for work in done:
            key = work_key(work)
            etag = self._etags.get(key, work.etag)
            if etag:
                yield Remove(key, etag)

    def note_read(self, rows: Iterable[Row]) -> None:
        """Take over what the feed has made of rows that this pass put."""
        self._etags.update((row.key, row.etag) for row in rows if row.key in self._etags)

    def note_stored(self, operation: Operation, etag: str) -> None:
        """Take over what was stored."""
        if not WORK_START <= operation.key < OPENING_END:
            return
        self._etags.pop(operation.key, None)
        if etag:
            self._etags[operation.key] = etag
            if len(self._etags) > _MOST_ETAGS:
                del self._etags[next(iter(self._etags))]


class KnownAttention:
    """The attention items of a connection: their reasons and since when they stand."""

    def __init__(self) -> None:
        self._items: dict[str, tuple[Reason, datetime | None]] = {}

    def removals(self, settled: Iterable[str]) -> Iterator[Remove]:
        """Say how settled items are removed; a transaction must not remove what is not there."""
        return (Remove(ATTENTION + subject) for subject in settled if ATTENTION + subject in self._items)

    def puts(self, items: Iterable[AttentionItem], now: datetime) -> Iterator[Put]:
        """Say how items are stored; one that stood for the same reason before keeps its time."""
        for item in items:
            reason, since = self._items.get(ATTENTION + item.subject, (None, None))
            start = (since if reason is item.reason else None) or item.since or now
            yield Put(ATTENTION + item.subject, attention_body(replace(item, since=start)))

    def note_read(self, rows: Iterable[Row]) -> None:
        """Take over what is stored."""
        for row in rows:
            item = attention_of(row)
            self._items[row.key] = (item.reason, item.since)

    def note_stored(self, operation: Operation) -> None:
        """Take over what was stored just now."""
        if isinstance(operation, Remove):
            self._items.pop(operation.key, None)
        elif operation.key.startswith(ATTENTION):
            self.note_read([Row(operation.key, operation.body, "")])


class OpenJournal:
    """The intents that are not resolved yet, by the rows in which they stand."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {row.key: journal_of(row) for row in rows}

    @property
    def intents(self) -> tuple[Intent, ...]:
        """All of them."""
        return tuple(intent for intents in self._rows.values() for intent in intents)

    def new_keys(self) -> Iterator[str]:
        """Give keys for further rows, in order and without end."""
        last = max(self._rows, default=f"{JOURNAL}0")
        return (f"{JOURNAL}{number:08d}" for number in count(int(last.removeprefix(JOURNAL)) + 1))

    def without(self, resolved: frozenset[LinkId]) -> dict[str, tuple[Intent, ...]]:
        """Give the rows that change when these intents are resolved, with what is left in them."""
        return {
            key: tuple(intent for intent in intents if intent.link_id not in resolved)
            for key, intents in self._rows.items()
            if any(intent.link_id in resolved for intent in intents)
        }

    def note_stored(self, changed: Mapping[str, Sequence[Intent]]) -> None:
        """Take over rows that were stored, or removed when nothing was left in them."""
        for key, intents in changed.items():
            if intents:
                self._rows[key] = tuple(intents)
            else:
                self._rows.pop(key, None)


def journal_operations(changed: dict[str, tuple[Intent, ...]]) -> list[Operation]:
    """Say what stores changed journal rows."""
    return [Put(key, journal_body(left)) if left else Remove(key) for key, left in changed.items()]
