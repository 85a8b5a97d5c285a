"""What is stored before a write goes out: the losers of conflicts, and the link with what is about to be written.

Later no read can tell either: a loser is overwritten, and our own write looks like a person's edit when the pass dies
or the answer is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.domain.connection import Connection
from sync_core.domain.contact import Contact, LinkId
from sync_core.domain.link import Link
from sync_core.domain.merge import Baselines, Conflict
from sync_core.domain.pending import doubtful, pending_of
from sync_core.domain.planning import LinkPlan
from sync_core.domain.records import Deed, FieldChange, HistoryEntry
from sync_core.engine.state_port import Unit

IN_DOUBT = "somebody edited it while a write was under way whose outcome is unknown"


def announce(connection: Connection, plan: LinkPlan, link_id: LinkId) -> Unit | None:
    """Give what to store before a plan is carried out; None where it overwrites nothing (creates are journalled)."""
    merge, outlook, pipeliner = plan.merge, plan.outlook, plan.pipeliner
    if merge is None or merge.writes_nothing:
        return None
    conflict = conflict_entry(connection, plan, link_id)
    history = (conflict,) if conflict is not None else ()
    if plan.link is not None and outlook is not None and pipeliner is not None:
        history = (*history, *_doubts(plan.link, doubtful(connection.field_map, plan.link, merge, outlook, pipeliner)))
    if plan.create_on is not None or outlook is None or pipeliner is None:
        return Unit(history=history) if history else None
    link = plan.link
    if link is None:
        link = Link(link_id, outlook.id, pipeliner.id, Baselines(Contact(), Contact()))
        history = (HistoryEntry(Deed.LINKED, None, link.id, link.outlook_id, link.pipeliner_id, why=plan.why), *history)
    return Unit(
        before=plan.link,
        after=replace(link, pending=pending_of(merge, outlook, pipeliner)),
        history=history,
        settled=first_subjects(plan),
    )


def _doubts(link: Link, conflicts: Sequence[Conflict]) -> tuple[HistoryEntry, ...]:
    changes = tuple(FieldChange(item.field, item.lost, item.won) for item in conflicts)
    ids = (link.id, link.outlook_id, link.pipeliner_id)
    return (HistoryEntry(Deed.CONFLICT, None, *ids, changes, IN_DOUBT),) if changes else ()


def conflict_entry(connection: Connection, plan: LinkPlan, link_id: LinkId) -> HistoryEntry | None:
    """Name the losers of a plan's conflicts."""
    if plan.merge is None or not plan.merge.conflicts:
        return None
    return HistoryEntry(
        Deed.CONFLICT,
        None,
        link_id,
        plan.outlook.id if plan.outlook is not None else None,
        plan.pipeliner.id if plan.pipeliner is not None else None,
        changes=tuple(FieldChange(item.field, item.lost, item.won) for item in plan.merge.conflicts),
        why=f"both sides changed it; rule: {connection.conflict_rule.value}",
    )


def first_subjects(plan: LinkPlan) -> tuple[str, ...]:
    """Attention subjects under which a contact without a link may have stood."""
    if plan.link is not None:
        return ()
    outlook = (f"outlook:{plan.outlook.id}",) if plan.outlook else ()
    return (*outlook, *((f"pipeliner:{plan.pipeliner.id}",) if plan.pipeliner else ()))
