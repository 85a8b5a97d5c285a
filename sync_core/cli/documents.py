"""What `--json` prints: the views that the API shows too, put together per command."""

from __future__ import annotations

from collections.abc import Sequence

from sync_core.cli.output import Json
from sync_core.cli.syncing import Synced
from sync_core.domain.records import AttentionItem, Recorded
from sync_core.operations.views import attention_view, connection_view, recorded_view, run_view, status_view
from sync_core.state.reading import ConnectionStatus
from sync_core.state.registry import ConnectionRecord


def status_document(record: ConnectionRecord, status: ConnectionStatus) -> Json:
    """Write a connection with how it stands."""
    return connection_view(record) | status_view(status)


def synced_document(synced: Synced) -> Json:
    """Write what a sync did."""
    stories = [
        {
            "id": story.connection_id,
            "runs": [run_view(run) for run in story.runs],
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
        "entries": [recorded_view(recorded) for recorded in entries],
        "next": entries[-1].id if len(entries) == limit else None,
    }


def attention_document(waiting: Sequence[tuple[ConnectionRecord, Sequence[AttentionItem]]]) -> Json:
    """Write what waits for a person, of each connection."""
    return {"items": [{"connection": record.id} | attention_view(item) for record, items in waiting for item in items]}
