"""Builders for what came of a plan's writes."""

from __future__ import annotations

from sync_core.domain.contact import Contact, LinkId
from sync_core.domain.merge import Baselines
from sync_core.domain.planning import LinkPlan
from sync_core.domain.sides import OutlookContact, PipelinerContact
from sync_core.engine.ports import OutcomeUnknown, OutlookOutcome, PipelinerOutcome, Refused, Stale, Unfinished, Written
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import PipelinerWork, Unit
from tests.unit.scenario import PIPELINER, a_connection, in_outlook, in_pipeliner

NEW_LINK = LinkId("link-new")
WORK = PipelinerWork(PIPELINER, tries=2)
REFUSED = Refused("invalid", "a field is not valid", ("city",))
PASSING: tuple[Stale | Unfinished | OutcomeUnknown, ...] = (Stale(), Unfinished(30.0), OutcomeUnknown())


def settled(plan: LinkPlan, outlook: OutlookOutcome | None = None, pipeliner: PipelinerOutcome | None = None) -> Unit:
    """Settle a plan whose work row was put twice before."""
    return settle(a_connection(), plan, Outcomes(outlook, pipeliner), NEW_LINK, (WORK,))


def wrote_outlook(contact: Contact, change_key: str = "key-2") -> Written[OutlookContact]:
    """Outlook took a write and shows this."""
    return Written(in_outlook(contact, change_key=change_key))


def wrote_pipeliner(contact: Contact, revision: int = 2) -> Written[PipelinerContact]:
    """Pipeliner took a write and shows this."""
    return Written(in_pipeliner(contact, revision=revision))


def baselines_of(unit: Unit) -> Baselines:
    """Baselines of the link that is stored."""
    assert unit.after is not None
    return unit.after.baselines
