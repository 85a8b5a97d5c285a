"""One policy for whatever one contact alone suffers from: a few tries, then set aside with growing waits, and named.

Everybody else goes on in the same run. A try is counted where a service took or answered other requests meanwhile;
what a pause or an outage left untried is nobody's fault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sync_core.domain import AttentionItem, Link, Reason, link_subject
from sync_core.engine.context import RunContext
from sync_core.engine.ports import (
    Awaited,
    ChangeSet,
    OutcomeUnknown,
    OutlookLook,
    OutlookOutcome,
    PipelinerLook,
    PipelinerOutcome,
    Stale,
    Unfinished,
    Work,
)
from sync_core.errors import ContactsFailing

TRIES = 4
"""Tries in a row before a contact is set aside."""
FIRST_WAIT = timedelta(minutes=10)
LAST_WAIT = timedelta(hours=24)
FIRST_RETRY_S = 5.0
"""How long a contact waits after its first failure; after each further one twice as long."""

Outcome = OutlookOutcome | PipelinerOutcome
Id = TypeVar("Id", bound=str)
One = TypeVar("One", bound=Work)
Item = TypeVar("Item")
Told = TypeVar("Told")


def set_aside(change_set: ChangeSet, now: datetime, why: str = "") -> ChangeSet:
    """Return work that failed too often a time before which it is not tried again, and say so."""
    link = change_set.after or change_set.before
    put: list[Work] = []
    attention = list(change_set.attention)
    for work in change_set.put_work:
        if work.tries < TRIES:
            put.append(work)
            continue
        wait: timedelta = min(FIRST_WAIT * 2 ** min(work.tries - TRIES, 12), LAST_WAIT)
        put.append(replace(work, not_before=now + wait))
        item = AttentionItem(
            link_subject(link.id) if link is not None else work.subject,
            Reason.KEEPS_FAILING,
            f"The contact could not be synced {work.tries} times in a row; it is set aside and tried again later."
            + (f" The last time: {why}" if why else ""),
            "Look at the service's own state of this contact; an edit on either side has it tried again at once.",
            outlook_id=work.id if isinstance(work, OutlookLook) else link.outlook_id if link else None,
            pipeliner_id=work.id if isinstance(work, PipelinerLook) else link.pipeliner_id if link else None,
            link_id=link.id if link else None,
        )
        attention.append(item)
    return replace(change_set, put_work=tuple(put), attention=tuple(attention))


def tries_of(done: Sequence[Work], *outcomes: Outcome | None) -> int:
    """Count the tries of work with this one, unless the service took nothing from anybody."""
    before = max((work.tries for work in done if not isinstance(work, Awaited)), default=0)
    failed = [isinstance(one, Stale | OutcomeUnknown) for one in outcomes]
    failed += [isinstance(one, Unfinished) and one.why != "" for one in outcomes]
    return before + any(failed)


def retry_s(works: Sequence[Work], why: str) -> float:
    """Seconds after which another run is worth while for work that failed; 0 where all of it is set aside."""
    waiting = [work.tries - 1 for work in works if why and 0 < work.tries < TRIES]
    return max((FIRST_RETRY_S * 2**tries for tries in waiting), default=0.0)


def note_failing(context: RunContext, works: Sequence[Work], why: str, link: Link | None = None) -> None:
    """Count a try of work that cannot be looked at; it is stored with what the run stores next."""
    tried = tuple(replace(work, tries=work.tries + 1, etag="") for work in works)
    change_set = set_aside(ChangeSet(before=link, after=link, put_work=tried), context.clock.now(), why)
    context.failing.append(change_set)
    context.retry_s = max(context.retry_s, retry_s(change_set.put_work, why))


def note_pause(context: RunContext, error: ContactsFailing) -> None:
    """Let the run stop at its next checkpoint where a service asked for a pause."""
    if error.retry_after_s is not None:
        context.pause_s = max(context.pause_s, error.retry_after_s or 1.0)


def readable_looks(context: RunContext, error: ContactsFailing, looks: Mapping[Id, One]) -> dict[Id, One]:
    """Return the looks at contacts that can be read; of the others a try is counted, unless nothing was tried."""
    note_pause(context, error)
    for key in looks.keys() & error.failed.keys():
        note_failing(context, (looks[key],), error.failed[key])
    return {key: look for key, look in looks.items() if key not in error.failed and key not in error.untried}


async def apart(
    context: RunContext,
    items: Sequence[Item],
    perform: Callable[[Sequence[Item]], Awaitable[Told]],
    works_of: Callable[[Item], Sequence[Work]],
) -> list[Told]:
    """Perform for all items; where a contact that they need cannot be read, in halves until its asker is alone."""
    counted = context.creates_today, context.creates_held
    try:
        return [await perform(items)]
    except ContactsFailing as error:
        context.creates_today, context.creates_held = counted  # it is counted anew for each half
        note_pause(context, error)
        if context.pause_s:  # none of them was tried
            return []
        if len(items) > 1:
            half = len(items) // 2
            return [
                *await apart(context, items[:half], perform, works_of),
                *await apart(context, items[half:], perform, works_of),
            ]
        for item in items:
            note_failing(context, works_of(item), str(error))
        return []
