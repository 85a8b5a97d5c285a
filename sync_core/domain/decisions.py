"""What both sides show of a contact, its link and the connection's rules -> what to do, as data.

The truth table (`lifecycle.RULES`) decides about every link; the merge says which fields travel. A decision is one of a
closed set, and each kind holds exactly what applying it needs. What is to come has its place in the union: `Refuse`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_core.domain.contact import Contact, OutlookContact, PipelinerContact, Side
from sync_core.domain.link import AbsentBy, Link
from sync_core.domain.merge import Merge
from sync_core.domain.records import Action, outlook_subject, pipeliner_subject

SAME_PERSON = "the same person on both sides"
TOOK_ITS_PLACE = "it took the place of the contact that was missing"
TYPED_OVER = "it shows another person than before"
LIVES_ON = "the same person is in Pipeliner already, perhaps after a merge there"
RULED_APART = "a person said that these are two people"


@dataclass(frozen=True, slots=True)
class KeepDormant:
    """Nothing is written and nothing deleted; the link is kept for when both contacts are back.

    With `both_seen` nothing is left to find out about a write that was pending.
    """

    link: Link
    side: Side
    by: AbsentBy
    why: str
    both_seen: bool


@dataclass(frozen=True, slots=True)
class End:
    """The link is forgotten: there is nothing left to keep in step, or its contacts are two people and `both_stay`."""

    link: Link
    why: str
    both_stay: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """One half is missing on `side`: what follows waits, since it may come back, or another contact take its place."""

    link: Link
    side: Side
    by: AbsentBy
    why: str


@dataclass(frozen=True, slots=True)
class Remove:
    """The contact goes on one side: deleted because its counterpart was, or removed because it left the scope."""

    link: Link
    side: Side
    contact: OutlookContact | PipelinerContact
    action: Action
    why: str


@dataclass(frozen=True, slots=True)
class Update:
    """Both contacts are there: changed fields travel. With `then_remove` the Outlook contact goes afterwards."""

    link: Link
    outlook: OutlookContact
    pipeliner: PipelinerContact
    merge: Merge
    why: str
    then_remove: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """The card on `side` shows another person than its baseline: nothing travels either way before a person answers."""

    link: Link
    side: Side
    outlook: OutlookContact
    pipeliner: PipelinerContact
    why: str = TYPED_OVER


@dataclass(frozen=True, slots=True)
class Relink:
    """Another contact is who was missing: the link moves to it as `moved`, and what differs travels like an edit."""

    link: Link
    moved: Link
    outlook: OutlookContact
    pipeliner: PipelinerContact
    merge: Merge
    why: str = TOOK_ITS_PLACE


@dataclass(frozen=True, slots=True)
class Pair:
    """The first sight of a pair: everything that only one side has goes to the other."""

    link: ClassVar[None] = None
    outlook: OutlookContact
    pipeliner: PipelinerContact
    merge: Merge
    why: str = SAME_PERSON


@dataclass(frozen=True, slots=True)
class Create:
    """A contact without a counterpart gets one on `side`."""

    link: ClassVar[None] = None
    side: Side
    source: OutlookContact | PipelinerContact
    merge: Merge
    why: str


@dataclass(frozen=True, slots=True)
class Recreate:
    """The counterpart is gone, but the contact was edited since or came back: it is created on `side` once more."""

    link: Link
    side: Side
    source: OutlookContact | PipelinerContact
    merge: Merge
    why: str


Decision = KeepDormant | End | Wait | Ask | Remove | Update | Relink | Pair | Create | Recreate
"""Its `link` is the link that it is about; None at first sight."""


def wait_first(decision: Decision) -> Decision:
    """Return what may be done at once: a delete and a re-create wait for the end of the run, and for their delay."""
    match decision:
        case Remove():
            by = AbsentBy.SCOPE if decision.action is Action.REMOVED else AbsentBy.UNKNOWN
            return Wait(decision.link, decision.side.other, by, decision.why)
        case Recreate():
            return Wait(decision.link, decision.side, AbsentBy.UNKNOWN, decision.why)
        case _:
            return decision


def draft_of(decision: Create | Recreate) -> Contact:
    """Return the contact that is created."""
    return Contact().with_values(decision.merge.to(decision.side))


def first_subjects(decision: Pair | Relink | Create) -> tuple[str, ...]:
    """Attention subjects under which a contact without a link may have stood."""
    if isinstance(decision, Pair | Relink):
        return (outlook_subject(decision.outlook.id), pipeliner_subject(decision.pipeliner.id))
    if isinstance(decision.source, OutlookContact):
        return (outlook_subject(decision.source.id),)
    return (pipeliner_subject(decision.source.id),)
