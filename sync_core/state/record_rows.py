"""What the sync writes down for people, as rows: history, attention items and runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sync_core.domain import (
    Action,
    AttentionItem,
    Choice,
    FieldChange,
    HistoryEntry,
    LinkId,
    OutlookId,
    PipelinerId,
    Reason,
    Recorded,
    Run,
    RunCounts,
    RunMode,
    RunState,
    Side,
    Trigger,
)
from sync_core.state.rows import (
    ATTENTION,
    HISTORY,
    Json,
    body,
    compact,
    fitting,
    parsed,
    reads_row,
    time_of,
    without_blanks,
)
from sync_core.storage import Row, Store, Table, read_pages

_COUNTS = tuple(item.name for item in fields(RunCounts))
_COUNT_KEYS = {"awaiting_approval": "held"}
"""Counts whose stored key is the word of 0.1."""


def entry_text(entry: HistoryEntry) -> str:
    """Write a history entry; many of them make one row."""
    return compact(
        {"deed": entry.action, "link": entry.link_id}
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
    return fitting(f'{{"at":{compact(at)},"run":{compact(run_id)},"entries":[{",".join(entries)}]}}')


async def read_history(store: Store, table: Table, partition: str) -> AsyncIterator[Recorded]:
    """Read the whole history of a connection, newest first."""
    async for rows in read_pages(store, table, partition, HISTORY):
        for row in rows:
            for item in recorded_of(row):
                yield item


@reads_row
def recorded_of(row: Row) -> list[Recorded]:
    """Read the entries of a history row, newest first; an entry's id names its row and its place in it.

    An entry that was erased is null, so that the others keep their places.
    """
    stored = parsed(row.body)
    at, run_id, entries = datetime.fromisoformat(stored["at"]), stored["run"], stored["entries"]
    row_id = row.key.removeprefix(HISTORY)
    found = []
    for place in reversed(range(len(entries))):
        if entries[place] is None:
            continue
        entry = entries[place]
        outlook_id, pipeliner_id, link_id = _ids_of(entry)
        changes = [
            FieldChange(name, *(value if isinstance(value, str) else tuple(value) for value in old_and_new))
            for name, *old_and_new in entry.get("changes", ())
        ]
        done = HistoryEntry(
            Action(entry["deed"]),
            Side(entry["side"]) if "side" in entry else None,
            link_id or LinkId(""),
            outlook_id,
            pipeliner_id,
            tuple(changes),
            entry.get("why", ""),
        )
        found.append(Recorded(f"{row_id}-{place}", at, run_id, done))
    return found


def row_of_recorded(recorded_id: str) -> tuple[str, int]:
    """Return the key of an entry's row and the entry's place in it; ValueError when this is no such id."""
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
            since=item.since,
            choices=item.choices,
            candidates=item.candidates,
            evidence=item.evidence,
            chosen=item.chosen,
            named=item.named,
            later=item.later,
        )
    )


@reads_row
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
        tuple(map(Choice, stored.get("choices", ()))),
        tuple(stored.get("candidates", ())),
        tuple(stored.get("evidence", ())),
        Choice(stored["chosen"]) if "chosen" in stored else None,
        tuple(stored.get("named", ())),
        time_of(stored.get("later")),
    )


def run_json(run: Run) -> Json:
    """Write a run; counts of nothing are left out."""
    counts = {_COUNT_KEYS.get(name, name): getattr(run.counts, name) for name in _COUNTS}
    return {"id": run.id, "trigger": run.trigger, "mode": run.mode, "state": run.state} | without_blanks(
        queued_at=run.queued_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        counts=without_blanks(**counts) or None,
        message=run.message,
    )


@reads_row
def read_run(connection_id: str, row: Row) -> Run:
    """Read the row of a run of that connection."""
    return run_of(connection_id, parsed(row.body))


def run_of(connection_id: str, stored: Json) -> Run:
    """Read a run of that connection."""
    names = {key: name for name, key in _COUNT_KEYS.items()}
    return Run(
        stored["id"],
        connection_id,
        Trigger(stored["trigger"]),
        RunMode(stored["mode"]),
        RunState(stored["state"]),
        time_of(stored.get("queued_at")),
        time_of(stored.get("started_at")),
        time_of(stored.get("ended_at")),
        RunCounts(**{names.get(key, key): count for key, count in stored.get("counts", {}).items()}),
        stored.get("message", ""),
    )


_ASKED_FOR_BY_NOBODY = frozenset(
    {Trigger.TIMER, Trigger.APPROVE, Trigger.RETRY, Trigger.ANSWER, Trigger.CHANGE, Trigger.CONTINUE, Trigger.RECOVER}
)
"""What starts runs whose ids nobody was told: the timer, the sync itself, and what people did to something else."""


def is_worth_a_row(run: Run) -> bool:
    """Whether a run is kept by itself: somebody asked for it and may look after it, or it did or found something."""
    counts = run.counts
    found = counts.writes or counts.linked or counts.attention or counts.conflicts or counts.awaiting_approval
    is_asked_for = run.trigger not in _ASKED_FOR_BY_NOBODY or run.mode is not RunMode.DELTA
    return is_asked_for or run.state is RunState.FAILED or found > 0


def _ids_of(stored: dict[str, Any]) -> tuple[OutlookId | None, PipelinerId | None, LinkId | None]:
    outlook_id, pipeliner_id, link_id = stored.get("outlook_id"), stored.get("pipeliner_id"), stored.get("link")
    return (
        OutlookId(outlook_id) if outlook_id else None,
        PipelinerId(pipeliner_id) if pipeliner_id else None,
        LinkId(link_id) if link_id else None,
    )
