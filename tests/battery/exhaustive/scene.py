"""One person on both sides, a plan for him, and everything that can happen while the plan's writes are on their way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sync_core.domain.connection import Connection
from sync_core.domain.contact import Contact, LinkId, OutlookId, PipelinerId, Side, UserId, Value
from sync_core.domain.link import Link
from sync_core.domain.planning import LinkPlan, plan_link, plan_pair
from sync_core.domain.records import Deed
from sync_core.domain.sides import OutlookContact, Ownership, PipelinerContact, PipelinerUser
from sync_core.engine.announcing import announce
from sync_core.engine.ports import OutcomeUnknown, OutlookOutcome, PipelinerOutcome, Refused, Stale, Unfinished, Written
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import PipelinerWork, Unit
from tests.battery.exhaustive.states import LATER

FOLDER = "folder"
USER = PipelinerUser(UserId("user"), "rita@example.test", "Rita Rep")
STRANGER = UserId("stranger")
LINK = LinkId("link")
OUTLOOK, PIPELINER = OutlookId("outlook"), PipelinerId("pipeliner")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=1)
WORK = PipelinerWork(PIPELINER, tries=1)


class InFlight(StrEnum):
    """What becomes of one side's write."""

    WRITTEN = "written"
    REWRITTEN = "written, in the service's own form"
    BESIDE = "written, and a person edited another field meanwhile"
    REFUSED = "refused"
    STALE = "not written, because a person edited the contact meanwhile"
    UNFINISHED = "not written"
    LOST_DONE = "written, but the answer is lost"
    LOST_UNDONE = "not written, and no answer"
    TAKEN_BACK = "written, the answer is lost, and where it came from a person took the edit back"
    PUT_BACK = "written, the answer is lost, and where it was written a person put the old value back"
    TYPED_OVER = "written, the answer is lost, and where it was written a person typed something else"


OVERTAKEN = frozenset({InFlight.TAKEN_BACK, InFlight.PUT_BACK, InFlight.TYPED_OVER})
"""Somebody undid the edit on one side before anybody knew of the write."""
DONE = frozenset({InFlight.WRITTEN, InFlight.REWRITTEN, InFlight.BESIDE, InFlight.LOST_DONE}) | OVERTAKEN
"""The service has taken what it was sent."""
CALM = frozenset({InFlight.REFUSED, InFlight.UNFINISHED, InFlight.LOST_UNDONE})
"""Nothing was written and nobody edited."""
Flight = Mapping[Side, InFlight]
PersonsEdit = tuple[Side, str, Value]


def _losers(unit: Unit) -> list[tuple[str, Value]]:
    conflicts = [entry for entry in unit.history if entry.deed is Deed.CONFLICT]
    return [(change.field, change.old) for entry in conflicts for change in entry.changes]


def rewritten(value: Value) -> Value:
    """What a service may make of a value."""
    return value.upper() if isinstance(value, str) else tuple(entry.upper() for entry in value)


@dataclass(slots=True)
class Scene:
    """Both services as they are now, the link as it is stored, and the history so far."""

    connection: Connection
    shown: dict[Side, Contact]
    link: Link | None
    newest: Side
    lost: list[tuple[str, Value]] = field(default_factory=list)
    """Fields and values of which the history says that they lost a conflict."""
    persons_edits: list[PersonsEdit] = field(default_factory=list)
    """What people edited while writes were on their way."""
    typed_over: set[tuple[Side, str]] = field(default_factory=set)
    """Edits that a person saw on the other side, and replaced there."""
    versions: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 1))
    """Moves with every write."""

    def outlook(self) -> OutlookContact:
        """Read the Outlook contact."""
        modified = NOON if self.newest is Side.OUTLOOK else EARLIER
        return OutlookContact(
            OUTLOOK, f"key-{self.versions[Side.OUTLOOK]}", self.shown[Side.OUTLOOK], FOLDER, modified, PIPELINER
        )

    def pipeliner(self) -> PipelinerContact:
        """Read the Pipeliner contact."""
        modified = NOON if self.newest is Side.PIPELINER else EARLIER
        shown, revision = self.shown[Side.PIPELINER], self.versions[Side.PIPELINER]
        return PipelinerContact(PIPELINER, revision, modified, shown, Ownership(USER.id))

    def plan(self) -> LinkPlan:
        """Plan what both sides show."""
        outlook, pipeliner = self.outlook(), self.pipeliner()
        if self.link is None:
            return plan_pair(self.connection, outlook, pipeliner)
        return plan_link(self.connection, FOLDER, self.link, outlook, pipeliner)

    def carry_out(self, plan: LinkPlan, flight: Flight) -> Unit:
        """Announce a plan, let its writes meet their fates, settle, and store what came out."""
        announced = announce(self.connection, plan, LINK)
        if announced is not None:
            self.store(announced)
            plan = replace(plan, link=announced.after) if announced.after is not None else plan
        before = dict(self.shown)
        outlook = self._written_to_outlook(plan, flight)
        outcomes = Outcomes(outlook, self._written_to_pipeliner(plan, flight))
        unit = settle(self.connection, plan, outcomes, LINK, (WORK,))
        self.store(unit)
        for side, fate in flight.items():
            for name in self._texts(plan.merge.to(side) if plan.merge is not None else {})[:1]:
                if fate is InFlight.TAKEN_BACK:
                    had = plan.link.baselines.of(side.other) if plan.link is not None else Contact()
                    self._type(side.other, name, had[name])
                if fate is InFlight.PUT_BACK:
                    self._type(side, name, before[side][name])
                if fate is InFlight.TYPED_OVER:
                    self._type(side, name, LATER)
                    self.typed_over.add((side.other, name))
        return unit

    def store(self, unit: Unit) -> None:
        """Store a unit."""
        self.link = unit.after if unit.after is not None else self.link
        self.lost.extend(_losers(unit))

    def to_be_told(self) -> list[tuple[str, Value]]:
        """Give the losers that the next pass names before it writes over them, after a write of unknown outcome."""
        if self.link is None or self.link.pending is None:
            return []
        return _losers(announce(self.connection, self.plan(), LINK) or Unit())

    def _written_to_outlook(self, plan: LinkPlan, flight: Flight) -> OutlookOutcome | None:
        if Side.OUTLOOK not in flight:
            return None
        failed = self._happened(Side.OUTLOOK, plan, flight[Side.OUTLOOK])
        return failed or Written(self.outlook())

    def _written_to_pipeliner(self, plan: LinkPlan, flight: Flight) -> PipelinerOutcome | None:
        if Side.PIPELINER not in flight:
            return None
        failed = self._happened(Side.PIPELINER, plan, flight[Side.PIPELINER])
        return failed or Written(self.pipeliner())

    def _happened(
        self, side: Side, plan: LinkPlan, fate: InFlight
    ) -> Refused | Stale | Unfinished | OutcomeUnknown | None:
        changes = plan.merge.to(side) if plan.merge is not None else {}
        if fate in DONE:
            form = rewritten if fate is InFlight.REWRITTEN else _as_is
            self.shown[side] = self.shown[side].with_values({name: form(value) for name, value in changes.items()})
            self.versions[side] += 1
        if fate is InFlight.BESIDE:
            self._person_edits(side, without=frozenset(changes))
        if fate is InFlight.STALE:
            self._person_edits(side, without=frozenset())
            return Stale()
        return _FAILURES.get(fate)

    def _person_edits(self, side: Side, without: frozenset[str]) -> None:
        """Edit the last text field that is not being written."""
        names = [row.name for row in self.connection.field_map if row.name not in without and not row.kind.is_list]
        for name in names[-1:]:
            self._type(side, name, LATER)

    def _type(self, side: Side, name: str, value: Value) -> None:
        if self.shown[side][name] != value:
            self.shown[side] = self.shown[side].with_values({name: value})
            self.versions[side] += 1
            self.persons_edits.append((side, name, value))

    def _texts(self, changes: Mapping[str, Value]) -> list[str]:
        """Give the text fields among changes."""
        return [row.name for row in self.connection.field_map if row.name in changes and not row.kind.is_list]


def _as_is(value: Value) -> Value:
    return value


_FAILURES: Mapping[InFlight, Refused | Unfinished | OutcomeUnknown] = {
    InFlight.REFUSED: Refused("code", "words"),
    InFlight.UNFINISHED: Unfinished(),
    InFlight.LOST_DONE: OutcomeUnknown(),
    InFlight.LOST_UNDONE: OutcomeUnknown(),
    InFlight.TAKEN_BACK: OutcomeUnknown(),
    InFlight.PUT_BACK: OutcomeUnknown(),
    InFlight.TYPED_OVER: OutcomeUnknown(),
}
