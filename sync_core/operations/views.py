"""Our records as JSON, for the API and for `--json`; cursors, leases and secrets are never among it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sync_core.domain.records import AttentionItem, Recorded, Run
from sync_core.operations.asking import Check
from sync_core.operations.purging import Purged
from sync_core.state.reading import ConnectionStatus
from sync_core.state.registry import ConnectionRecord

Json = dict[str, Any]
MOST_MENTIONS = 100
"""So many rows that are left after a purge are named; all of them are counted."""


def connection_view(record: ConnectionRecord) -> Json:
    """Show a connection: whom and what it connects, how, and whether it syncs."""
    return {
        "id": record.id,
        "mailbox": {"id": record.mailbox_id, "address": record.mailbox},
        "user": {"id": record.user_id, "email": record.user_email, "name": record.user_name},
        "folder": {"id": record.folder_id, "name": record.folder_name},
        "settings": record.settings.model_dump(mode="json"),
        "status": record.status.value,
        "reason": record.reason,
        "message": record.message,
        "not_before": _time(record.not_before),
        "created_at": _time(record.created_at),
    }


def status_view(status: ConnectionStatus) -> Json:
    """Show how a connection's sync stands."""
    return {
        "links": status.links,
        "attention": status.attention,
        "waiting": asdict(status.waiting),
        "is_full_round": status.cursor.is_full,
        "removals_approved": status.removals_approved,
        "running": status.running or None,
        "last_run": run_view(status.last) if status.last else None,
    }


def run_view(run: Run) -> Json:
    """Show a run."""
    return {
        "id": run.id,
        "connection_id": run.connection_id,
        "state": run.state.value,
        "trigger": run.trigger,
        "mode": run.mode,
        "queued_at": _time(run.queued_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "counts": asdict(run.counts) | {"writes": run.counts.writes},
        "message": run.message,
    }


def recorded_view(recorded: Recorded) -> Json:
    """Show a history entry, with the values that changed."""
    entry = recorded.entry
    return {
        "id": recorded.id,
        "at": _time(recorded.at),
        "run_id": recorded.run_id,
        "deed": entry.deed.value,
        "side": entry.side.value if entry.side else None,
        "link_id": entry.link_id,
        "outlook_id": entry.outlook_id,
        "pipeliner_id": entry.pipeliner_id,
        "changes": [asdict(change) for change in entry.changes],
        "why": entry.why,
    }


def attention_view(item: AttentionItem) -> Json:
    """Show what waits for a person."""
    return {
        "subject": item.subject,
        "reason": item.reason.value,
        "message": item.message,
        "remedy": item.remedy,
        "outlook_id": item.outlook_id,
        "pipeliner_id": item.pipeliner_id,
        "link_id": item.link_id,
        "fields": list(item.fields),
        "since": _time(item.since),
    }


def purged_view(purged: Purged) -> Json:
    """Show what a purge has erased, and where anything is left."""
    return {
        "rows": purged.rows,
        "ids": list(purged.ids),
        "is_proved": purged.is_proved,
        "remaining": [
            {"table": mention.table.value, "partition": mention.partition, "key": mention.key}
            for mention in purged.remaining[:MOST_MENTIONS]
        ],
        "remaining_rows": len(purged.remaining),
    }


def health_view(checks: Sequence[Check]) -> Json:
    """Show what answers and what does not."""
    return {
        "ok": all(check.ok for check in checks),
        "checks": [{"name": check.name, "ok": check.ok, "problem": check.problem} for check in checks],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
