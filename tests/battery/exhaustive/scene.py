"""One person on both sides, a decision about them, and everything that can happen while its writes are on their way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sync_core.domain import (
    Action,
    Connection,
    Contact,
    Decision,
    Link,
    LinkId,
    OutlookContact,
    OutlookId,
    Ownership,
    Pair,
    PipelinerContact,
    PipelinerId,
    PipelinerUser,
    Side,
    Update,
    UserId,
    Value,
    decide,
    decide_pair,
)
from sync_core.engine.applying import announce
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
from tests.battery.exhaustive.states import LATER
from tests.decided import merge_of

FOLDER = "folder"
USER = PipelinerUser(UserId("user"), "rita@example.test", "Rita Rep")
STRANGER = UserId("stranger")
LINK = LinkId("link")
OUTLOOK, PIPELINER = OutlookId("outlook"), PipelinerId("pipeliner")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER = NOON - timedelta(hours=1)
WORK = PipelinerLook(PIPELINER, tries=1)


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


def _losers(change_set: ChangeSet) -> list[tuple[str, Value]]:
    conflicts = [entry for entry in change_set.history if entry.action is Action.CONFLICT]
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
        return PipelinerContact(PIPELINER, revision, modified, shown, Ownership(USER.id), is_protected=False)

    def decide(self) -> Decision:
        """Decide on what both sides show."""
        outlook, pipeliner = self.outlook(), self.pipeliner()
        if self.link is None:
            return decide_pair(self.connection, outlook, pipeliner)
        return decide(self.connection, FOLDER, self.link, outlook, pipeliner)

    def apply(self, decision: Decision, flight: Flight) -> ChangeSet:
        """Announce a decision, let its writes meet their endings, and store what came out."""
        announced = announce(self.connection, decision, LINK)
        if announced is not None:
            self.store(announced)
            decision = _with_link(decision, announced.after)
        before = dict(self.shown)
        outlook = self._written_to_outlook(decision, flight)
        outcomes = Outcomes(outlook, self._written_to_pipeliner(decision, flight))
        change_set = to_change_set(self.connection, decision, outcomes, LINK, (WORK,), NOON)
        self.store(change_set)
        for side, ending in flight.items():
            for name in self._texts(_changes(decision, side))[:1]:
                if ending is InFlight.TAKEN_BACK:
                    link = decision.link
                    had = link.baselines.of(side.other) if link is not None else Contact()
                    self._type(side.other, name, had[name])
                if ending is InFlight.PUT_BACK:
                    self._type(side, name, before[side][name])
                if ending is InFlight.TYPED_OVER:
                    self._type(side, name, LATER)
                    self.typed_over.add((side.other, name))
        return change_set

    def store(self, change_set: ChangeSet) -> None:
        """Store a change set."""
        self.link = change_set.after if change_set.after is not None else self.link
        self.lost.extend(_losers(change_set))

    def to_be_told(self) -> list[tuple[str, Value]]:
        """Return the losers that the next run names before it writes over them, after a write of unknown outcome."""
        if self.link is None or self.link.pending is None:
            return []
        return _losers(announce(self.connection, self.decide(), LINK) or ChangeSet())

    def _written_to_outlook(self, decision: Decision, flight: Flight) -> OutlookOutcome | None:
        if Side.OUTLOOK not in flight:
            return None
        failed = self._happened(Side.OUTLOOK, _changes(decision, Side.OUTLOOK), flight[Side.OUTLOOK])
        return failed or Written(self.outlook())

    def _written_to_pipeliner(self, decision: Decision, flight: Flight) -> PipelinerOutcome | None:
        if Side.PIPELINER not in flight:
            return None
        failed = self._happened(Side.PIPELINER, _changes(decision, Side.PIPELINER), flight[Side.PIPELINER])
        return failed or Written(self.pipeliner())

    def _happened(
        self, side: Side, changes: Mapping[str, Value], ending: InFlight
    ) -> Refused | Stale | Unfinished | OutcomeUnknown | None:
        if ending in DONE:
            form = rewritten if ending is InFlight.REWRITTEN else _as_is
            self.shown[side] = self.shown[side].with_values({name: form(value) for name, value in changes.items()})
            self.versions[side] += 1
        if ending is InFlight.BESIDE:
            self._person_edits(side, without=frozenset(changes))
        if ending is InFlight.STALE:
            self._person_edits(side, without=frozenset())
            return Stale()
        return _FAILURES.get(ending)

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
        """Return the text fields among changes."""
        return [row.name for row in self.connection.field_map if row.name in changes and not row.kind.is_list]


def _with_link(decision: Decision, link: Link | None) -> Decision:
    """Return what is applied once its link is stored: a pair has become one."""
    if link is None or not isinstance(decision, Update | Pair):
        return decision
    then_remove = isinstance(decision, Update) and decision.then_remove
    return Update(link, decision.outlook, decision.pipeliner, decision.merge, decision.why, then_remove)


def _changes(decision: Decision, side: Side) -> Mapping[str, Value]:
    merge = merge_of(decision)
    return merge.to(side) if merge is not None else {}


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
