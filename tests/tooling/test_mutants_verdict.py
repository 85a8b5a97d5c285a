"""How many mutants may survive: of all of them five in a hundred, of a sample what chance explains."""

import pytest

from tests.battery.mutants.making import Mutant, Name
from tests.battery.mutants.trial import Outcome, Trial
from tests.battery.mutants.verdict import Tally


@pytest.mark.parametrize(
    ("tried", "survivors", "is_sample", "is_fault"),
    [(100, 5, False, False), (100, 6, False, True), (25, 3, True, False), (25, 4, True, True), (25, 2, False, True)],
)
def test_more_survivors_than_the_bound_are_a_fault(tried: int, survivors: int, is_sample: bool, is_fault: bool) -> None:
    """Two standard deviations above the bound are allowed for a sample alone."""
    tally = Tally({}, is_sample)
    for number in range(tried):
        mutant = Mutant(Name("merge", "module", str(number), ""), "")
        tally.add(Trial(mutant, Outcome.SURVIVED if number < survivors else Outcome.KILLED))
    assert bool(list(tally.faults())) is is_fault
