"""Every way in which a linked contact can be away from one side, and what may then become of the other side's.

A contact may go only because its twin was deleted or left the scope, and never with an edit that could still be sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from sync_core.domain.connection import Connection
from sync_core.domain.contact import Contact, OutlookId, PipelinerId, Side
from sync_core.domain.lifecycle import Fate
from sync_core.domain.link import LinkState
from sync_core.domain.planning import LinkPlan, plan_link
from sync_core.domain.rules import SyncType
from sync_core.domain.sides import OutlookContact, Ownership, PipelinerContact
from sync_core.engine.ports import OutcomeUnknown, Refused, Unfinished, Written
from sync_core.engine.settling import Outcomes, settle
from sync_core.engine.state_port import RemovalWork, Unit
from tests.battery.exhaustive.promises import WRITABLE
from tests.battery.exhaustive.scene import FOLDER, LINK, NOON, STRANGER, USER, WORK, Scene
from tests.battery.exhaustive.states import State
from tests.battery.exhaustive.trial import Rules, Tally, scene_of

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
    link: LinkState
    protected: bool


def every_absence() -> list[Absence]:
    """All of them, with both being present for the links that rest."""
    return [Absence(*item) for item in product(OutlookShows, PipelinerShows, LinkState, (True, False))]


@dataclass(frozen=True, slots=True)
class _Case:
    absence: Absence
    sync_type: SyncType
    edited: Mapping[Side, bool]
    differs: bool
    """Whether Outlook has an edit that Pipeliner does not show."""
    plan: LinkPlan

    def writes(self, side: Side) -> bool:
        """Whether this connection ever writes to a side."""
        return side in WRITABLE[self.sync_type]


def try_absence(state: State, rules: Rules, absence: Absence, tally: Tally) -> None:
    """Plan a link of which somebody is missing, and settle it with every outcome that its write may have."""
    scene = scene_of(state, rules)
    connection = replace(scene.connection, delete_protection=absence.protected)
    if scene.link is None:
        raise AssertionError("an absence is told from a link")
    link = replace(scene.link, state=absence.link)
    plan = plan_link(connection, FOLDER, link, _outlook(scene, absence), _pipeliner(scene, absence))
    edited = {side: scene.shown[side] != link.baselines.of(side) for side in Side}
    differs = any(
        item.state.outlook not in {item.state.pipeliner, item.state.had[0]} for item in state if item.state.had
    )
    case = _Case(absence, rules.sync_type, edited, differs, plan)
    broken = [*_wrong_fate(case), *_wrong_writes(case, scene), *_wrong_unit(connection, case)]
    tally.count(repr((state, rules, absence)), broken)


def _outlook(scene: Scene, absence: Absence) -> OutlookContact | None:
    if absence.outlook is OutlookShows.GONE:
        return None
    folder = FOLDER if absence.outlook is OutlookShows.HERE else "another"
    return replace(scene.outlook(), folder_id=folder)


def _pipeliner(scene: Scene, absence: Absence) -> PipelinerContact | None:
    if absence.pipeliner is PipelinerShows.OUT_OF_SIGHT:
        return None
    owner = STRANGER if absence.pipeliner is PipelinerShows.LEFT else USER.id
    is_deleted = absence.pipeliner is PipelinerShows.DELETED
    return replace(scene.pipeliner(), ownership=Ownership(owner), is_deleted=is_deleted)


def _wrong_fate(case: _Case) -> Iterator[str]:
    if case.plan.fate is not _promised(case):
        yield f"{case.plan.fate} is not what was promised"


def _promised(case: _Case) -> Fate:
    """Say what the promises leave: only a delete or a lost scope removes a contact, never with an unsent edit."""
    outlook, pipeliner = case.absence.outlook, case.absence.pipeliner
    if pipeliner is PipelinerShows.OUT_OF_SIGHT:
        fate = Fate.REST
    elif outlook is OutlookShows.HERE:
        fate = _fate_in_outlook(case)
    elif pipeliner is PipelinerShows.HERE:
        fate = _fate_in_pipeliner(case)
    else:
        fate = Fate.END
    return fate


def _fate_in_outlook(case: _Case) -> Fate:
    """Give what follows for a contact that Outlook has in its place."""
    if case.absence.pipeliner is PipelinerShows.HERE:
        return Fate.MERGE
    unsent = case.writes(Side.PIPELINER) and case.edited[Side.OUTLOOK]
    if case.absence.pipeliner is PipelinerShows.DELETED:
        # What the deleted contact shows too needs no sending: the edit was made there as well, or written by us.
        if unsent and case.differs:
            return Fate.RECREATE_IN_PIPELINER
        return Fate.DELETE_IN_OUTLOOK if case.writes(Side.OUTLOOK) else Fate.REST
    if not case.writes(Side.OUTLOOK):
        return Fate.REST
    return Fate.SEND_THEN_REMOVE if unsent else Fate.REMOVE_FROM_OUTLOOK


def _fate_in_pipeliner(case: _Case) -> Fate:
    """Give what follows when Outlook has lost a contact that Pipeliner still has."""
    if case.absence.outlook is OutlookShows.MOVED or case.absence.link is LinkState.RESTING:
        return Fate.REST
    if case.edited[Side.PIPELINER]:
        return Fate.RECREATE_IN_OUTLOOK if case.writes(Side.OUTLOOK) else Fate.REST
    may_delete = not case.absence.protected and case.writes(Side.PIPELINER)
    return Fate.DELETE_IN_PIPELINER if may_delete else Fate.REST


def _wrong_writes(case: _Case, scene: Scene) -> Iterator[str]:
    """A contact that comes again has all of its twin; one that leaves writes nothing to Outlook."""
    plan = case.plan
    if plan.create_on is not None:
        draft = Contact().with_values(plan.merge.to(plan.create_on)) if plan.merge is not None else Contact()
        if draft != scene.shown[plan.create_on.other]:
            yield "the contact that is created again lacks something"
    elif plan.merge is not None and plan.fate is Fate.SEND_THEN_REMOVE and plan.merge.to_outlook:
        yield "a contact that leaves is written in Outlook"
    elif plan.merge is not None and plan.fate not in {Fate.MERGE, Fate.SEND_THEN_REMOVE}:
        yield "something is written although nothing may be"


def _wrong_unit(connection: Connection, case: _Case) -> Iterator[str]:
    """What is stored: a removal only waits (the guard counts it later); a failed write never takes the contact away."""
    plan = case.plan
    sides = [plan.create_on] if plan.create_on else [side for side in Side if plan.merge and plan.merge.to(side)]
    if plan.fate in {Fate.DELETE_IN_OUTLOOK, Fate.DELETE_IN_PIPELINER, Fate.REMOVE_FROM_OUTLOOK}:
        unit = settle(connection, plan, Outcomes(), LINK, (WORK,))
        if unit != Unit(put_work=(RemovalWork(LINK),), done_work=(WORK,)):
            yield "a removal does more than wait for the guard"
    if plan.fate is Fate.END and settle(connection, plan, Outcomes(), LINK, (WORK,)).after is not None:
        yield "a link to nobody does not end"
    if len(sides) != 1 or plan.fate is Fate.MERGE:
        return
    done, *failed = (settle(connection, plan, outcomes, LINK, (WORK,)) for outcomes in _outcomes(plan, sides[0]))
    leaves = RemovalWork(LINK) in done.put_work
    if leaves is not (plan.fate is Fate.SEND_THEN_REMOVE) or done.after is None:
        yield "what was written is not settled"
    for unit in failed:
        if any(isinstance(work, RemovalWork) for work in unit.put_work):
            yield "a contact leaves although its last edit was not sent"
        if not unit.put_work and not unit.attention:
            yield "a write that failed is forgotten"


def _outcomes(plan: LinkPlan, side: Side) -> list[Outcomes]:
    """Give the outcome of a write that is done, then of those that are not."""
    failures = (Refused("code", "words"), Unfinished(), OutcomeUnknown())
    if side is Side.PIPELINER and plan.pipeliner is not None:
        shown = plan.pipeliner.contact.with_values(plan.merge.to_pipeliner if plan.merge else {})
        written = Written(replace(plan.pipeliner, contact=shown))
        return [Outcomes(None, outcome) for outcome in (written, *failures)]
    if side is Side.PIPELINER and plan.outlook is not None:
        made = PipelinerContact(NEW_PIPELINER, 1, NOON, plan.outlook.contact, Ownership(USER.id))
        return [Outcomes(None, outcome) for outcome in (Written(made), *failures)]
    contact = plan.pipeliner.contact if plan.pipeliner is not None else Contact()
    copy = OutlookContact(NEW_OUTLOOK, "key-2", contact, FOLDER)
    return [Outcomes(outcome) for outcome in (Written(copy), *failures)]
