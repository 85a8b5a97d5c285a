"""Builders for decisions about Anna's link, and for what came of their writes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sync_core.domain import Baselines, Contact, Decision, Link, LinkId, OutlookContact, PipelinerContact, decide
from sync_core.engine.change_sets import Outcomes, to_change_set
from sync_core.engine.ports import (
    ChangeSet,
    OutcomeUnknown,
    OutlookOutcome,
    PipelinerLook,
    PipelinerOutcome,
    Refused,
    Stale,
    Unfinished,
    Written,
)
from tests.unit.scenario import FOLDER, NOON, PIPELINER, a_connection, a_link, in_outlook, in_pipeliner

NEW_LINK = LinkId("link-new")
LATER = NOON + timedelta(hours=1)
WORK = PipelinerLook(PIPELINER, tries=2)
REFUSED = Refused("invalid", "a field is not valid", ("city",))
PASSING: tuple[Stale | Unfinished | OutcomeUnknown, ...] = (Stale(), Unfinished(30.0), OutcomeUnknown())


def decided(outlook: OutlookContact | None, pipeliner: PipelinerContact | None, link: Link | None = None) -> Decision:
    """Decide about Anna's link."""
    return decide(a_connection(), FOLDER, link or a_link(), outlook, pipeliner)


def recorded(
    decision: Decision,
    outlook: OutlookOutcome | None = None,
    pipeliner: PipelinerOutcome | None = None,
    now: datetime = LATER,
) -> ChangeSet:
    """Return what is stored for a decision whose work row was put twice before."""
    return to_change_set(a_connection(), decision, Outcomes(outlook, pipeliner), NEW_LINK, (WORK,), now)


def wrote_outlook(contact: Contact, change_key: str = "key-2") -> Written[OutlookContact]:
    """Outlook took a write and shows this."""
    return Written(in_outlook(contact, change_key=change_key))


def wrote_pipeliner(contact: Contact, revision: int = 2) -> Written[PipelinerContact]:
    """Pipeliner took a write and shows this."""
    return Written(in_pipeliner(contact, revision=revision))


def baselines_of(change_set: ChangeSet) -> Baselines:
    """Baselines of the link that is stored."""
    assert change_set.after is not None
    return change_set.after.baselines
