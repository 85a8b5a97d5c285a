"""Creates as rows: the journal of those that were announced and are not known to be done, and how many a day had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from sync_core.domain import LinkId, OutlookId, PipelinerId, Side
from sync_core.engine.ports import Intent
from sync_core.state.rows import CREATES, JOURNAL, Json, body, compact, contact_of, parsed, reads_row, without_blanks
from sync_core.storage import MAX_ROW_CHARACTERS, Put, Row

_DAY = timedelta(hours=24)


def intent_json(intent: Intent) -> Json:
    """Write an intent."""
    return {
        "link": intent.link_id,
        "side": intent.side,
        "draft": without_blanks(**intent.draft.values),
        "at": intent.at,
    } | without_blanks(outlook_id=intent.outlook_id, pipeliner_id=intent.pipeliner_id, tries=intent.tries)


def intent_of(stored: Json) -> Intent:
    """Read an intent."""
    outlook_id, pipeliner_id = stored.get("outlook_id"), stored.get("pipeliner_id")
    return Intent(
        LinkId(stored["link"]),
        Side(stored["side"]),
        contact_of(stored["draft"]),
        datetime.fromisoformat(stored["at"]),
        OutlookId(outlook_id) if outlook_id else None,
        PipelinerId(pipeliner_id) if pipeliner_id else None,
        stored.get("tries", 0),
    )


def journal_body(intents: Iterable[Intent]) -> str:
    """Write the intents of one journal row."""
    return body([intent_json(intent) for intent in intents])


def journal_pages(intents: Iterable[Intent]) -> list[list[Intent]]:
    """Divide intents over journal rows."""
    pages: list[list[Intent]] = []
    room = 0
    for intent in intents:
        characters = len(compact(intent_json(intent))) + 1
        if characters > room:
            pages.append([])
            room = MAX_ROW_CHARACTERS
        pages[-1].append(intent)
        room -= characters
    return pages


@reads_row
def journal_of(row: Row) -> tuple[Intent, ...]:
    """Read the intents of one journal row."""
    return tuple(intent_of(stored) for stored in parsed(row.body))


@dataclass(slots=True)
class OpenJournal:
    """The intents that are not resolved yet, by the rows in which they stand."""

    _rows: dict[str, tuple[Intent, ...]] = field(default_factory=dict)

    def new_keys(self) -> Iterator[str]:
        """Return keys for further rows, in order and without end."""
        last = max(self._rows, default=f"{JOURNAL}0")
        return (f"{JOURNAL}{number:08d}" for number in count(int(last.removeprefix(JOURNAL)) + 1))

    def without(self, resolved: frozenset[LinkId]) -> dict[str, tuple[Intent, ...]]:
        """Return the rows that change when these intents are resolved, with what is left in them."""
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


# How many there were


@dataclass(slots=True)
class CreatesOfADay:
    """How many contacts were created in Pipeliner in which hour, for a day."""

    _hours: dict[str, int] = field(default_factory=dict)

    def count(self, now: datetime) -> int:
        """Count those of the last 24 hours."""
        first = _hour(now - _DAY)
        return sum(count for hour, count in self._hours.items() if hour >= first)

    def add(self, count: int, now: datetime) -> Put:
        """Count more, and return how that is stored; what is older than a day is forgotten."""
        first = _hour(now - _DAY)
        self._hours = {hour: known for hour, known in self._hours.items() if hour >= first}
        self._hours[_hour(now)] = self._hours.get(_hour(now), 0) + count
        return Put(CREATES, body(self._hours))


@reads_row
def creates_of(row: Row) -> CreatesOfADay:
    """Read how many contacts were created lately."""
    return CreatesOfADay({str(hour): int(count) for hour, count in parsed(row.body).items()})


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H")
