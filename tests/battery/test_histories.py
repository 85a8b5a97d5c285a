"""Seeded histories of an office: nothing is lost, doubled or wrongly deleted, whatever happens."""

from __future__ import annotations

import pytest

from tests.battery.figures import record
from tests.battery.simulation.running_many import explain, play_many
from tests.battery.simulation.situations import CATALOGUE
from tests.battery.sizes import shard_of, size
from tests.battery.totals import HISTORIES, SITUATIONS

SHARDS = 48


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_every_promise_holds_in_every_history(shard: int) -> None:
    """A seed is always the same history; failures are told as stories.

    Whether every situation is reached often enough, all shards together decide: `tests/battery/totals.py`.
    """
    summary = await play_many(shard_of(size("simulator"), shard, SHARDS))

    stories = [await explain(failure) for failure in summary.failures]
    record(HISTORIES, histories=summary.histories, **summary.figures)
    record(SITUATIONS, **{name: summary.situations[name] for name in CATALOGUE})
    assert not stories, "\n\n".join(stories)
    assert not summary.unlike_themselves
