"""Our records as JSON, for the API and for `--json`; cursors, leases and secrets are never among it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sync_core.connection_settings import SpaceSettings
from sync_core.domain import AttentionItem, Recorded, Ruling, Run
from sync_core.operations.answering import Answered
from sync_core.operations.asking import Check, Overview
from sync_core.operations.duplicates import PossibleDuplicate
from sync_core.operations.purging import Purged
from sync_core.operations.questions import Named, item_id
from sync_core.state import AuditEntry, ConnectionRecord, ConnectionSummary, Erased, UnreadableRecord

Json = dict[str, Any]
MOST_MENTIONS = 100
"""So many rows that are left after a purge are named; all of them are counted."""


def connection_view(record: ConnectionRecord) -> Json:
    """Show a connection: whom and what it connects, how, whether it syncs, and what of it cannot be read."""
    lost, faults = (record.lost_settings, record.faults) if isinstance(record, UnreadableRecord) else ((), ())
    return {
        "id": record.id,
        "mailbox": {"id": record.mailbox_id, "address": record.mailbox},
        "user": {"id": record.user_id, "email": record.user_email, "name": record.user_name},
        "folder": {"id": record.folder_id, "name": record.folder_name},
        "settings": record.settings.model_dump(mode="json") | dict.fromkeys(lost),
        "status": record.status.value,
        "reason": record.reason,
        "message": record.message,
        "not_before": _time(record.not_before),
        "created_at": _time(record.created_at),
        "unreadable": list(faults),
    }


def space_view(space: SpaceSettings) -> Json:
    """Show what counts for a whole space."""
    return {
        "settings": dict(space.settings),
        "locks": list(space.locks),
        "rights": space.rights.value,
        "status": "paused" if space.is_stopped else "active",
        "stopped_at": _time(space.stopped_at),
        "stopped_by": space.stopped_by or None,
    }


def audit_view(entry: AuditEntry) -> Json:
    """Show one act."""
    return {
        "id": entry.id,
        "at": _time(entry.at),
        "who": entry.actor.who,
        "from": entry.actor.origin.value,
        "act": entry.act.value,
        "result": entry.result.value,
        "connection_id": entry.connection_id or None,
        "detail": entry.detail,
        "changed": dict(entry.changed),
        "why": entry.why,
    }


def overview_view(overview: Overview) -> Json | None:
    """Show how a connection's sync stands; None where its rows cannot be read."""
    if overview.summary is None:
        return None
    return status_view(overview.summary) | {"removals_due": _time(overview.removals_due)}


def status_view(status: ConnectionSummary) -> Json:
    """Show how a connection's sync stands."""
    return {
        "links": status.links,
        "attention": status.attention,
        "waiting": asdict(status.waiting),
        "is_full_sync": status.cursor.is_full,
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
        "counts": asdict(run.counts) | {"writes": run.counts.writes, "held": run.counts.awaiting_approval},
        "message": run.message,
    }


def recorded_view(recorded: Recorded) -> Json:
    """Show a history entry, with the values that changed."""
    entry = recorded.entry
    return {
        "id": recorded.id,
        "at": _time(recorded.at),
        "run_id": recorded.run_id,
        "action": entry.action.value,
        "deed": entry.action.value,
        "side": entry.side.value if entry.side else None,
        "link_id": entry.link_id,
        "outlook_id": entry.outlook_id,
        "pipeliner_id": entry.pipeliner_id,
        "changes": [asdict(change) for change in entry.changes],
        "why": entry.why,
    }


def attention_view(item: AttentionItem, named: Named) -> Json:
    """Show what waits for a person, and what they may answer; contacts by what they are called now, where known."""
    outlook, pipeliner = named.of_outlook(item), named.of_pipeliner(item)
    contact = ({} if outlook is None else {"outlook": " / ".join(outlook.values())}) | (
        {} if pipeliner is None else {"pipeliner": list(pipeliner.values())}
    )
    names: Json = {**(outlook or {}), **(pipeliner or {})}
    return {
        "id": item_id(item),
        "subject": item.subject,
        "reason": item.reason.value,
        "message": item.message,
        "remedy": item.remedy,
        "outlook_id": item.outlook_id,
        "pipeliner_id": item.pipeliner_id,
        "link_id": item.link_id,
        "fields": list(item.fields),
        "since": _time(item.since),
        "choices": [choice.value for choice in item.choices],
        "candidates": [{"id": one, "name": names.get(one)} for one in item.candidates],
        "evidence": list(item.evidence),
        "chosen": item.chosen.value if item.chosen else None,
        "later": _time(item.later),
    } | ({"contact": contact} if contact else {})


def answered_view(answered: Answered) -> Json:
    """Show what was answered, and which items need an answer of their own."""
    return {
        "connection": answered.connection_id,
        "choice": answered.choice.value,
        "items": list(answered.items),
        "left": list(answered.left),
        "rulings": list(answered.rulings),
    }


def ruling_view(ruling: Ruling) -> Json:
    """Show a ruling: what was decided, by whom, and whom it is about."""
    return {
        "id": ruling.id,
        "kind": ruling.kind.value,
        "by": ruling.by,
        "at": _time(ruling.at),
        "space": ruling.for_space,
        "outlook_ids": list(ruling.about.outlook_ids),
        "pipeliner_ids": list(ruling.about.pipeliner_ids),
        "link_ids": list(ruling.about.link_ids),
    }


def duplicate_view(duplicate: PossibleDuplicate) -> Json:
    """Show a possible duplicate by its ids, for administrators."""
    return {
        "connection": duplicate.connection_id,
        "outlook_id": duplicate.outlook_id,
        "pipeliner_id": duplicate.pipeliner_id,
        "others": list(duplicate.others),
        "since": _time(duplicate.since),
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
        "erased": erased_view(purged.erased) if purged.erased is not None else None,
    }


def erased_view(erased: Erased) -> Json:
    """Show the row of a person who was erased, who says nothing of them."""
    return {"id": erased.id, "row": erased.key, "by": erased.by, "at": _time(erased.at)}


def health_view(checks: Sequence[Check]) -> Json:
    """Show what answers and what does not."""
    return {
        "ok": all(check.ok for check in checks),
        "checks": [{"name": check.name, "ok": check.ok, "problem": check.problem} for check in checks],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
