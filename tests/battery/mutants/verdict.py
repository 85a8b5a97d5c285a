"""What a run of mutants shows, and whether that is enough."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.battery.mutants.trial import Outcome, Trial

MOST_UNEXPLAINED_PERCENT = 5


@dataclass(slots=True)
class Tally:
    """The trials of one run against the table of explained survivors."""

    reasons: Mapping[str, str]
    is_sample: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def add(self, trial: Trial) -> None:
        """Count a trial."""
        self.outcomes[str(trial.mutant.name)] = trial.outcome

    def counts(self) -> dict[str, int]:
        """Return the figures: all that were tried, and what became of them."""
        ends = Counter(self.outcomes.values())
        return {
            "tried": len(self.outcomes),
            "killed": ends[Outcome.KILLED] + ends[Outcome.ENDLESS],
            "endless": ends[Outcome.ENDLESS],
            "survived": ends[Outcome.SURVIVED],
            "unexplained": len(self.unexplained()),
        }

    def unexplained(self) -> list[str]:
        """Return the survivors that nobody has looked at."""
        survivors = (name for name, outcome in self.outcomes.items() if outcome is Outcome.SURVIVED)
        return sorted(name for name in survivors if name not in self.reasons)

    def faults(self) -> Iterator[str]:
        """Return what is wrong with the tests or with the table, if anything."""
        unexplained = len(self.unexplained())
        if unexplained > self._most_unexplained():
            yield f"{unexplained} of {len(self.outcomes)} mutants survive without a reason: more than 5 in 100"
        for name in self.reasons:
            if self.outcomes.get(name, Outcome.SURVIVED) is not Outcome.SURVIVED:
                yield f"explained as a survivor, but a test finds it (take it out of explained.toml): {name}"

    def _most_unexplained(self) -> float:
        """Return the bound; of a sample two standard deviations above it are still no evidence."""
        share, tried = MOST_UNEXPLAINED_PERCENT / 100, len(self.outcomes)
        by_chance = 2 * math.sqrt(tried * share * (1 - share)) if self.is_sample else 0.0
        return tried * share + by_chance
