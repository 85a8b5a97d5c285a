"""A ruling lasts while its contacts are seen, and ends when nobody has seen them for as long as history is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulators.faults import Fault
from sync_core.domain import Concerned, ContactKey, PairKey, Ruling, RulingKey, RulingKind
from sync_core.operations import disconnect, reconcile_all, rulings_of
from sync_core.operations.lasting import renew_rulings
from tests.scenarios.world import World, new_world

DAYS = 365


@pytest.fixture
async def world() -> World:
    """One connection, and two contacts that were ruled apart: an Outlook card and one in Pipeliner."""
    made = new_world(app={"sync_history_days": DAYS})
    await made.connect()
    made.write_in_crm("Okafor", "Kim")
    await made.sync()
    return made


async def rule(world: World, name: str, about: Concerned) -> None:
    """Rule on contacts of these ids."""
    ruling = Ruling(name, RulingKind.APART, "somebody", world.deployment.clock.now(), about=about)
    key: RulingKey = ContactKey(about.outlook_ids[0])
    if about.pipeliner_ids:
        key = PairKey(about.outlook_ids[0], about.pipeliner_ids[0])
    await world.deployment.rulings(world.record).rule([(key, ruling)])


async def live(world: World, days: int) -> list[str]:
    """Let time go by, a reconciliation every month; returns which rulings are left."""
    for _ in range(0, days, 31):
        await world.deployment.clock.sleep(timedelta(days=31).total_seconds())
        await reconcile_all(world.deployment)
        await world.drain()
    return sorted(ruling.id for ruling in await rulings_of(world.deployment, world.record.id))


async def test_a_ruling_ends_when_none_of_its_contacts_is_there_any_more(world: World) -> None:
    """One contact that is still there keeps it, on whichever side."""
    card, contact = str(world.person("Okafor")["id"]), str(world.customer("Okafor")["id"])
    gone = "00000000-0000-0000-0000-00000000ffff"
    await rule(world, "card", Concerned((card,), (gone,)))
    await rule(world, "contact", Concerned((card + "x",), (contact,)))
    await rule(world, "gone", Concerned(("nobody",), (gone,)))

    assert await live(world, DAYS - 31) == ["card", "contact", "gone"]
    assert await live(world, 2 * 31) == ["card", "contact"]
    assert await live(world, DAYS) == ["card", "contact"]
    world.delete_in_crm("Okafor")
    assert await live(world, DAYS + 2 * 31) == []


async def test_a_contact_that_is_deleted_in_pipeliner_keeps_no_ruling(world: World) -> None:
    """Pipeliner still shows it, as deleted."""
    await rule(world, "r", Concerned(("nobody",), (str(world.customer("Okafor")["id"]),)))
    world.delete_in_crm("Okafor")

    assert await live(world, DAYS + 2 * 31) == []


async def test_a_silent_service_ends_nothing(world: World) -> None:
    """The next night looks again."""
    await rule(world, "r", Concerned((str(world.person("Okafor")["id"]),)))
    await world.deployment.clock.sleep(timedelta(days=40).total_seconds())
    rulings, now = world.deployment.rulings(world.record), world.deployment.clock.now()
    world.graph.faults.plant(Fault(pattern="/contacts", times=None, status=403))

    await renew_rulings(world.deployment, world.record)
    assert [ruling.id for ruling in await rulings.rulings(seen_before=now)] == ["r"]
    world.graph.faults.clear()
    await renew_rulings(world.deployment, world.record)
    assert await rulings.rulings(seen_before=now) == []
    assert [ruling.id for ruling in await rulings.rulings()] == ["r"]


async def test_rulings_of_a_mailbox_that_nobody_connects_any_more_end_with_time(world: World) -> None:
    """Kept for a reconnect as long as history would have been."""
    await rule(world, "r", Concerned((str(world.person("Okafor")["id"]),)))
    await world.connect("ben@example.test", "ben@example.test")
    ended = world.records.pop(0)
    await disconnect(world.deployment, ended.id)

    await live(world, DAYS - 40)
    assert [ruling.id for ruling in await world.deployment.rulings(ended).rulings()] == ["r"]
    await live(world, 3 * 31)
    assert await world.deployment.rulings(ended).rulings() == []
