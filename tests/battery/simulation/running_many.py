"""Many histories in a row: figures, situations, failures cut down and kept, and the proof that a seed is a history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.battery.simulation.driver import Outcome, play
from tests.battery.simulation.shrinking import shrink
from tests.battery.simulation.story import Story, keep
from tests.battery.simulation.telling import tell

STORIES = Path(__file__).parent.parent / "stories"
EVERY_HUNDREDTH = 100
MOST_FAILURES = 3


@dataclass(slots=True)
class Summary:
    """What came of many histories."""

    histories: int = 0
    figures: Counter[str] = field(default_factory=Counter)
    situations: Counter[str] = field(default_factory=Counter)
    failures: list[Outcome] = field(default_factory=list)
    unlike_themselves: list[int] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count a history in."""
        self.histories += 1
        self.figures.update(outcome.figures)
        self.situations.update(outcome.situations)
        if outcome.violations:
            self.failures.append(outcome)

    def join(self, other: Summary) -> None:
        """Count in what another process played."""
        self.histories += other.histories
        self.figures.update(other.figures)
        self.situations.update(other.situations)
        self.failures += other.failures
        self.unlike_themselves += other.unlike_themselves

    @property
    def is_enough(self) -> bool:
        """Whether so much went wrong that nothing more is to be learnt."""
        return len(self.failures) >= MOST_FAILURES


async def play_many(seeds: Iterable[int]) -> Summary:
    """Play a history for each seed; every hundredth twice, to prove that it is the same. Stops after some failures."""
    summary = Summary()
    for seed in seeds:
        outcome = await play(tell(seed))
        summary.add(outcome)
        if seed % EVERY_HUNDREDTH == 0 and (await play(tell(seed))).trace != outcome.trace:
            summary.unlike_themselves.append(seed)
        if summary.is_enough:
            break
    return summary


async def explain(outcome: Outcome, folder: Path = STORIES) -> str:
    """Cut a failing history down, keep it, and tell it with what it broke."""
    rule = outcome.violations[0].partition(":")[0]

    async def fails(story: Story) -> bool:
        return any(words.startswith(rule) for words in (await play(story)).violations)

    smallest = await shrink(outcome.story, fails)
    path = keep(smallest, folder, f"seed-{outcome.story.seed}")
    violations = (await play(smallest)).violations
    return "\n".join([f"seed {outcome.story.seed}, kept in {path.name}", *smallest.lines(), *violations])
