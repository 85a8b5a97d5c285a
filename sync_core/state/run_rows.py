"""What one run leaves for the next: the cursor and the work that waits; and what it knows of rows itself.

A run need not read again what it read or stored itself: which rows it may remove, and since when a fault stands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync_core.domain import (
    AttentionItem,
    Level,
    LinkId,
    OutlookId,
    PipelinerId,
    PipelinerUser,
    Reach,
    Reason,
    RightsMode,
    Side,
    UserRole,
)
from sync_core.engine.ports import Awaited, ChangeSet, Cursor, OutlookLook, PipelinerLook, Step, Work
from sync_core.state.record_rows import attention_body, attention_of
from sync_core.state.rows import (
    ATTENTION,
    AWAITED,
    OPENING_END,
    OUTLOOK_LOOK,
    PIPELINER_LOOK,
    RIGHTS_VERSION,
    WORK_START,
    body,
    link_operations,
    parsed,
    reads_row,
    time_of,
    without_blanks,
    work_key,
)
from sync_core.storage import Operation, Put, Remove, Row

_MOST_ETAGS = 5_000

_STAGES = {
    Step.READ_OUTLOOK: "outlook",
    Step.LIST_PIPELINER: "pipeliner",
    Step.LOOK_FOR_MISSING: "missing",
    Step.PIPELINER_WORK: "work",
}
"""The steps at which a run can be taken up again, as 0.1 wrote them."""
_STEPS = {stage: step for step, stage in _STAGES.items()}


def cursor_body(cursor: Cursor) -> str:
    """Write a cursor; the number of links stands in the lease row, which every transaction writes."""
    return body(
        {"stage": _STAGES[cursor.step], "is_full": cursor.is_full}
        | without_blanks(
            delta_link=cursor.delta_link,
            is_paging=int(cursor.is_paging),
            listing_after=cursor.listing_after,
            links_after=cursor.links_after,
            look_for_missing=int(cursor.look_for_missing),
        )
    )


@reads_row
def cursor_of(row: Row | None, links: int) -> Cursor:
    """Read a cursor; a connection that was never synced starts with a full sync."""
    if row is None:
        return Cursor(links=links)
    stored = parsed(row.body)
    after = stored.get("links_after")
    return Cursor(
        delta_link=stored.get("delta_link"),
        is_paging=bool(stored.get("is_paging")),
        is_full=stored["is_full"],
        step=_STEPS[stored["stage"]],
        listing_after=stored.get("listing_after"),
        links_after=None if after is None else LinkId(after),
        look_for_missing=bool(stored.get("look_for_missing")),
        links=links,
    )


def user_as_read(rows: Sequence[Row], user: PipelinerUser, oldest: datetime) -> PipelinerUser | None:
    """Read of a space's rows what a user may do; None where it is not known, or as of before the `oldest` time.

    Rows that cannot be read tell nothing: whoever reads the feed next writes them anew.
    """
    try:
        stored = [one for one in map(parsed, (row.body for row in rows)) if one["version"] == RIGHTS_VERSION]
        as_of, by_ownership = time_of(stored[0].get("as_of")), stored[0]["mode"] == RightsMode.OWNERSHIP
        found = next((one["members"][user.id] for one in stored[1:] if user.id in one["members"]), None)
        if as_of is None or as_of < oldest or found is None or found.get("is_stopped"):
            return None
        units = frozenset(found["units"]) if "units" in found else user.unit_ids
        known = replace(user, unit_ids=units, is_recalculating=bool(found.get("is_recalculating")))
        role_id = found.get("role", "")
        told = stored[1]["roles"].get(role_id)
        if by_ownership or told is None or told["level"] == Level.UNKNOWN:
            return known if by_ownership else None
        role = UserRole(
            Level(told["level"]),
            bool(told.get("may_delete")),
            bool(told.get("opens_archive")),
            Reach(told["reach"]),
            frozenset(told["types"]) if "types" in told else None,
            *(frozenset(stored[1][name].get(role_id, ())) for name in ("shut", "hidden")),
        )
        managed, further = (frozenset(found.get(name, ())) for name in ("managed", "further"))
        return replace(known, role=role, managed_unit_ids=managed, further_unit_ids=further)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None


def work_body(work: Work) -> str:
    """Write a work item; its id is in the key."""
    if isinstance(work, Awaited):
        waits = without_blanks(tries=work.tries, not_before=work.not_before)
        return body(without_blanks(since=work.since, side=work.side) | waits)
    stored = without_blanks(tries=work.tries, not_before=work.not_before)
    if isinstance(work, OutlookLook):
        stored |= without_blanks(stored_id=work.stored_id, new=int(work.is_new))
    else:
        stored |= without_blanks(ruled=work.is_ruled)
        stored |= {"writes": list(work.writes)} if work.writes is not None else {}
    if work.awaits_approval:
        stored["held"] = True
    return body(stored)


@reads_row
def outlook_look_of(row: Row) -> OutlookLook:
    """Read an Outlook contact that waits; 0.1 wrote the traits of a new one."""
    stored = parsed(row.body)
    stored_id = stored.get("stored_id")
    return OutlookLook(
        OutlookId(row.key.removeprefix(OUTLOOK_LOOK)),
        PipelinerId(stored_id) if stored_id else None,
        "traits" in stored or bool(stored.get("new")),
        stored.get("tries", 0),
        row.etag,
        time_of(stored.get("not_before")),
        stored.get("held", False),
    )


@reads_row
def pipeliner_look_of(row: Row) -> PipelinerLook:
    """Read a Pipeliner contact that waits."""
    stored = parsed(row.body)
    return PipelinerLook(
        PipelinerId(row.key.removeprefix(PIPELINER_LOOK)),
        stored.get("tries", 0),
        row.etag,
        time_of(stored.get("not_before")),
        stored.get("held", False),
        stored.get("ruled", False),
        tuple(stored["writes"]) if "writes" in stored else None,
    )


@reads_row
def awaited_of(row: Row) -> Awaited:
    """Read a link with a missing half that waits."""
    stored = parsed(row.body)
    side = Side(stored["side"]) if "side" in stored else None
    return Awaited(
        LinkId(row.key.removeprefix(AWAITED)),
        time_of(stored.get("since")),
        side,
        row.etag,
        stored.get("tries", 0),
        time_of(stored.get("not_before")),
    )


WORK: Mapping[type[Any], tuple[str, Callable[[Row], Work]]] = {
    OutlookLook: (OUTLOOK_LOOK, outlook_look_of),
    PipelinerLook: (PIPELINER_LOOK, pipeliner_look_of),
    Awaited: (AWAITED, awaited_of),
}
"""Where each kind of work lies, and how it is read."""


# What a run knows


@dataclass(slots=True)
class KnownWork:
    """Versions of the work rows that this run put, so that it can remove them unread; the latest thousands only."""

    _etags: dict[str, str] = field(default_factory=dict)

    def operations(self, done: Iterable[Work], put: Iterable[Work]) -> Iterator[Operation]:
        """Return what puts items, and removes finished ones: in the version seen, so that a newer one survives."""
        for work in done:
            key = work_key(work)
            etag = self._etags.get(key, work.etag)
            if etag:
                yield Remove(key, etag)
        for work in put:
            yield Put(work_key(work), work_body(work))

    def note_read(self, rows: Iterable[Row]) -> None:
        """Take over what the feed has made of rows that this run put."""
        self._etags.update((row.key, row.etag) for row in rows if row.key in self._etags)

    def note_stored(self, operation: Operation, etag: str) -> None:
        """Take over what was stored."""
        if not WORK_START <= operation.key < OPENING_END:
            return
        self._etags.pop(operation.key, None)
        if etag:
            self._etags[operation.key] = etag
            if len(self._etags) > _MOST_ETAGS:
                del self._etags[next(iter(self._etags))]


@dataclass(slots=True)
class KnownAttention:
    """The attention items of a connection, as they stand, without their words, unless these may be amended."""

    items: dict[str, AttentionItem] = field(default_factory=dict)
    """By the keys of their rows."""

    def asking_about(self, ids: Collection[str]) -> list[AttentionItem]:
        """Return the questions that are about any of these contacts."""
        wanted = frozenset(ids)
        return [
            item
            for item in self.items.values()
            if item.is_question and not wanted.isdisjoint({*item.candidates, item.outlook_id, item.pipeliner_id})
        ]

    def asked(self, change_sets: Sequence[ChangeSet]) -> tuple[frozenset[PipelinerId], frozenset[PipelinerId]]:
        """Return whom the connection asks about from now on, and about whom no more, once these are stored."""
        items = [one for change_set in change_sets for one in change_set.attention]
        resolved = [one for change_set in change_sets for one in change_set.resolved]
        touched = {ATTENTION + subject for subject in (*resolved, *(item.subject for item in items))}
        before = frozenset(one for key in touched & self.items.keys() for one in self.items[key].asks_about)
        after = frozenset(one for item in items for one in item.asks_about)
        if before == after:
            return frozenset(), frozenset()
        others = (item for key, item in self.items.items() if key not in touched)
        elsewhere = {one for item in others for one in item.asks_about}
        return after - before - elsewhere, before - after - elsewhere

    def answered(self) -> list[AttentionItem]:
        """Return the items to which a person chose what is to be done."""
        return [item for item in self.items.values() if item.chosen is not None]

    def operations(
        self, resolved: Iterable[str], amended: Iterable[AttentionItem], items: Iterable[AttentionItem], now: datetime
    ) -> Iterator[Operation]:
        """Return what removes resolved items and stores others; who stood before keeps time and what a person said."""
        for item in amended:
            known = self.items.get(ATTENTION + item.subject)
            if known is not None and known.reason is item.reason and known.choices != item.choices:
                yield Put(ATTENTION + item.subject, attention_body(known.amended_by(item)))
        for subject in resolved:
            if ATTENTION + subject in self.items:  # a transaction must not remove what is not there
                yield Remove(ATTENTION + subject)
        for item in items:
            key = ATTENTION + item.subject
            yield Put(key, attention_body(item.after(self.items.get(key), now)))

    def note_read(self, rows: Iterable[Row]) -> None:
        """Take over what is stored."""
        for row in rows:
            item = attention_of(row)
            is_amended = item.reason is Reason.READ_ONLY
            self.items[row.key] = item if is_amended else replace(item, message="", remedy="", evidence=())

    def note_stored(self, operation: Operation, _etag: str) -> None:
        """Take over what was stored just now, whatever its version."""
        if isinstance(operation, Remove):
            self.items.pop(operation.key, None)
        elif operation.key.startswith(ATTENTION):
            self.note_read([Row(operation.key, operation.body, "")])


def change_set_operations(
    change_set: ChangeSet, attention: KnownAttention, work: KnownWork, now: datetime
) -> list[Operation]:
    """Return what stores a change set; of two operations on one row the later one counts."""
    told = attention.operations(change_set.resolved, change_set.amended, change_set.attention, now)
    operations: list[Operation] = [
        *link_operations(change_set.before, change_set.after),
        *told,
        *work.operations(change_set.done_work, change_set.put_work),
    ]
    return list({operation.key: operation for operation in operations}.values())
