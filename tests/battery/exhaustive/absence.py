"""Every way in which a linked contact can be away from one side, and what may then become of the other side's.

A contact may go only because its counterpart was deleted or left the scope, and never with an edit that could still
be sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from sync_core.domain import (
    Absent,
    AbsentBy,
    Connection,
    Contact,
    Decision,
    Mark,
    OutlookContact,
    OutlookId,
    Ownership,
    PipelinerContact,
    PipelinerId,
    Recreate,
    Resolution,
    Side,
    SyncType,
    Update,
    Value,
    decide,
    wait_first,
)
from sync_core.engine.change_sets import Outcomes, to_change_set
from sync_core.engine.ports import Awaited, ChangeSet, OutcomeUnknown, Refused, Unfinished, Written
from tests.battery.exhaustive.promises import WRITABLE
from tests.battery.exhaustive.scene import EARLIER, FOLDER, LINK, NOON, STRANGER, USER, WORK, Scene
from tests.battery.exhaustive.states import LONG, Placed, State
from tests.battery.exhaustive.trial import Rules, Tally, scene_of
from tests.decided import created_on, merge_of, resolution_of

MARKS: Mapping[Mark, Absent | None] = {
    Mark.NONE: None,
    Mark.DORMANT: Absent(Side.OUTLOOK, AbsentBy.UNKNOWN, EARLIER, "kept"),
    Mark.OURS_IN_OUTLOOK: Absent(Side.OUTLOOK, AbsentBy.US, EARLIER),
    Mark.OURS_IN_PIPELINER: Absent(Side.PIPELINER, AbsentBy.US, EARLIER),
}
"""What a link remembers: nothing, that it is dormant, or whose contact a run was deleting when it was cut off."""
NEW_OUTLOOK, NEW_PIPELINER = OutlookId("outlook-2"), PipelinerId("pipeliner-2")


class OutlookShows(StrEnum):
    """Where the Outlook contact is."""

    HERE = "here"
    MOVED = "moved"
    GONE = "gone"


class PipelinerShows(StrEnum):
    """Where the Pipeliner contact is."""

    HERE = "here"
    DELETED = "deleted"
    LEFT = "left the scope"
    OUT_OF_SIGHT = "out of sight"


@dataclass(frozen=True, slots=True)
class Absence:
    """Who is where, and what the link and the connection say to it."""

    outlook: OutlookShows
    pipeliner: PipelinerShows
    mark: Mark
    protected: bool


def every_absence(marks: Iterable[Mark] = Mark) -> list[Absence]:
    """All of them, with both being present for the links that have a mark."""
    return [Absence(*item) for item in product(OutlookShows, PipelinerShows, marks, (True, False))]


@dataclass(frozen=True, slots=True)
class _Case:
    absence: Absence
    sync_type: SyncType
    edited: Mapping[Side, bool]
    state: State
    decision: Decision

    @property
    def resolution(self) -> Resolution:
        """What the decision stands for."""
        return resolution_of(self.decision)

    def writes(self, side: Side) -> bool:
        """Whether this connection ever writes to a side."""
        return side in WRITABLE[self.sync_type]

    def may_travel(self, side: Side, item: Placed) -> bool:
        """Whether what a field shows on the other side may be written to this one, and fits there."""
        return side in WRITABLE[self.sync_type] & WRITABLE[item.direction] and item.state.now(side.other) != LONG

    def unsent(self) -> list[Placed]:
        """Return the fields that were edited in Outlook and that Pipeliner does not show like that."""
        return [item for item in self.state if item.state.outlook not in {item.state.pipeliner, _had(item)}]


def _had(item: Placed) -> Value:
    """What both sides had."""
    if item.state.had is None:
        raise AssertionError("an absence is told from a link")
    return item.state.had[0]


def try_absence(state: State, rules: Rules, absence: Absence, tally: Tally) -> None:
    """Decide about a link of which somebody is missing, and record every outcome that its write may have."""
    scene = scene_of(state, rules)
    connection = replace(scene.connection, delete_protection=absence.protected)
    if scene.link is None:
        raise AssertionError("an absence is told from a link")
    link = replace(scene.link, absent=MARKS[absence.mark])
    decision = decide(connection, FOLDER, link, _outlook(scene, absence), _pipeliner(scene, absence))
    edited = {side: scene.shown[side] != link.baselines.of(side) for side in Side}
    case = _Case(absence, rules.sync_type, edited, state, decision)
    broken = [*_wrong_ending(case), *_wrong_writes(case, scene), *_wrong_change_set(connection, case)]
    tally.count((state, rules, absence), broken)


def _outlook(scene: Scene, absence: Absence) -> OutlookContact | None:
    if absence.outlook is OutlookShows.GONE:
        return None
    folder = FOLDER if absence.outlook is OutlookShows.HERE else "another"
    return replace(scene.outlook(), folder_id=folder)


def _pipeliner(scene: Scene, absence: Absence) -> PipelinerContact | None:
    if absence.pipeliner is PipelinerShows.OUT_OF_SIGHT:
        return None
    is_deleted = absence.pipeliner is PipelinerShows.DELETED
    # It left the scope of what they own, and is still theirs to edit: else nothing could be sent.
    left = Ownership(STRANGER, editor_ids=frozenset({USER.id}))
    ownership = left if absence.pipeliner is PipelinerShows.LEFT else Ownership(USER.id)
    return replace(scene.pipeliner(), ownership=ownership, is_deleted=is_deleted)


def _wrong_ending(case: _Case) -> Iterator[str]:
    promised = _promised(case)
    if case.resolution is not promised:
        yield f"{case.resolution} is not what was promised: {promised}"


def _promised(case: _Case) -> Resolution:
    """Return what the promises leave: only a delete or a lost scope removes a contact, never with an unsent edit."""
    outlook, pipeliner = case.absence.outlook, case.absence.pipeliner
    if pipeliner is PipelinerShows.OUT_OF_SIGHT:
        ending = Resolution.DORMANT
    elif _was_gone_by_us(case.absence):
        ending = _ending_after_our_delete(case)
    elif outlook is OutlookShows.HERE:
        ending = _ending_in_outlook(case)
    elif pipeliner is PipelinerShows.HERE:
        ending = _ending_in_pipeliner(case)
    else:
        ending = Resolution.END
    return ending


def _was_gone_by_us(absence: Absence) -> bool:
    """Whether the contact that is missing is the one that a run was deleting."""
    if absence.outlook is OutlookShows.GONE and absence.mark is Mark.OURS_IN_OUTLOOK:
        return True
    return absence.pipeliner is PipelinerShows.DELETED and absence.mark is Mark.OURS_IN_PIPELINER


def _ending_after_our_delete(case: _Case) -> Resolution:
    """Return what follows when no person deleted it: the removal is done, unless the other one has come back since."""
    outlook_is_here = case.absence.outlook is OutlookShows.HERE
    pipeliner_is_here = case.absence.pipeliner is PipelinerShows.HERE
    if case.absence.mark is Mark.OURS_IN_OUTLOOK and pipeliner_is_here and case.writes(Side.OUTLOOK):
        return Resolution.RECREATE_IN_OUTLOOK
    if case.absence.mark is Mark.OURS_IN_PIPELINER and outlook_is_here and case.writes(Side.PIPELINER):
        return Resolution.RECREATE_IN_PIPELINER
    return Resolution.END


def _ending_in_outlook(case: _Case) -> Resolution:
    """Return what follows for a contact that Outlook has in its place."""
    if case.absence.pipeliner is PipelinerShows.HERE:
        return Resolution.MERGE
    if case.absence.pipeliner is PipelinerShows.DELETED:
        # What the deleted contact shows too needs no sending: the edit was made there as well, or written by us.
        if case.unsent() and case.writes(Side.PIPELINER):
            return Resolution.RECREATE_IN_PIPELINER
        return Resolution.DELETE_IN_OUTLOOK if case.writes(Side.OUTLOOK) else Resolution.DORMANT
    if not case.writes(Side.OUTLOOK):
        return Resolution.DORMANT
    # An edit that may not travel keeps no contact in the folder: the history of the removal holds it.
    to_send = [item for item in case.unsent() if case.may_travel(Side.PIPELINER, item)]
    return Resolution.SEND_THEN_REMOVE if to_send else Resolution.REMOVE_FROM_OUTLOOK


def _ending_in_pipeliner(case: _Case) -> Resolution:
    """Return what follows when Outlook has lost a contact that Pipeliner still has."""
    if case.absence.outlook is OutlookShows.MOVED or case.absence.mark is Mark.DORMANT:
        return Resolution.DORMANT
    if case.edited[Side.PIPELINER]:
        return Resolution.RECREATE_IN_OUTLOOK if case.writes(Side.OUTLOOK) else Resolution.DORMANT
    may_delete = not case.absence.protected and case.writes(Side.PIPELINER)
    return Resolution.DELETE_IN_PIPELINER if may_delete else Resolution.DORMANT


def _wrong_writes(case: _Case, scene: Scene) -> Iterator[str]:
    """A contact that comes again has all of its counterpart; one that leaves writes nothing to Outlook."""
    merge, side = merge_of(case.decision), created_on(case.decision)
    if merge is not None and side is not None:
        fields = zip(scene.connection.field_map, case.state, strict=True)
        names = [field.name for field, item in fields if case.may_travel(side, item)]
        source = scene.shown[side.other]
        if Contact().with_values(merge.to(side)) != Contact().with_values({name: source[name] for name in names}):
            yield "the contact that is created again lacks something"
    elif merge is not None and case.resolution is Resolution.SEND_THEN_REMOVE and merge.to_outlook:
        yield "a contact that leaves is written in Outlook"
    elif merge is not None and case.resolution not in {Resolution.MERGE, Resolution.SEND_THEN_REMOVE}:
        yield "something is written although nothing may be"


def _wrong_change_set(connection: Connection, case: _Case) -> Iterator[str]:
    """What is stored: a removal only waits, for the safety limits; a failed write never takes the contact away."""
    decision, merge, new = case.decision, merge_of(case.decision), created_on(case.decision)
    sides = [new] if new is not None else [side for side in Side if merge is not None and merge.to(side)]
    if case.resolution in {
        Resolution.DELETE_IN_OUTLOOK,
        Resolution.DELETE_IN_PIPELINER,
        Resolution.REMOVE_FROM_OUTLOOK,
    }:
        change_set = _stored(connection, wait_first(decision), Outcomes())
        waits = [work for work in change_set.put_work if isinstance(work, Awaited) and work.link_id == LINK]
        if (len(waits), change_set.done_work, change_set.history) != (1, (WORK,), ()):
            yield "a removal does more than wait for its delay and the safety limits"
        before, after = change_set.before, change_set.after
        if before is None or after is None or replace(after, absent=None) != replace(before, absent=None):
            yield "a removal that waits changes more of its link than the mark of what is missing"
    if case.resolution is Resolution.END and _stored(connection, decision, Outcomes()).after is not None:
        yield "a link to nobody does not end"
    if len(sides) != 1 or case.resolution is Resolution.MERGE:
        return
    done, *failed = (_stored(connection, decision, outcomes) for outcomes in _outcomes(case, sides[0]))
    leaves = any(isinstance(work, Awaited) for work in done.put_work)
    if leaves is not (case.resolution is Resolution.SEND_THEN_REMOVE) or done.after is None:
        yield "what was written is not recorded"
    for change_set in failed:
        if any(isinstance(work, Awaited) for work in change_set.put_work):
            yield "a contact leaves although its last edit was not sent"
        if not change_set.put_work and not change_set.attention:
            yield "a write that failed is forgotten"


def _stored(connection: Connection, decision: Decision, outcomes: Outcomes) -> ChangeSet:
    return to_change_set(connection, decision, outcomes, LINK, (WORK,), NOON)


def _outcomes(case: _Case, side: Side) -> list[Outcomes]:
    """Return the outcome of a write that is done, then of those that are not."""
    failures = (Refused("code", "words"), Unfinished(), OutcomeUnknown())
    decision = case.decision
    if isinstance(decision, Update) and side is Side.PIPELINER:
        shown = decision.pipeliner.contact.with_values(decision.merge.to_pipeliner)
        written = Written(replace(decision.pipeliner, contact=shown))
        return [Outcomes(None, outcome) for outcome in (written, *failures)]
    assert isinstance(decision, Recreate), "nothing is written but an edit or a new contact"
    if side is Side.PIPELINER:
        made = PipelinerContact(NEW_PIPELINER, 1, NOON, decision.source.contact, Ownership(USER.id), is_protected=False)
        return [Outcomes(None, outcome) for outcome in (Written(made), *failures)]
    copy = OutlookContact(NEW_OUTLOOK, "key-2", decision.source.contact, FOLDER)
    return [Outcomes(outcome) for outcome in (Written(copy), *failures)]
