"""The families of states that make up the layer, and how far each one goes in a test run and in a soak."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from sync_core.domain import ConflictRule, Direction, Mark, SyncType
from tests.battery.exhaustive.absence import every_absence, try_absence
from tests.battery.exhaustive.scene import InFlight
from tests.battery.exhaustive.states import (
    Form,
    Placed,
    State,
    agreed_states,
    alike,
    all_states,
    first_sights,
    list_states,
    long_states,
    placed,
)
from tests.battery.exhaustive.trial import Tally, every_rule, try_state
from tests.battery.figures import record
from tests.battery.sizes import size

EVERY_ENDING = tuple(InFlight)
A_FEW_ENDINGS = (InFlight.WRITTEN, InFlight.REFUSED, InFlight.LOST_DONE)
WRITTEN = (InFlight.WRITTEN,)
FIELDS_OF_A_SOAK = 3


def is_soak() -> bool:
    """Whether this run goes as far as it can."""
    return size("exhaustive_fields") >= FIELDS_OF_A_SOAK


def both_ways() -> list[Placed]:
    """Return the agreed states of a field that travels both ways."""
    return placed(agreed_states(), (Direction.BOTH,))


def try_all(
    family: str,
    sync_type: SyncType,
    states: Iterable[State],
    endings: tuple[InFlight, ...],
    list_entries: int = 0,
    form: Form = Form.PLAIN,
) -> Tally:
    """Try states under every rule of one sync type; the figures are recorded under the family's name."""
    tally = Tally()
    rules = [item for item in every_rule() if item.sync_type is sync_type]
    for state in states:
        for item in rules:
            try_state(state, item, endings, tally, list_entries=list_entries, form=form)
    _record(family, tally)
    return tally


def agreed_pairs(sync_type: SyncType) -> Tally:
    """Two fields whose sides had agreed, in every direction, with everything that can become of their writes."""
    return try_all("agreed", sync_type, alike(placed(agreed_states()), 2), EVERY_ENDING)


def three_fields(sync_type: SyncType) -> Tally:
    """Three fields, for a soak."""
    return try_all("three fields", sync_type, alike(placed(agreed_states()), 3), A_FEW_ENDINGS)


def first_pairs(sync_type: SyncType) -> Tally:
    """Two fields of two people who meet for the first time."""
    return try_all("first sight", sync_type, alike(placed(first_sights()), 2), EVERY_ENDING)


def diverged_pairs(sync_type: SyncType) -> Tally:
    """Sides that had different values, as after a service's rewriting; in a soak both fields and every ending."""
    if is_soak():
        return try_all("diverged", sync_type, alike(placed(all_states()), 2), EVERY_ENDING)
    diverged = [state for state in all_states() if state.had is not None and state.had[0] != state.had[1]]
    return try_all("diverged", sync_type, product(placed(diverged), both_ways()), WRITTEN)


def long_pairs(sync_type: SyncType) -> Tally:
    """One field holds a value that is too long for the other side."""
    return try_all("too long", sync_type, product(placed(long_states()), both_ways()), A_FEW_ENDINGS[:2])


def lists(sync_type: SyncType) -> Tally:
    """A list beside a text on which both sides disagree; in a soak beside every state of a text."""
    states = product(placed(list_states()), both_ways() if is_soak() else both_ways()[-1:])
    return try_all("lists", sync_type, states, A_FEW_ENDINGS, list_entries=2)


def diverged_lists(sync_type: SyncType) -> Tally:
    """A list of which both sides had different entries: one may add what the other one removes."""
    states = product(placed(list_states(agreed=False), (Direction.BOTH,)), both_ways()[:1])
    return try_all("diverged lists", sync_type, states, WRITTEN, list_entries=2)


def narrow_lists(sync_type: SyncType) -> Tally:
    """A list of which Outlook holds one entry and Pipeliner two."""
    fitting = [state for state in list_states() if len(state.outlook) < 2]
    return try_all("narrow lists", sync_type, product(placed(fitting), both_ways()[-1:]), A_FEW_ENDINGS, list_entries=1)


def addresses(sync_type: SyncType) -> Tally:
    """Two parts of one address, agreed on or seen for the first time; in a soak with every ending."""
    endings = EVERY_ENDING if is_soak() else A_FEW_ENDINGS
    states = (*alike(placed(agreed_states()), 2), *alike(placed(first_sights()), 2))
    return try_all("addresses", sync_type, states, endings, form=Form.ADDRESS)


def notes(sync_type: SyncType) -> Tally:
    """A note beside a text on which both sides disagree, agreed on, diverged or seen for the first time.

    Both sides are written, so that one may be known to be rewritten while the other's answer is lost: then the form
    that a service gave it travels once. And who takes the merged note back on one side, while nobody knows of the other
    one, finds it merged again. No line is lost by either.
    """
    disagreed = both_ways()[-1:]
    states = (
        *product(placed(agreed_states()), disagreed),
        *product(placed(all_states(), (Direction.BOTH,)), disagreed),
        *alike(placed(first_sights()), 2),
    )
    endings = tuple(ending for ending in EVERY_ENDING if ending not in {InFlight.REWRITTEN, InFlight.TAKEN_BACK})
    return try_all("notes", sync_type, states, endings, form=Form.NOTE)


def absences(sync_type: SyncType) -> Tally:
    """Two fields of a contact that is away from one side, or from both, whatever its link remembers.

    Outside a soak the marks that a cut-off run left meet the states of one field only; so do one way and a long value,
    and three cases of five are tried: five shares no factor with the number of absences, so states meet all in turn.
    """
    tally = Tally()
    by_time = [
        item
        for item in every_rule()
        if item.sync_type is sync_type and (is_soak() or item.conflict_rule is ConflictRule.NEWEST)
    ]
    marks = Mark if is_soak() else (Mark.NONE, Mark.DORMANT)
    one_field = (*placed(agreed_states()), *placed(long_states(), (Direction.BOTH,)))
    cases = (
        *product(alike(both_ways(), 2), every_absence(marks), by_time),
        *product(product(one_field, both_ways()[-1:]), every_absence(), by_time),
    )
    for number, (state, absence, rules) in enumerate(cases):
        if is_soak() or number % 5 in {0, 2, 4}:
            try_absence(state, rules, absence, tally)
    _record("absences", tally)
    return tally


def _record(family: str, tally: Tally) -> None:
    record(
        "exhaustive small scope",
        cases=tally.cases,
        conflicts=tally.conflicts,
        failed_writes=tally.retried,
        **{f"cases_{family.replace(' ', '_')}": tally.cases},
    )
