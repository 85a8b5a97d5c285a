"""Which actors run together, in which scenarios, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.battery.interleaving.scheduler import Schedule, at_random, in_segments
from tests.battery.interleaving.trial import CLOCK, PERSON, TICK
from tests.battery.sweep.catalogue import SCENARIOS
from tests.battery.sweep.kinds import Kind
from tests.battery.sweep.scenario import Scenario

CASTS: tuple[tuple[str, ...], ...] = (
    ("a", "b"),
    ("a", "b", CLOCK),
    ("a", "b", CLOCK, TICK),
    ("a", "b", CLOCK, PERSON),
    ("a", "b", "c", CLOCK),
    ("a", "b", "c", CLOCK, TICK, PERSON),
    ("a", TICK, PERSON),
)
"""Workers by their letters; with the clock the lease of a running run ends, so that the next one may take over."""
STAYS = (0.3, 0.8, 0.95)
MOST_STEPS = 34
"""Turns after which a run is surely at its end."""
SMALLEST = (
    "two_way_edited_edited",
    "born_in_outlook",
    "born_in_pipeliner",
    "two_way_deleted_unchanged_unprotected",
    "two_way_edited_left_scope",
)
"""Small scenarios of every kind of write: edits, creates on both sides, a delete, an edit sent before a removal."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who takes part, in which order, and which side a person edits."""

    cast: tuple[str, ...]
    schedule: Schedule
    edit: Kind
    told: str


def drawn_plan(chooser: Random) -> Plan:
    """Draw a cast and an order: half of them with two switches, where most bugs of this kind show."""
    cast = chooser.choice(CASTS)
    edit = chooser.choice((Kind.OUTLOOK_EDIT, Kind.PIPELINER_EDIT))
    if chooser.random() < 0.5:
        stays, seed = chooser.choice(STAYS), chooser.getrandbits(32)
        schedule = at_random(Random(seed), stays)  # noqa: S311 - repeatable, not secret
        return Plan(cast, schedule, edit, f"{cast} at random from seed {seed}, staying {stays}")
    segments = [("a", chooser.randrange(MOST_STEPS)), (CLOCK, 1), (PERSON, 1), ("b", chooser.randrange(MOST_STEPS))]
    return Plan(cast, in_segments(segments, sorted(cast)), edit, f"{cast} in segments {segments}")


def two_switches() -> Iterator[Plan]:
    """Return every order of two runs with at most two switches: with the lease at its end at the first, or not."""
    for first in range(MOST_STEPS):
        for second in range(MOST_STEPS):
            for clock in (1, 0):
                segments = [("a", first), (CLOCK, clock), ("b", second)]
                schedule = in_segments(segments, ("a", "b", CLOCK))
                yield Plan(("a", "b", CLOCK), schedule, Kind.OUTLOOK_EDIT, f"in segments {segments}")


def shared_out(part: int, parts: int) -> list[Scenario]:
    """Return every so many-th scenario."""
    return list(SCENARIOS[part::parts])
