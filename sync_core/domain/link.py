"""A link: one Outlook contact paired with one Pipeliner contact inside a connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sync_core.domain.contact import Contact, LinkId, OutlookId, PipelinerId, Side, Value, same
from sync_core.domain.fields import FieldMap
from sync_core.domain.merge import Baselines


class LinkState(StrEnum):
    """Whether changes travel over the link."""

    LINKED = "linked"
    RESTING = "resting"


@dataclass(frozen=True, slots=True)
class Pending:
    """A write that was announced: until its outcome is known, it may have been done or not.

    `before` and `after` hold, for the fields that are written to either side, what the sides showed then and show once
    it is done; `change_key` and `revision` are those of the state before. `unknown` are the sides whose outcome nobody
    has told yet.
    """

    before: Baselines
    after: Baselines
    to_outlook: frozenset[str]
    to_pipeliner: frozenset[str]
    change_key: str = ""
    revision: int = -1
    unknown: frozenset[Side] = frozenset(Side)

    def written(self, side: Side) -> frozenset[str]:
        """Fields that are written on one side."""
        return self.to_outlook if side is Side.OUTLOOK else self.to_pipeliner


@dataclass(frozen=True, slots=True)
class Leaving:
    """The sync began to delete the contact on one side: if it is missing there, no person deleted it.

    `contact` is what it showed then; the history tells it when the pass that deleted it could not.
    """

    side: Side
    contact: Contact


@dataclass(frozen=True, slots=True)
class Link:
    """The pair, what each side had when both agreed, and the tokens by which our own echo is known.

    `change_key` (Graph) and `revision` (Pipeliner) are of the state that was merged last; an observation with
    the same token needs no second look. `created_on` names the side where the sync made the copy.
    """

    id: LinkId
    outlook_id: OutlookId
    pipeliner_id: PipelinerId
    baselines: Baselines
    change_key: str = ""
    revision: int = -1
    state: LinkState = LinkState.LINKED
    why_resting: str = ""
    created_on: Side | None = None
    written: tuple[datetime, ...] = ()
    """When the sync wrote one of its contacts lately: a circle shows here."""
    pending: Pending | None = None
    leaving: Leaving | None = None


def settled_baseline(
    rows: FieldMap,
    old: Contact,
    read: Contact,
    shown: Contact,
    written: frozenset[str],
    unsettled: frozenset[str],
) -> Contact:
    """Baseline of one side after a merge: per field the old value, what was read, or what the write left.

    Only written fields are taken from the answer (`shown`): another field that moved between our read and our
    write is a person's edit, which must still be noticed.
    """
    values: dict[str, Value] = {}
    for row in rows:
        source = old if row.name in unsettled else shown if row.name in written else read
        values[row.name] = source[row.name]
    return Contact().with_values(values)


def moved_meanwhile(rows: FieldMap, read: Contact, shown: Contact, written: frozenset[str]) -> bool:
    """Whether the answer to a write shows a change that we did not make."""
    return any(row.name not in written and not same(row.kind, read[row.name], shown[row.name]) for row in rows)
