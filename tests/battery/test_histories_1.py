"""The first half of the seeded histories: nothing is lost, doubled or wrongly deleted, whatever happens."""

from __future__ import annotations

from tests.battery.halves import assert_histories_hold


async def test_the_first_half_of_the_histories_holds_every_promise() -> None:
    """Every promise holds in every history, every situation is reached, and a seed is always the same history."""
    await assert_histories_hold(0)
