"""One contact that a service will not read, take or delete is set aside and named; everybody else goes on."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from emulators.faults import Fault
from emulators.graph import GraphModel
from emulators.pipeliner import PipelinerModel
from sync_core.domain import Reason
from sync_core.http import Answer, Request
from sync_core.state import ConnectionStatus
from tests.scenarios.tampering import Send, answer, failing, tamper
from tests.scenarios.world import World, new_world

REFUSALS = [
    (500, ""),
    (503, ""),
    (403, '{"success": false, "name": "ERROR_ACCESS", "http_status": 403}'),
    (400, '{"success": false, "name": "ERROR_ODD", "http_status": 400}'),
    (404, ""),
    (404, '{"error": {"code": "ResourceNotFound", "message": "x"}}'),
    (404, "<html>not found</html>"),
    (302, ""),
]
"""Answers about one contact that say nothing of the connection, and not that the contact is gone."""
GOOD = ("Good0", "Good1", "Good2", "Good3")


async def in_sync(*names: str) -> World:
    """Contacts that are in sync on both sides."""
    world = new_world()
    for name in names:
        world.write_in_crm(name, "Ann", email1=f"{name}@example.test".lower())
    await world.connect()
    await world.sync()
    return world


async def until_set_aside(world: World, runs: int = 8) -> None:
    """Let the timer fire until whatever fails has failed often enough."""
    for _ in range(runs):
        await world.tick()
        await world.deployment.clock.sleep(60)


async def is_healthy(world: World) -> bool:
    """Whether the connection goes on, and no run failed."""
    record = await world.deployment.registry.get(world.record.id)
    return record.status is ConnectionStatus.ACTIVE and record.failures == 0


async def set_aside(world: World) -> list[Any]:
    """Return the items of contacts that keep failing."""
    return [item for item in await world.attention() if item.reason is Reason.KEEPS_FAILING]


@pytest.mark.parametrize("nth", range(1, 7))
async def test_a_counterpart_that_fails_at_any_read_uses_up_no_creates_of_others(nth: int) -> None:
    """Three are allowed, and three are created: whoever is looked at once more is not counted once more."""
    world = new_world()
    await world.connect(max_create_count=3, scope="owned_or_editable")
    await world.sync()
    bad = world.write_in_crm("Bad", "Ann", email1="bad@example.test", owner=world.colleague_id)
    await world.tick()
    world.write_in_outlook("Bad", "Ann", emailAddresses=[{"address": "bad@example.test"}])
    for name in GOOD[:3]:
        world.write_in_outlook(name, "Eva", emailAddresses=[{"address": f"{name}@example.test"}])
    world.crm.faults.plant(Fault(rf"GET .*{bad}", nth=nth, times=None, status=500))

    await world.tick()
    world.crm.faults.clear()

    assert [world.customer(name)["last_name"] for name in GOOD[:3]] == list(GOOD[:3])
    assert [item for item in await world.attention() if item.reason is Reason.CREATES_AWAIT_APPROVAL] == []


@pytest.mark.parametrize(("status", "body"), REFUSALS)
async def test_a_contact_that_pipeliner_cannot_read_stops_nobody(status: int, body: str) -> None:
    """Edits of the others travel in the same run, both ways; the bad one is named with what Pipeliner said."""
    world = await in_sync("Bad", *GOOD)
    bad = world.customer("Bad")["id"]
    world.crm.faults.plant(Fault(rf"GET .*{bad}", times=None, status=status, body=body))
    for name in ("Bad", *GOOD[:2]):
        world.edit_in_outlook(name, jobTitle="CEO")
    world.edit_in_crm(GOOD[2], city="Oslo")
    world.write_in_outlook("New", "Eva")

    await world.tick()

    assert [world.customer(name)["position"] for name in GOOD[:2]] == ["CEO", "CEO"]
    assert world.person(GOOD[2])["businessAddress"]["city"] == "Oslo"
    assert world.customer("New")
    assert await is_healthy(world)

    await until_set_aside(world)

    [item] = await set_aside(world)
    assert (item.pipeliner_id, str(status) in item.message) == (bad, True)
    assert len(world.customers()) == len(world.outlook()) == 6
    assert await is_healthy(world)

    world.crm.faults.clear()
    world.edit_in_outlook("Bad", jobTitle="CTO")
    await world.sync()
    assert world.customer("Bad")["position"] == "CTO"
    assert await set_aside(world) == []


@pytest.mark.parametrize(("status", "body"), REFUSALS)
async def test_a_card_that_outlook_cannot_read_stops_nobody(status: int, body: str) -> None:
    """The same with Graph, where reads go in batches."""
    world = await in_sync("Bad", *GOOD)
    bad = world.person("Bad")["id"]
    world.graph.faults.plant(Fault(rf"GET .*/contacts/{quote(bad)}", times=None, status=status, body=body))
    for name in ("Bad", *GOOD[:2]):
        world.edit_in_outlook(name, jobTitle="CEO")
    world.edit_in_crm("Bad", city="Rome")
    world.edit_in_crm(GOOD[2], city="Oslo")

    await world.tick()

    assert [world.customer(name)["position"] for name in GOOD[:2]] == ["CEO", "CEO"]
    assert world.person(GOOD[2])["businessAddress"]["city"] == "Oslo"
    assert await is_healthy(world)

    await until_set_aside(world)

    [item] = await set_aside(world)
    assert (item.outlook_id, str(status) in item.message) == (bad, True)
    assert len(world.customers()) == len(world.outlook()) == 5
    assert await is_healthy(world)


@pytest.mark.parametrize("status", [500, 403, 400])
async def test_a_new_card_that_cannot_be_read_stops_no_other_new_card(status: int) -> None:
    """It is not created in Pipeliner, and named; the others are."""
    world = await in_sync("Here")
    bad = world.write_in_outlook("Bad", "Eva")
    world.write_in_outlook("New", "Eva")
    world.graph.faults.plant(Fault(rf"GET .*/contacts/{quote(bad)}", times=None, status=status))

    await until_set_aside(world)

    assert [row["last_name"] for row in world.customers()] == ["Here", "New"]
    [item] = await set_aside(world)
    assert item.outlook_id == bad
    assert await is_healthy(world)


@pytest.mark.parametrize("status", [500, 403, 400])
async def test_a_candidate_that_cannot_be_read_holds_up_only_whom_it_may_be(status: int) -> None:
    """Whether the new card is that contact nobody knows: it waits, and is not created beside it."""
    world = await in_sync("Here")
    hidden = world.write_in_crm("Twin", "Eva", email1="eva@example.test")
    world.write_in_outlook("Twin", "Eva", emailAddresses=[{"address": "eva@example.test"}])
    world.write_in_outlook("New", "Ada", emailAddresses=[{"address": "ada@example.test"}])
    world.crm.faults.plant(Fault(rf"GET .*{hidden}", times=None, status=status))

    await until_set_aside(world)

    assert [row["last_name"] for row in world.customers()] == ["Here", "New", "Twin"]
    assert await set_aside(world)
    assert await is_healthy(world)

    world.crm.faults.clear()
    await world.deployment.clock.sleep(24 * 3600)
    await world.sync()
    await world.sync()
    assert [row["last_name"] for row in world.customers()] == ["Here", "New", "Twin"]
    assert [card["surname"] for card in world.outlook()] == ["Here", "New", "Twin"]


# Writes


@pytest.mark.parametrize("status", [500, 503, 403])
@pytest.mark.parametrize(("bads", "goods"), [(1, 0), (1, 3), (3, 3)])
async def test_creates_that_pipeliner_always_fails_end_in_quarantine(status: int, bads: int, goods: int) -> None:
    """A batch falls because of one member: the others are created, the bad ones tried a few times and named."""
    world = await in_sync("Here")
    posts = 0

    async def hook(request: Request, send: Send) -> Answer:
        nonlocal posts
        if request.method == "POST" and b"Bad" in request.body:
            posts += 1
            return answer(status)
        return await send(request)

    tamper(world, pipeliner=hook)
    for number in range(bads):
        world.write_in_outlook(f"Bad{number}", "Eva", emailAddresses=[{"address": f"bad{number}@x.test"}])
    for number in range(goods):
        world.write_in_outlook(f"Fine{number}", "Eva", emailAddresses=[{"address": f"fine{number}@x.test"}])

    await until_set_aside(world, 10)

    assert [row["last_name"] for row in world.customers()] == [*(f"Fine{n}" for n in range(goods)), "Here"]
    assert len(await set_aside(world)) == bads
    assert posts <= 5 * bads
    assert await is_healthy(world)

    tamper(world)
    await world.deployment.clock.sleep(24 * 3600)
    await world.sync()
    assert len(world.customers()) == 1 + goods + bads
    assert await set_aside(world) == []


@pytest.mark.parametrize("status", [500, 507, 403])
@pytest.mark.parametrize("goods", [0, 3])
async def test_creates_that_outlook_always_fails_end_in_quarantine(status: int, goods: int) -> None:
    """The same the other way."""
    world = await in_sync("Here")
    sent = 0

    async def hook(request: Request, send: Send) -> Answer:
        nonlocal sent
        told = await send(request)
        if not request.target.endswith("$batch") or b"Bad" not in request.body:
            return told
        asked = json.loads(request.body)["requests"]
        bad = [one["id"] for one in asked if one["method"] == "POST" and one["body"].get("surname") == "Bad"]
        if not bad:
            return told
        sent += 1
        rest = [one for one in asked if one["id"] not in bad]
        for card in (card for card in world.outlook() if card["surname"] == "Bad"):
            world.graph.delete_contact(world.record.mailbox, card["id"])
        shown = told.json()
        shown["responses"] = [one for one in shown["responses"] if one["id"] in {each["id"] for each in rest}]
        shown["responses"] += [{"id": key, "status": status, "headers": {}, "body": {}} for key in bad]
        return answer(200, shown)

    tamper(world, graph=hook)
    world.write_in_crm("Bad", "Eva")
    for number in range(goods):
        world.write_in_crm(f"Fine{number}", "Eva")

    await until_set_aside(world, 10)

    assert [card["surname"] for card in world.outlook()] == [*(f"Fine{n}" for n in range(goods)), "Here"]
    [item] = await set_aside(world)
    assert (item.pipeliner_id, sent <= 5) == (world.customer("Bad")["id"], True)
    assert await is_healthy(world)


@pytest.mark.parametrize("status", [500, 403])
async def test_a_batch_of_graph_that_falls_because_of_one_member_is_split(status: int) -> None:
    """Reads and edits: whichever batch holds the bad card gets no answer at all."""
    world = await in_sync("Bad", *GOOD)
    tamper(world, graph=failing(f"/contacts/{quote(world.person('Bad')['id'])}", status))
    for name in ("Bad", *GOOD):
        world.edit_in_crm(name, city="Oslo")

    await until_set_aside(world)

    assert [world.person(name)["businessAddress"]["city"] for name in GOOD] == ["Oslo"] * 4
    [item] = await set_aside(world)
    assert item.pipeliner_id == world.customer("Bad")["id"]
    assert await is_healthy(world)


async def test_a_batch_of_creates_in_outlook_that_falls_because_of_one_member_is_split() -> None:
    """Nothing is created twice."""
    world = await in_sync("Here")
    tamper(world, graph=failing('"surname": "Bad"', 500))
    for name in ("Bad", *GOOD):
        world.write_in_crm(name, "Eva")

    await until_set_aside(world, 10)

    assert [card["surname"] for card in world.outlook()] == [*GOOD, "Here"]
    assert len(await set_aside(world)) == 1
    assert await is_healthy(world)


@pytest.mark.parametrize("status", [500, 403])
@pytest.mark.parametrize("bads", [1, 3])
async def test_edits_that_pipeliner_always_fails_set_no_healthy_contact_aside(status: int, bads: int) -> None:
    """Exactly the bad ones are named."""
    names = [f"Bad{number}" for number in range(bads)]
    world = await in_sync(*names, *GOOD)
    for name in names:
        world.crm.faults.plant(Fault(rf"PATCH .*{world.customer(name)['id']}", times=None, status=status))
    for name in (*names, *GOOD):
        world.edit_in_outlook(name, jobTitle="CEO")

    await until_set_aside(world)

    assert [world.customer(name)["position"] for name in GOOD] == ["CEO"] * 4
    assert {item.pipeliner_id for item in await set_aside(world)} == {world.customer(name)["id"] for name in names}
    assert await is_healthy(world)


@pytest.mark.parametrize("status", [500, 403])
async def test_edits_that_outlook_always_fails_set_no_healthy_contact_aside(status: int) -> None:
    """The same the other way."""
    world = await in_sync("Bad", *GOOD)
    world.graph.faults.plant(Fault(rf"PATCH .*{quote(world.person('Bad')['id'])}", times=None, status=status))
    for name in ("Bad", *GOOD):
        world.edit_in_crm(name, city="Oslo")

    await until_set_aside(world)

    assert [world.person(name)["businessAddress"]["city"] for name in GOOD] == ["Oslo"] * 4
    assert [item.outlook_id for item in await set_aside(world)] == [world.person("Bad")["id"]]
    assert await is_healthy(world)


@pytest.mark.parametrize("status", [500, 403])
@pytest.mark.parametrize("side", ["outlook", "pipeliner"])
async def test_a_delete_that_always_fails_is_set_aside(status: int, side: str) -> None:
    """The others are deleted; after some tries the bad one is named and tried seldom."""
    world = new_world()
    for name in ("Bad", *GOOD):
        world.write_in_crm(name, "Ann")
    await world.connect(delete_protection=False)
    await world.sync()
    service: GraphModel | PipelinerModel = world.graph if side == "outlook" else world.crm
    bad = world.person("Bad")["id"] if side == "outlook" else world.customer("Bad")["id"]
    service.faults.plant(Fault(rf"DELETE .*{quote(bad)}", times=None, status=status))
    for name in ("Bad", GOOD[0]):
        (world.delete_in_crm if side == "outlook" else world.delete_in_outlook)(name)

    await until_set_aside(world, 5)

    left = world.outlook() if side == "outlook" else world.customers()
    assert [one["surname" if side == "outlook" else "last_name"] for one in left] == ["Bad", *GOOD[1:]]
    reasons = {item.reason for item in await world.attention()}
    assert reasons & {Reason.KEEPS_FAILING, Reason.REFUSED}
    fired = service.faults.fired
    await until_set_aside(world, 3)
    assert service.faults.fired == fired
    assert await is_healthy(world)


# What is gone, and what is only not shown


@pytest.mark.parametrize("body", ["", "<html></html>", '{"error": {"code": "UnknownError", "message": ""}}'])
@pytest.mark.parametrize("side", ["outlook", "pipeliner"])
async def test_a_404_that_does_not_say_so_deletes_and_recreates_nobody(body: str, side: str) -> None:
    """Graph answers it now and then for contacts that exist."""
    world = new_world()
    for name in ("Shown", *GOOD):
        world.write_in_crm(name, "Ann")
    await world.connect(delete_protection=False)
    await world.sync()
    key = world.person("Shown")["id"] if side == "outlook" else world.customer("Shown")["id"]
    service: GraphModel | PipelinerModel = world.graph if side == "outlook" else world.crm
    service.faults.plant(Fault(rf"(GET|PATCH|DELETE) .*{quote(key)}", times=None, status=404, body=body))
    world.edit_in_crm("Shown", city="Oslo")
    world.edit_in_outlook("Shown", jobTitle="CEO")

    await until_set_aside(world)

    assert (len(world.customers()), len(world.outlook())) == (5, 5)
    assert await set_aside(world)
    service.faults.clear()
    await world.deployment.clock.sleep(24 * 3600)
    await world.sync()
    assert (world.customer("Shown")["position"], world.person("Shown")["businessAddress"]["city"]) == ("CEO", "Oslo")
    assert (len(world.customers()), len(world.outlook())) == (5, 5)
