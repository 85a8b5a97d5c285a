"""What the sync writes down for people, as rows: history, attention items and runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sync_core.domain.contact import LinkId, OutlookId, PipelinerId, Side
from sync_core.domain.records import (
    AttentionItem,
    Deed,
    FieldChange,
    HistoryEntry,
    Reason,
    Recorded,
    Run,
    RunCounts,
    RunState,
)
from sync_core.state.rows import (
    ATTENTION,
    HISTORY,
    Json,
    body,
    compact,
    fitting,
    parsed,
    time_of,
    time_text,
    value_of,
    without_blanks,
)
from sync_core.state.store import Row


def entry_text(entry: HistoryEntry) -> str:
    """Write a history entry; many of them make one row."""
    return compact(
        {"deed": entry.deed, "link": entry.link_id}
        | without_blanks(
            side=entry.side,
            outlook_id=entry.outlook_id,
            pipeliner_id=entry.pipeliner_id,
            changes=[[change.field, change.old, change.new] for change in entry.changes] or None,
            why=entry.why,
        )
    )


def history_body(at: datetime, run_id: str, entries: Sequence[str]) -> str:
    """Write a history row of entries that are written already."""
    return fitting(f'{{"at":"{time_text(at)}","run":{compact(run_id)},"entries":[{",".join(entries)}]}}')


def recorded_of(row: Row) -> Iterator[Recorded]:
    """Read the entries of a history row, newest first; an entry's id names its row and its place in it.

    An entry that was erased is null, so that the others keep their places.
    """
    stored = parsed(row.body)
    at, run_id, entries = datetime.fromisoformat(stored["at"]), stored["run"], stored["entries"]
    for place in range(len(entries) - 1, -1, -1):
        if entries[place] is None:
            continue
        yield Recorded(f"{row.key.removeprefix(HISTORY)}-{place}", at, run_id, _entry_of(entries[place]))


def row_of_recorded(recorded_id: str) -> tuple[str, int]:
    """Give the key of an entry's row and the entry's place in it; ValueError when this is no such id."""
    row, _, place = recorded_id.rpartition("-")
    return HISTORY + row, int(place)


def attention_body(item: AttentionItem) -> str:
    """Write an attention item; its subject is in the key."""
    return body(
        {"reason": item.reason, "message": item.message, "remedy": item.remedy}
        | without_blanks(
            outlook_id=item.outlook_id,
            pipeliner_id=item.pipeliner_id,
            link=item.link_id,
            fields=item.fields,
            since=time_text(item.since),
        )
    )


def attention_of(row: Row) -> AttentionItem:
    """Read an attention item."""
    stored = parsed(row.body)
    return AttentionItem(
        row.key.removeprefix(ATTENTION),
        Reason(stored["reason"]),
        stored["message"],
        stored["remedy"],
        *_ids_of(stored),
        tuple(stored.get("fields", ())),
        time_of(stored.get("since")),
    )


def run_json(run: Run) -> Json:
    """Write a run; counts of nothing are left out."""
    return {"id": run.id, "trigger": run.trigger, "mode": run.mode, "state": run.state} | without_blanks(
        queued_at=time_text(run.queued_at),
        started_at=time_text(run.started_at),
        ended_at=time_text(run.ended_at),
        counts=without_blanks(**asdict(run.counts)) or None,
        message=run.message,
    )


def run_of(connection_id: str, stored: Json) -> Run:
    """Read a run of that connection."""
    return Run(
        stored["id"],
        connection_id,
        stored["trigger"],
        stored["mode"],
        RunState(stored["state"]),
        time_of(stored.get("queued_at")),
        time_of(stored.get("started_at")),
        time_of(stored.get("ended_at")),
        RunCounts(**stored.get("counts", {})),
        stored.get("message", ""),
    )


def is_worth_a_row(run: Run) -> bool:
    """Whether a run is kept by itself: somebody asked for it, or it did or found something."""
    counts = run.counts
    found = counts.writes or counts.linked or counts.attention or counts.conflicts or counts.held
    return run.trigger != "timer" or run.state is RunState.FAILED or found > 0


def _entry_of(stored: Json) -> HistoryEntry:
    link_outlook, link_pipeliner, link_id = _ids_of(stored)
    return HistoryEntry(
        Deed(stored["deed"]),
        Side(stored["side"]) if "side" in stored else None,
        link_id or LinkId(""),
        link_outlook,
        link_pipeliner,
        tuple(FieldChange(name, value_of(old), value_of(new)) for name, old, new in stored.get("changes", ())),
        stored.get("why", ""),
    )


def _ids_of(stored: dict[str, Any]) -> tuple[OutlookId | None, PipelinerId | None, LinkId | None]:
    outlook_id, pipeliner_id, link_id = stored.get("outlook_id"), stored.get("pipeliner_id"), stored.get("link")
    return (
        OutlookId(outlook_id) if outlook_id else None,
        PipelinerId(pipeliner_id) if pipeliner_id else None,
        LinkId(link_id) if link_id else None,
    )
