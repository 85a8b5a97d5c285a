"""Two connections of one space whose people write down the same person, run side by side in every order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from emulators.in_process import PassingClock
from sync_core.app import Parts, build
from sync_core.domain import Trigger
from sync_core.engine.ports import RunRequest
from sync_core.operations import Deployment, work
from tests.battery.interleaving.scheduler import Schedule, Scheduler, at_random, in_segments
from tests.battery.interleaving.turning import Tenures, TurningGraph, TurningPipeliner, TurningStore
from tests.scenarios.colleagues import CHIDI, accounts, assert_one_eva, later, reserved, two_colleagues, write
from tests.scenarios.world import OPEN_WORLDS, SETTINGS, World

ACTORS = ("a", "b")
MOST_STEPS = 40
"""Turns after which a run of one create is surely at its end."""
STAYS = (0.3, 0.8, 0.95)
_A_WHILE_S = 150.0


@dataclass(frozen=True, slots=True)
class Order:
    """In which order the two take their steps, whether Pipeliner's lists lag, and how that is told.

    They write down one person, or two of one company.
    """

    schedule: Schedule
    lag_s: float
    is_one_person: bool
    told: str


def drawn_orders(trials: int, seed: int) -> Iterator[Order]:
    """Draw orders: half of them with two switches, half with many; lists lag in every third, every fifth is of two."""
    chooser = Random(seed)  # noqa: S311 - repeatable, not secret
    for number in range(trials):
        lag_s, is_one = 0.0 if number % 3 else 60.0, bool(number % 5)
        if number % 2:
            stays, own = chooser.choice(STAYS), chooser.getrandbits(32)
            random_order = at_random(Random(own), stays)  # noqa: S311 - repeatable, not secret
            yield Order(random_order, lag_s, is_one, f"at random from seed {own}, staying {stays}, lag {lag_s}")
        else:
            segments = [("a", chooser.randrange(MOST_STEPS)), ("b", chooser.randrange(MOST_STEPS))]
            yield Order(in_segments(segments, ACTORS), lag_s, is_one, f"in segments {segments}, lag {lag_s}")


async def create_side_by_side(order: Order) -> str:
    """Run both at once, and then let them come to rest; returns what is wrong, "" when nothing is."""
    world, _ = await two_colleagues(lag_s=order.lag_s, account_rule="create")
    write(world, 0)
    write(world, 1, **({} if order.is_one_person else CHIDI))
    scheduler = Scheduler(order.schedule)
    running = {name: _run(world, scheduler, name, number) for number, name in enumerate(ACTORS)}
    try:
        await scheduler.run(running)
        for _ in range(2):
            await later(world, _A_WHILE_S)
        if order.is_one_person:
            await assert_one_eva(world)
        names = [row["last_name"] for row in world.customers()]
        assert names == (["Novak"] if order.is_one_person else ["Novak", "Okafor"]), names
        assert (accounts(world), await reserved(world)) == (["Acme GmbH"], []), accounts(world)
    except AssertionError as error:
        return f"{error}" or "not one person"
    else:
        return ""
    finally:
        OPEN_WORLDS.remove(world)
        await world.store.close()


async def _run(world: World, scheduler: Scheduler, name: str, number: int) -> None:
    await work(_in_turn(world, scheduler, name), RunRequest(world.records[number].id, Trigger.COMMAND), name)


def _in_turn(world: World, scheduler: Scheduler, name: str) -> Deployment:
    """Build a deployment of its own over the same rows and services, one step of which is taken at a time."""
    carriers = TurningGraph(world.graph, scheduler, name), TurningPipeliner(world.crm, scheduler, name)
    store = TurningStore(world.store, scheduler, name, Tenures())
    built = build(SETTINGS, Parts(store, *carriers, world.queue, PassingClock(world.crm.clock)))
    return replace(built.deployment, mint_id=lambda: f"{name}{world.deployment.mint_id()}")


async def problems_of(orders: Sequence[Order]) -> list[str]:
    """Try orders, and tell what went wrong."""
    return [f"{order.told}: {problem}" for order in orders if (problem := await create_side_by_side(order))]
