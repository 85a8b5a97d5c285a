"""The judge: what must be true after people and faults have stopped, whatever happened before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.battery.simulation.evidence import Evidence
from tests.battery.simulation.judging_contacts import (
    answers_are_kept,
    deletes_travel,
    no_duplicates,
    no_wrong_delete,
    nobody_is_created_twice,
    nobody_shares_a_contact,
)
from tests.battery.simulation.judging_rights import nobody_borrows_rights, unknown_rights_remove_nothing
from tests.battery.simulation.judging_state import (
    effort_is_bounded,
    every_contact_is_cared_for,
    links_are_consistent,
    nothing_is_told,
    nothing_left_behind,
    the_log_says_what_was_done,
)
from tests.battery.simulation.judging_values import (
    both_sides_agree,
    nothing_lost,
    what_was_meant_is_shown,
)

Rule = Callable[[Evidence], Iterator[str]]


def judge(evidence: Evidence) -> list[str]:
    """Return every broken promise in words, each beginning with the promise's name."""
    return [f"{rule.__name__}: {words}" for rule in _RULES for words in rule(evidence)]


_RULES: tuple[Rule, ...] = (
    nothing_lost,
    what_was_meant_is_shown,
    both_sides_agree,
    no_duplicates,
    nobody_shares_a_contact,
    nobody_is_created_twice,
    no_wrong_delete,
    deletes_travel,
    answers_are_kept,
    nothing_left_behind,
    links_are_consistent,
    every_contact_is_cared_for,
    nothing_is_told,
    effort_is_bounded,
    the_log_says_what_was_done,
    nobody_borrows_rights,
    unknown_rights_remove_nothing,
)
