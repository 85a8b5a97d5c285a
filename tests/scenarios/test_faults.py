"""Services that are slow, busy or broken: nothing is lost, nothing is doubled, and the run comes back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from emulators.faults import Fault
from sync_core.domain import RunState
from sync_core.engine.run import RunResult
from sync_core.errors import StoreUnavailable
from sync_core.storage import Operation, SqliteStore, Table
from tests.scenarios.world import World, new_world

RETRY_AFTER = {"whole": "7", "fraction": "2.128", "date": "Mon, 05 Jan 2026 09:00:00 GMT", "long": "600", "none": ""}


async def _two(world: World | None = None) -> World:
    world = world or new_world()
    for name in ("Abel", "Baker"):
        world.write_in_crm(name, "Ann")
    await world.connect()
    await world.sync()
    return world


def _both(world: World) -> tuple[list[str], list[str]]:
    return [item["surname"] for item in world.outlook()], [row["last_name"] for row in world.customers()]


async def _come_to_rest(world: World) -> RunResult:
    for wait_s in (400, 400, 400, 3_600, 7_200, 14_400):  # at last so long that what was set aside is tried again
        await world.deployment.clock.sleep(wait_s)
        result = await world.sync()
    return result


@pytest.mark.parametrize("form", RETRY_AFTER)
@pytest.mark.parametrize("request_line", [r"contacts/delta", r"\$batch", r"POST .*/contacts$", r"PATCH .*/contacts/"])
async def test_a_throttled_graph_is_given_time(request_line: str, form: str) -> None:
    """Every form of Retry-After, on reads, on whole batches and on their parts."""
    world = await _two()
    headers = {"Retry-After": RETRY_AFTER[form]} if RETRY_AFTER[form] else {}
    world.graph.faults.plant(Fault(request_line, times=2, status=429, headers=headers))
    world.write_in_crm("Cole", "Cid")
    world.edit_in_crm("Abel", phone2="555")

    result = await _come_to_rest(world)

    assert _both(world) == (["Abel", "Baker", "Cole"], ["Abel", "Baker", "Cole"])
    assert world.person("Abel")["mobilePhone"] == "555"
    assert (result.run.state, result.run.counts.writes) == (RunState.DONE, 0)
    assert world.graph.faults.fired > 0


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize("line", [r"GET .*/Contacts", r"POST .*/Contacts", r"PATCH .*/Contacts", r"modified"])
async def test_a_busy_or_broken_pipeliner_is_given_time(line: str, status: int) -> None:
    """Reads, creates, updates and the feed; also with a page of HTML instead of JSON."""
    world = await _two()
    world.crm.faults.plant(Fault(line, times=6, status=status, body="<html>busy</html>"))
    world.write_in_outlook("Cole", "Cid")
    world.edit_in_outlook("Abel", mobilePhone="555")

    result = await _come_to_rest(world)

    assert _both(world) == (["Abel", "Baker", "Cole"], ["Abel", "Baker", "Cole"])
    assert world.customer("Abel")["phone2"] == "555"
    assert (result.run.state, result.run.counts.writes) == (RunState.DONE, 0)
    assert await world.attention() == []


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize("nth", range(1, 8))
async def test_a_broken_connection_at_any_request_loses_and_doubles_nothing(nth: int, after_effect: bool) -> None:
    """Creates, edits and deletes on both sides; the n-th request to each service gets no answer."""
    world = await _two()
    world.graph.faults.plant(Fault("", nth=nth, drop=True, after_effect=after_effect))
    world.crm.faults.plant(Fault("", nth=nth, drop=True, after_effect=after_effect))
    world.write_in_outlook("Cole", "Cid")
    world.write_in_crm("Dahl", "Dag")
    world.edit_in_outlook("Abel", mobilePhone="555")
    world.edit_in_crm("Abel", city="Oslo")
    world.delete_in_crm("Baker")

    result = await _come_to_rest(world)

    assert _both(world) == (["Abel", "Cole", "Dahl"], ["Abel", "Cole", "Dahl"])
    assert world.customer("Abel")["phone2"] == "555"
    assert world.person("Abel")["businessAddress"]["city"] == "Oslo"
    assert (result.run.state, result.run.counts.writes) == (RunState.DONE, 0)


class _DeafStore(SqliteStore):
    """Stores the n-th transaction from now but does not answer it."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.deaf_at = 0

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Store, and now and then say nothing."""
        etags = await super().transact(table, partition, operations)
        self.deaf_at -= 1
        if self.deaf_at == 0:
            raise StoreUnavailable("the answer was lost")
        return etags


@pytest.mark.parametrize("nth", range(2, 7))
async def test_a_transaction_that_was_stored_without_an_answer_is_not_stored_twice(nth: int) -> None:
    """The run reads its own mark and goes on."""
    store = _DeafStore()
    world = new_world(store=store)
    for name in ("Abel", "Baker"):
        world.write_in_crm(name, "Ann")
    await world.connect()
    store.deaf_at = nth

    await world.one_run()
    await world.sync()

    assert _both(world) == (["Abel", "Baker"], ["Abel", "Baker"])


async def test_one_refused_contact_stops_nobody() -> None:
    """Pipeliner will not take one of three: it becomes an attention item, the others are created."""
    world = new_world()
    world.crm.people.make_unique("Contact", "phone5")
    world.crm.switches.four_byte_text = "reject"
    await world.connect()
    await world.sync()
    for name, note in (("Abel", "plain"), ("Baker", "smile \N{GRINNING FACE}"), ("Cole", "plain")):
        world.write_in_outlook(name, "Ann", personalNotes=note)

    await world.sync()

    assert [row["last_name"] for row in world.customers()] == ["Abel", "Cole"]
    (item,) = await world.attention()
    assert "comments" in item.fields
    assert "\N{GRINNING FACE}" not in item.message + item.remedy
