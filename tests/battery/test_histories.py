"""Seeded histories of an office: nothing is lost, doubled or wrongly deleted, whatever happens."""

from __future__ import annotations

from tests.battery.figures import record
from tests.battery.simulation.running_many import explain, play_many
from tests.battery.simulation.situations import CATALOGUE, missing
from tests.battery.sizes import size


async def test_every_promise_holds_in_every_history() -> None:
    """Every situation is reached often enough, and a seed is always the same history; failures are told as stories."""
    summary = await play_many(range(size("simulator")))
    stories = [await explain(failure) for failure in summary.failures]
    assert not stories, "\n\n".join(stories)
    assert not summary.unlike_themselves
    rare = missing(summary.situations, summary.histories)
    assert not rare, f"situations that came too rarely: {rare}"
    record(
        "simulator",
        histories=summary.histories,
        situations=len([name for name in CATALOGUE if summary.situations[name]]),
        rarest_situation=min(summary.situations[name] for name in CATALOGUE),
        **summary.figures,
    )
