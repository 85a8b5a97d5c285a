"""Contacts that keep failing, or keep changing, are set aside for a while so that they cost nobody anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sync_core.domain.link import Link
from sync_core.domain.records import AttentionItem, Reason, link_subject, outlook_subject, pipeliner_subject
from sync_core.engine.state_port import OutlookWork, PipelinerWork, RemovalWork, Unit, Work

TRIES = 4
"""Tries in a row before a contact is set aside."""
FIRST_WAIT = timedelta(minutes=10)
LAST_WAIT = timedelta(hours=24)
WINDOW = timedelta(hours=1)
MOST_WRITES = 12
"""Writes to one link within the window that people may cause; more is a circle, closed by a third tool."""


def note_write(unit: Unit, now: datetime) -> Unit:
    """Remember in the link that it was written now."""
    if unit.after is None:
        return unit
    written = (*(at for at in unit.after.written if at > now - WINDOW), now)
    return replace(unit, after=replace(unit.after, written=written))


def is_circling(link: Link, now: datetime) -> bool:
    """Whether a link was written so often lately that something else must be undoing it."""
    return sum(at > now - WINDOW for at in link.written) >= MOST_WRITES


def circling_unit(link: Link, done: Sequence[Work], now: datetime) -> Unit:
    """Set a circling link aside until its window is over."""
    again = PipelinerWork(link.pipeliner_id, not_before=now + WINDOW)
    item = AttentionItem(
        link_subject(link.id),
        Reason.KEEPS_CHANGING,
        f"The contact was written {MOST_WRITES} times within an hour: something else keeps changing it back.",
        "Find the other tool or rule that edits it; the sync looks at the contact again in an hour.",
        outlook_id=link.outlook_id,
        pipeliner_id=link.pipeliner_id,
        link_id=link.id,
    )
    kept = tuple(work for work in done if not isinstance(work, PipelinerWork))
    return Unit(attention=(item,), put_work=(again,), done_work=kept)


def set_aside(unit: Unit, now: datetime) -> Unit:
    """Give work that failed too often a time before which it is not tried again, and say so."""
    late = [work for work in unit.put_work if not isinstance(work, RemovalWork) and work.tries >= TRIES]
    if not late:
        return unit
    put = tuple(_later(work, now) if work in late else work for work in unit.put_work)
    return replace(unit, put_work=put, attention=(*unit.attention, *(_item(work, unit) for work in late)))


def is_due(work: OutlookWork | PipelinerWork, now: datetime) -> bool:
    """Whether work may be tried now."""
    return work.not_before is None or work.not_before <= now


def _later(work: Work, now: datetime) -> Work:
    if isinstance(work, RemovalWork):
        return work
    wait: timedelta = min(FIRST_WAIT * 2 ** min(work.tries - TRIES, 12), LAST_WAIT)
    return replace(work, not_before=now + wait)


def _item(work: OutlookWork | PipelinerWork, unit: Unit) -> AttentionItem:
    link = unit.after or unit.before
    subject = outlook_subject(work.id) if isinstance(work, OutlookWork) else pipeliner_subject(work.id)
    return AttentionItem(
        link_subject(link.id) if link is not None else subject,
        Reason.KEEPS_FAILING,
        f"The contact could not be synced {work.tries} times in a row; it is set aside and tried again later.",
        "Look at the service's own state of this contact; an edit on either side has it tried again at once.",
        outlook_id=work.id if isinstance(work, OutlookWork) else link.outlook_id if link else None,
        pipeliner_id=work.id if isinstance(work, PipelinerWork) else link.pipeliner_id if link else None,
        link_id=link.id if link else None,
    )
