"""One case from its decision to its rest, with everything that the promises forbid on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from sync_core.domain import ConflictRule, Connection, Decision, FirstSight, Link, Merge, Side, SyncType, Value
from sync_core.domain.connection import TieSide
from sync_core.engine.ports import ChangeSet, PipelinerLook
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
from tests.battery.exhaustive.states import LONG, WORDS, Form, State, baselines, contacts, field_map
from tests.battery.sizes import size
from tests.decided import merge_of

RULES = (
    (ConflictRule.PIPELINER, Side.OUTLOOK),
    (ConflictRule.OUTLOOK, Side.PIPELINER),
    (ConflictRule.NEWEST, Side.OUTLOOK),
    (ConflictRule.NEWEST, Side.PIPELINER),
)
"""Conflict rule, and the side that was edited last."""
PLAIN = frozenset({InFlight.WRITTEN, InFlight.REFUSED, InFlight.LOST_DONE})
TURNS = 3
ROUNDS = 2
"""Runs after people and faults have stopped until nothing is written any more."""


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

    states: int = 0
    cases: int = 0
    failures: int = 0
    conflicts: int = 0
    retried: int = 0
    examples: list[str] = field(default_factory=list)

    def count(self, case: object, broken: Sequence[str]) -> None:
        """Count a case; only one that is wrong is written out."""
        self.cases += 1
        if broken:
            self.failures += 1
            if len(self.examples) < 5:
                self.examples.append(f"{case!r}: {broken[0]}")


def scene_of(state: State, rules: Rules, list_entries: int = 0, form: Form = Form.PLAIN) -> Scene:
    """Set up a scene."""
    rows = field_map(tuple(item.direction for item in state), list_entries, form)
    preferred = rules.newest if rules.conflict_rule is ConflictRule.NEWEST else Side(rules.conflict_rule.value)
    sight = FirstSight(preferred.value)  # so that one side is right, whether a pair is new or known
    tie = TieSide(preferred.value)  # and whether times can speak or not
    conflict_rule = rules.conflict_rule
    connection = Connection(
        "c", USER, rules.sync_type, conflict_rule=conflict_rule, tie_side=tie, first_sight=sight, field_map=rows
    )
    had = baselines(rows, state)
    link = Link(LINK, OUTLOOK, PIPELINER, had, "key", 1) if had is not None else None
    return Scene(connection, contacts(rows, state), link, rules.newest)


def try_state(
    state: State,
    rules: Rules,
    endings: Sequence[InFlight],
    tally: Tally,
    *,
    list_entries: int = 0,
    form: Form = Form.PLAIN,
) -> None:
    """Try a state with every combination of endings for the sides that are written."""
    scene = scene_of(state, rules, list_entries, form)
    promises = promises_of(scene, state)
    decision = scene.decide()
    merge = merge_of(decision)
    if merge is None:
        tally.count((state, rules), ["two contacts that both exist are not merged"])
        return
    broken = list(promises.broken_by_merge(scene, merge))
    sides = [side for side in Side if merge.to(side)]
    tally.states += 1
    for chosen in _combinations(endings, len(sides), tally.states):
        flight = dict(zip(sides, chosen, strict=True))
        copy = Scene(scene.connection, dict(scene.shown), scene.link, scene.newest)
        mine = replace(promises, edits=dict(promises.edits))
        tally.conflicts += bool(merge.conflicts)
        tally.retried += any(ending not in DONE for ending in chosen)
        tally.count((state, rules, flight), [*broken, *_broken_after(copy, mine, decision, merge, flight)])


def _combinations(endings: Sequence[InFlight], sides: int, turn: int) -> Sequence[tuple[InFlight, ...]]:
    """Combine the endings of the sides; outside a soak each one of many meets the three plain ones of the other.

    Of many it is then every third's turn. A state is tried under four rules one after the other, so each combination
    still meets each state, under one rule or another.
    """
    everything = tuple(product(endings, repeat=sides))
    if len(everything) <= len(PLAIN) or size("exhaustive_fields") > 2:
        return everything
    if sides > 1 and len(endings) > len(PLAIN):
        everything = tuple(chosen for chosen in everything if any(ending in PLAIN for ending in chosen))
    return everything[turn % TURNS :: TURNS]


def _broken_after(scene: Scene, promises: Promises, decision: Decision, merge: Merge, flight: Flight) -> Iterator[str]:
    read = dict(scene.shown)
    change_set = scene.apply(decision, flight)
    promises.later(scene, read)
    yield from _wrong_change_set(change_set, merge, flight)
    yield from promises.lost_by_now(scene)
    again = merge_of(scene.decide())
    if again is None:
        yield "the link is not merged again"
        return
    if not scene.persons_edits:
        yield from _forgotten_or_repeated(merge, again, flight)
    yield from _never_rests(scene, promises, again)
    yield from promises.lost_by_now(scene)
    yield from promises.unfinished_at_rest(scene)


def _forgotten_or_repeated(merge: Merge, again: Merge, flight: Flight) -> Iterator[str]:
    """A write that was not done is decided again as it was; one that was done is not.

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
        yield from promises.broken_by_merge(scene, merge)
        scene.apply(scene.decide(), {side: InFlight.WRITTEN for side in Side if merge.to(side)})
        merge = merge_of(scene.decide()) or merge
    scene.apply(scene.decide(), {})
    by_time = scene.connection.conflict_rule is ConflictRule.NEWEST and not merge.overflows
    for newest in Side if by_time else (scene.newest,):
        scene.newest = newest
        last = merge_of(scene.decide())
        if last is None or not last.writes_nothing:
            yield "it does not come to rest"


def _wrong_change_set(change_set: ChangeSet, merge: Merge, flight: Flight) -> Iterator[str]:
    """Check what is stored beside the link: a retry, or an attention item without values, or the end of the work."""
    endings = set(flight.values())
    must_retry = endings & {InFlight.STALE, InFlight.UNFINISHED, InFlight.LOST_DONE, InFlight.LOST_UNDONE, *OVERTAKEN}
    tries = 1 if must_retry == {InFlight.UNFINISHED} else 2  # what a service did not take from anybody is no try
    if must_retry and (change_set.put_work != (PipelinerLook(PIPELINER, tries=tries),) or change_set.done_work):
        yield "work that is not done is not tried again"
    if not must_retry and (change_set.put_work or change_set.done_work != (WORK,)):
        yield "work that is done is not taken away"
    waits = InFlight.REFUSED in endings or bool(merge.overflows)
    if bool(change_set.attention) is not waits:
        yield "attention is asked for without need" if change_set.attention else "nobody is told"
    told = "".join(item.message + item.remedy for item in change_set.attention)
    if any(isinstance(word, str) and word and word in told for word in (*WORDS, LONG)):
        yield "an attention item holds a value"
