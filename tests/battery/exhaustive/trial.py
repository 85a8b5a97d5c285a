"""One case from its plan to its rest, with everything that the promises forbid on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from sync_core.domain.connection import Connection
from sync_core.domain.contact import Side, Value
from sync_core.domain.link import Link
from sync_core.domain.merge import Merge
from sync_core.domain.planning import LinkPlan
from sync_core.domain.rules import ConflictRule, SyncType
from sync_core.engine.state_port import PipelinerWork, Unit
from tests.battery.exhaustive.promises import Promises, promises_of
from tests.battery.exhaustive.scene import (
    CALM,
    DONE,
    LINK,
    OUTLOOK,
    OVERTAKEN,
    PIPELINER,
    USER,
    WORK,
    Flight,
    InFlight,
    Scene,
    rewritten,
)
from tests.battery.exhaustive.states import LONG, WORDS, State, baselines, contacts, field_map
from tests.battery.sizes import size

RULES = (
    (ConflictRule.PIPELINER, Side.OUTLOOK),
    (ConflictRule.OUTLOOK, Side.PIPELINER),
    (ConflictRule.NEWEST, Side.OUTLOOK),
    (ConflictRule.NEWEST, Side.PIPELINER),
)
"""Conflict rule, and the side that was edited last."""
PLAIN = frozenset({InFlight.WRITTEN, InFlight.REFUSED, InFlight.LOST_DONE})
ROUNDS = 2
"""Passes after people and faults have stopped until nothing is written any more."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A connection's choices, and the side that was edited last."""

    sync_type: SyncType
    conflict_rule: ConflictRule
    newest: Side


def every_rule() -> list[Rules]:
    """Every sync type with every conflict rule; the newest side varies where it counts."""
    return [Rules(sync_type, rule, newest) for sync_type in SyncType for rule, newest in RULES]


@dataclass(slots=True)
class Tally:
    """Cases tried, what was wrong with them (a few are kept), and how often something of interest was met."""

    cases: int = 0
    failures: int = 0
    conflicts: int = 0
    retried: int = 0
    examples: list[str] = field(default_factory=list)

    def count(self, case: str, broken: Sequence[str]) -> None:
        """Count a case."""
        self.cases += 1
        if broken:
            self.failures += 1
            if len(self.examples) < 5:
                self.examples.append(f"{case}: {broken[0]}")


def scene_of(state: State, rules: Rules, list_entries: int = 0) -> Scene:
    """Set up a scene."""
    rows = field_map(tuple(item.direction for item in state), list_entries)
    connection = Connection("c", USER, rules.sync_type, conflict_rule=rules.conflict_rule, field_map=rows)
    had = baselines(rows, state)
    link = Link(LINK, OUTLOOK, PIPELINER, had, "key", 1) if had is not None else None
    return Scene(connection, contacts(rows, state), link, rules.newest)


def try_state(state: State, rules: Rules, fates: Sequence[InFlight], tally: Tally, *, list_entries: int = 0) -> None:
    """Try a state with every combination of fates for the sides that its plan writes."""
    scene = scene_of(state, rules, list_entries)
    promises = promises_of(scene, state)
    plan = scene.plan()
    merge = plan.merge
    if merge is None:
        tally.count(repr((state, rules)), ["two contacts that both exist are not merged"])
        return
    broken = list(promises.broken_by_plan(scene, merge))
    sides = [side for side in Side if merge.to(side)]
    for chosen in _combinations(fates, len(sides)):
        flight = dict(zip(sides, chosen, strict=True))
        copy = Scene(scene.connection, dict(scene.shown), scene.link, scene.newest)
        mine = replace(promises, edits=dict(promises.edits))
        tally.conflicts += bool(merge.conflicts)
        tally.retried += any(fate not in DONE for fate in chosen)
        tally.count(repr((state, rules, flight)), [*broken, *_broken_after(copy, mine, plan, merge, flight)])


def _combinations(fates: Sequence[InFlight], sides: int) -> Iterator[tuple[InFlight, ...]]:
    """Combine the fates of the sides; outside a soak each one of many meets the three plain ones of the other side."""
    everything = product(fates, repeat=sides)
    if size("exhaustive_fields") > 2 or len(fates) <= len(PLAIN):
        return everything
    return (chosen for chosen in everything if sides == 1 or any(fate in PLAIN for fate in chosen))


def _broken_after(scene: Scene, promises: Promises, plan: LinkPlan, merge: Merge, flight: Flight) -> Iterator[str]:
    read = dict(scene.shown)
    unit = scene.carry_out(plan, flight)
    promises.later(scene, read)
    yield from _wrong_unit(unit, merge, flight)
    yield from promises.lost_by_now(scene)
    again = scene.plan().merge
    if again is None:
        yield "the link is not merged again"
        return
    if not scene.persons_edits:
        yield from _forgotten_or_repeated(merge, again, flight)
    yield from _never_rests(scene, promises, again)
    yield from promises.lost_by_now(scene)
    yield from promises.unsettled_at_rest(scene)


def _forgotten_or_repeated(merge: Merge, again: Merge, flight: Flight) -> Iterator[str]:
    """A write that was not done is planned again as it was; one that was done is not.

    An entry of a list may come again in the form that the other side's service gave it.
    """
    for side in Side:
        expected = merge.to(side) if flight.get(side) in CALM else {}
        if _formless(again.to(side)) != _formless(expected):
            yield f"after that, {side} is to be written {dict(again.to(side))}, expected {dict(expected)}"


def _formless(changes: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value if isinstance(value, str) else rewritten(value) for name, value in changes.items()}


def _never_rests(scene: Scene, promises: Promises, merge: Merge) -> Iterator[str]:
    """At rest nothing is written, whoever counts as newest by then (our own write is an edit in a service's eyes).

    A conflict whose winner is too long for the other side is not decided yet: the newer one may still win.
    """
    for _ in range(ROUNDS):
        if merge.writes_nothing:
            break
        yield from promises.broken_by_plan(scene, merge)
        scene.carry_out(scene.plan(), {side: InFlight.WRITTEN for side in Side if merge.to(side)})
        merge = scene.plan().merge or merge
    scene.carry_out(scene.plan(), {})
    by_time = scene.connection.conflict_rule is ConflictRule.NEWEST and not merge.overflows
    for newest in Side if by_time else (scene.newest,):
        scene.newest = newest
        plan = scene.plan()
        if plan.merge is None or not plan.merge.writes_nothing:
            yield "it does not come to rest"


def _wrong_unit(unit: Unit, merge: Merge, flight: Flight) -> Iterator[str]:
    """Check what is stored beside the link: a retry, or an attention item without values, or the end of the work."""
    fates = set(flight.values())
    must_retry = fates & {InFlight.STALE, InFlight.UNFINISHED, InFlight.LOST_DONE, InFlight.LOST_UNDONE, *OVERTAKEN}
    if must_retry and (unit.put_work != (PipelinerWork(PIPELINER, tries=2),) or unit.done_work):
        yield "work that is not done is not tried again"
    if not must_retry and (unit.put_work or unit.done_work != (WORK,)):
        yield "work that is done is not taken away"
    waits = InFlight.REFUSED in fates or bool(merge.overflows)
    if bool(unit.attention) is not waits:
        yield "attention is asked for without need" if unit.attention else "nobody is told"
    told = "".join(item.message + item.remedy for item in unit.attention)
    if any(isinstance(word, str) and word and word in told for word in (*WORDS, LONG)):
        yield "an attention item holds a value"
