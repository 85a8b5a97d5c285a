from __future__ import annotations

import asyncio
from datetime import timedelta

from emulators.clock import ServiceClock
from emulators.in_process import PassingClock
from sync_core.pipeliner.client import RateLimit


async def test_average_rate_is_kept_after_the_first_second() -> None:
    """At five a second, thirty requests take five seconds at least."""
    service = ServiceClock()
    start = service.peek()
    rate = RateLimit(PassingClock(service), 5.0)
    for _ in range(30):
        await rate.turn()
    assert timedelta(seconds=4.9) <= service.peek() - start <= timedelta(seconds=5.1)


async def test_one_second_of_requests_may_go_at_once_after_a_rest() -> None:
    """A long rest saves up no more than that."""
    service = ServiceClock()
    clock = PassingClock(service)
    rate = RateLimit(clock, 5.0)
    await rate.turn()
    service.advance(3600)
    for _ in range(5):
        await rate.turn()
    assert clock.slept == []
    await rate.turn()
    assert clock.slept == [0.2]


async def test_waiting_callers_are_spread_out_not_released_together() -> None:
    """Each one's wait is counted on top of those before it."""
    clock = _StandingClock()
    rate = RateLimit(clock, 1.0)
    await asyncio.gather(*(rate.turn() for _ in range(4)))
    assert clock.slept == [1.0, 2.0, 3.0]


async def test_clock_that_goes_back_costs_nothing_but_time() -> None:
    """A host's clock may be set; the limit goes on from there."""
    service = ServiceClock()
    clock = PassingClock(service)
    rate = RateLimit(clock, 1.0)
    await rate.turn()
    service.advance(-500)
    await rate.turn()
    assert clock.slept == [1.0]


class _StandingClock(PassingClock):
    """A clock that stands still while callers wait."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
