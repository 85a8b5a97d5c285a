"""One half of the simulator's histories, as a test: two files share the seeds, so that two workers share the work."""

from __future__ import annotations

from tests.battery.figures import record
from tests.battery.simulation.running_many import explain, play_many
from tests.battery.simulation.situations import CATALOGUE, missing
from tests.battery.sizes import size

HALVES = 2


async def assert_histories_hold(half: int) -> None:
    """Play one half of the seeds; the text of the failure tells the smallest failing stories."""
    count = size("simulator") // HALVES
    summary = await play_many(range(half * count, (half + 1) * count))
    stories = [await explain(failure) for failure in summary.failures]
    assert not stories, "\n\n".join(stories)
    assert not summary.unlike_themselves
    assert not missing(summary.situations, summary.histories)
    record(
        "simulator",
        histories=summary.histories,
        situations=len([name for name in CATALOGUE if summary.situations[name]]),
        **summary.figures,
    )
