"""Services that lead round and round, answer without end, or name times and waits that cannot be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from emulators.faults import Fault
from sync_core.domain import RunMode, RunState
from sync_core.http import Answer, Request
from sync_core.state import ConnectionStatus
from tests.scenarios.tampering import Hook, Send, answer, changed, tamper
from tests.scenarios.world import COLLEAGUE, World, new_world

MOST_REQUESTS = 400
"""What a bounded run may ask for in these small worlds, the repeats of requests included."""


def counted(hook: Hook) -> Hook:
    """Fail a test that asks without end."""
    asked = count()

    async def bounded(request: Request, send: Send) -> Answer:
        if next(asked) > MOST_REQUESTS:
            raise AssertionError("the service is asked without end")
        return await hook(request, send)

    return bounded


async def in_sync() -> World:
    """Two connections with a contact each."""
    world = new_world()
    world.write_in_crm("Okafor", "Ann")
    await world.connect()
    await world.connect(COLLEAGUE, COLLEAGUE)
    await world.drain()
    await world.sync()
    return world


async def catches_up(world: World) -> None:
    """The service behaves again: what was edited meanwhile travels."""
    tamper(world)
    await world.deployment.clock.sleep(6 * 3600)
    await world.sync()
    assert world.customer("Okafor")["position"] == "CEO"
    assert world.person("Okafor")["businessAddress"]["city"] == "Oslo"
    record = await world.deployment.registry.get(world.record.id)
    assert record.status is ConnectionStatus.ACTIVE


def edit(world: World) -> None:
    """Edit on both sides."""
    world.edit_in_outlook("Okafor", jobTitle="CEO")
    world.edit_in_crm("Okafor", city="Oslo")


def pages(condition: str, cursors: str) -> Hook:
    """Let the lists of Pipeliner with a condition lead to these places in turn, without end."""
    turn = count()

    async def hook(request: Request, send: Send) -> Answer:
        if condition not in request.target:
            return await send(request)
        told = await send(replace(request, target=re.sub(r"&after=[^&]*", "", request.target)))
        shown = told.json()
        shown["page_info"] = {"has_next_page": True, "end_cursor": cursors[next(turn) % len(cursors)]}
        return replace(told, body=json.dumps(shown).encode())

    return hook


@pytest.mark.parametrize("cursors", ["A", "AB", "ABC"])
async def test_a_feed_that_leads_round_and_round_is_left(cursors: str) -> None:
    """The tick says so and ends, and both connections run all the same."""
    world = await in_sync()
    edit(world)
    tamper(world, pipeliner=counted(pages("filter%5Bmodified%5D", cursors)))
    await world.tick()
    assert world.customer("Okafor")["position"] == "CEO"
    await catches_up(world)


@pytest.mark.parametrize("cursors", ["A", "AB", "ABC"])
async def test_a_scope_that_leads_round_and_round_ends_the_run(cursors: str) -> None:
    """A full sync walks the contacts in scope."""
    world = await in_sync()
    edit(world)
    tamper(world, pipeliner=counted(pages("filter%5Bowner_id%5D", cursors)))
    result = await world.one_run(RunMode.FULL)
    assert result.run.state is RunState.FAILED
    assert "misbehaves" in result.run.message or "more" in result.run.message
    await catches_up(world)


@pytest.mark.parametrize("links", [1, 2, 3])
async def test_a_folder_whose_pages_lead_round_and_round_ends_the_run(links: int) -> None:
    """The next link of a page is one that came before."""
    world = await in_sync()
    edit(world)
    turn = count()

    async def hook(request: Request, send: Send) -> Answer:
        if "/delta" not in request.target:
            return await send(request)
        link = f"http://localhost/v1.0/users/x/contactFolders/y/contacts/delta?$skiptoken={next(turn) % links}"
        return answer(200, {"value": [], "@odata.nextLink": link})

    tamper(world, graph=counted(hook))
    result = await world.one_run()
    assert (result.run.state, "misbehaves" in result.run.message) == (RunState.FAILED, True)
    await catches_up(world)


async def test_a_folder_that_always_forgets_where_reading_began_ends_the_run() -> None:
    """Every delta link, a new one as well, is answered with 410."""
    world = await in_sync()
    edit(world)
    world.graph.faults.plant(Fault("/delta", times=None, status=410))
    asked = world.graph.total_requests

    result = await world.one_run()

    assert (result.run.state, "misbehaves" in result.run.message) == (RunState.FAILED, True)
    assert world.graph.total_requests - asked < 10
    world.graph.faults.clear()
    await catches_up(world)


WAITS = [
    "1e15",
    "999999999999999",
    "1" + "0" * 300,
    "-5",
    "nan",
    "inf",
    "1" * 5_000,
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -1400",
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 +1400",
    "\x00",
]


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait[:24])
@pytest.mark.parametrize("where", ["delta", "part", "pipeliner"])
async def test_a_wait_that_cannot_be_is_bounded(wait: str, where: str) -> None:
    """Nobody waits for a million years, and nothing breaks over it."""
    world = await in_sync()
    edit(world)
    faults = world.crm.faults if where == "pipeliner" else world.graph.faults
    pattern = {"delta": "/delta", "part": "GET .*/contacts/", "pipeliner": "/Contacts"}[where]
    faults.plant(Fault(pattern, times=None, status=429, headers={"Retry-After": wait}))
    await world.one_run()
    faults.clear()
    await catches_up(world)


DATES = ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "yesterday", "", "x" * 100_000]


@pytest.mark.parametrize("date", DATES, ids=lambda date: date[:20])
async def test_a_date_that_cannot_be_moves_no_watermark(date: str) -> None:
    """What is changed later is still found."""
    world = await in_sync()

    async def hook(request: Request, send: Send) -> Answer:
        told = await send(request)
        return Answer(told.status, {**told.headers, "date": date}, told.body)

    tamper(world, pipeliner=hook, graph=hook)
    await world.tick()
    edit(world)
    await world.tick()
    await catches_up(world)


BODIES = {
    "deep": b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "list": b"[]",
    "text": b'"x"',
    "number": b"1" * 6_000,
    "nothing": b"",
    "half": b'{"value": [',
    "not utf-8": b"\xff\xfe\x00",
    "wrong kinds": json.dumps(
        {"value": "abc", "data": {"a": 1}, "responses": {"a": 1}, "@odata.deltaLink": "http://localhost/v1.0/x"}
    ).encode(),
    "nulls": json.dumps(
        {"value": [None, 1, {"a": 1}], "data": [None, 1], "success": True, "responses": [None, 3]}
    ).encode(),
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("service", ["graph", "pipeliner"])
async def test_an_answer_of_any_shape_ends_the_run_at_most(body: str, service: str) -> None:
    """The process lives, the run says what was wrong, and nothing is deleted."""
    world = await in_sync()
    edit(world)

    async def hook(request: Request, send: Send) -> Answer:
        told = await send(request)
        return Answer(told.status, told.headers, BODIES[body]) if request.method == "GET" else told

    tamper(world, **{service: counted(hook)})
    await world.tick()
    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    await catches_up(world)


@pytest.mark.parametrize("body", BODIES)
async def test_a_batch_of_any_shape_ends_the_run_at_most(body: str) -> None:
    """The same for what Graph answers to a batch."""
    world = await in_sync()
    edit(world)

    async def hook(request: Request, send: Send) -> Answer:
        told = await send(request)
        return Answer(told.status, told.headers, BODIES[body]) if request.target.endswith("$batch") else told

    tamper(world, graph=counted(hook))
    await world.tick()
    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    await catches_up(world)


@pytest.mark.parametrize("status", [999, -5, 0, 99, 418, "200", None, True])
async def test_a_part_of_any_status_stops_nobody(status: object) -> None:
    """A status that is none says nothing of the contact."""
    world = await in_sync()
    edit(world)

    def told(shown: Any) -> Any:
        for part in shown.get("responses", ()):
            part["status"] = status
        return shown

    tamper(world, graph=counted(changed("$batch", told)))
    await world.tick()
    assert (len(world.outlook()), len(world.customers())) == (1, 1)
    await catches_up(world)
