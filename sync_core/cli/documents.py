"""What `--json` prints: the product's records as JSON, with stable names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import chain

from sync_core.cli.output import Json
from sync_core.cli.syncing import Synced
from sync_core.domain.records import AttentionItem, Recorded, Run
from sync_core.state.reading import ConnectionStatus
from sync_core.state.registry import ConnectionRecord


def connection_document(record: ConnectionRecord) -> Json:
    """Write what a connection connects, how, and whether it syncs."""
    return {
        "id": record.id,
        "mailbox": {"id": record.mailbox_id, "address": record.mailbox},
        "folder": {"id": record.folder_id, "name": record.folder_name},
        "user": {"id": record.user_id, "email": record.user_email, "name": record.user_name},
        "status": record.status.value,
        "reason": record.reason,
        "message": record.message,
        "not_before": _time(record.not_before),
        "created_at": _time(record.created_at),
        "settings": record.settings.model_dump(mode="json"),
    }


def status_document(record: ConnectionRecord, status: ConnectionStatus) -> Json:
    """Write a connection with how it stands."""
    return connection_document(record) | {
        "running": status.running,
        "links": status.links,
        "waiting": asdict(status.waiting),
        "attention": status.attention,
        "removals_approved": status.removals_approved,
        "last_run": run_document(status.last) if status.last else None,
    }


def run_document(run: Run) -> Json:
    """Write the record of one pass."""
    return {
        "id": run.id,
        "trigger": run.trigger,
        "mode": run.mode,
        "state": run.state.value,
        "queued_at": _time(run.queued_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "counts": asdict(run.counts) | {"writes": run.counts.writes},
        "message": run.message,
    }


def synced_document(synced: Synced) -> Json:
    """Write what a sync did."""
    stories = [
        {
            "id": story.connection_id,
            "runs": [run_document(run) for run in story.runs],
            "attention": story.attention,
            "problem": "; ".join(story.problem.faults) if story.problem else "",
        }
        for story in synced.stories
    ]
    feed_problem = "; ".join(synced.feed_problem.faults) if synced.feed_problem else ""
    return {"feed": {"rows": synced.feed_rows, "problem": feed_problem}, "synced": stories}


def history_document(connection_id: str, entries: Sequence[Recorded], limit: int) -> Json:
    """Write history, newest first; `next` is the id to ask for more with, None at the end."""
    return {
        "connection": connection_id,
        "entries": [_entry_document(recorded) for recorded in entries],
        "next": entries[-1].id if len(entries) == limit else None,
    }


def _entry_document(recorded: Recorded) -> Json:
    entry = recorded.entry
    return {
        "id": recorded.id,
        "at": _time(recorded.at),
        "run": recorded.run_id,
        "deed": entry.deed.value,
        "side": entry.side.value if entry.side else None,
        "link_id": entry.link_id,
        "outlook_id": entry.outlook_id,
        "pipeliner_id": entry.pipeliner_id,
        "changes": [asdict(change) for change in entry.changes],
        "why": entry.why,
    }


def attention_document(waiting: Sequence[tuple[ConnectionRecord, Sequence[AttentionItem]]]) -> Json:
    """Write what waits for a person, of each connection."""
    items = chain.from_iterable([_item_document(record.id, item) for item in items] for record, items in waiting)
    return {"items": list(items)}


def _item_document(connection_id: str, item: AttentionItem) -> Json:
    return {
        "connection": connection_id,
        "reason": item.reason.value,
        "message": item.message,
        "remedy": item.remedy,
        "outlook_id": item.outlook_id,
        "pipeliner_id": item.pipeliner_id,
        "link_id": item.link_id,
        "fields": list(item.fields),
        "since": _time(item.since),
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
