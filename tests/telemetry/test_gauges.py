"""What requests and ticks tell: answers of the services, and the gauges that alerts look at."""

from __future__ import annotations

import pytest

from emulators.faults import Fault
from sync_core.domain import Reason
from sync_core.operations import ConnectionChange, change, tick
from sync_core.operations.asking import approve_removals
from sync_core.state import ConnectionStatus
from sync_core.telemetry import Metric, RequestOutcome
from sync_core.telemetry.requests import outcome_of
from tests.scenarios.world import COLLEAGUE
from tests.telemetry.listening import Listener, synced, total

# Requests


async def test_requests_are_counted_by_service_and_answer(listener: Listener) -> None:
    """Throttled, broken, refused and dropped ones too; of a batch each part by its own status."""
    world = await synced(listener)
    before = listener.points(Metric.REQUESTS)
    world.crm.faults.plant(Fault(r"GET .*/Contacts", status=429))
    world.crm.faults.plant(Fault(r"PATCH .*/Contacts", drop=True))
    world.graph.faults.plant(Fault(r"PATCH .*/contacts/", status=429))
    world.graph.faults.plant(Fault(r"contacts/delta", nth=2, status=503))
    for number in range(2):
        world.edit_in_outlook(f"Person{number:03}", mobilePhone="555")
        world.edit_in_crm(f"Person{number:03}", city="Oslo")

    await world.sync()
    await world.sync()

    after = listener.points(Metric.REQUESTS)
    assert total(before, outcome="throttled") == 0
    assert total(after, service="pipeliner", outcome="throttled") == 1
    assert total(after, service="pipeliner", outcome="failed") == 1
    assert total(after, service="graph", outcome="throttled") == 1
    assert total(after, service="graph", outcome="failed") == 1
    assert total(after, service="graph", outcome="ok") > 8


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, RequestOutcome.OK),
        (204, RequestOutcome.OK),
        (304, RequestOutcome.OK),
        (404, RequestOutcome.REFUSED),
        (422, RequestOutcome.REFUSED),
        (429, RequestOutcome.THROTTLED),
        (500, RequestOutcome.FAILED),
        (0, RequestOutcome.FAILED),
    ],
)
def test_each_status_has_its_outcome(status: int, outcome: RequestOutcome) -> None:
    """What an alert on throttling or outages relies on."""
    assert outcome_of(status) is outcome


# What the tick shows


async def test_a_tick_shows_connections_by_standing(listener: Listener) -> None:
    """Also those of which there are none, so that a number goes down again."""
    world = await synced(listener)
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE)
    await change(world.deployment, world.records[1].id, ConnectionChange(status=ConnectionStatus.PAUSED))

    await tick(world.deployment)

    shown = {point.attributes["standing"]: point.value for point in listener.points(Metric.CONNECTIONS)}
    assert shown == {"active": 1, "failing": 0, "paused": 1}


async def test_a_tick_shows_a_failing_connection(listener: Listener) -> None:
    """Until a run succeeds."""
    world = await synced(listener)
    world.graph.faults.plant(Fault("contacts/delta", times=3, status=500))
    await world.one_run()

    await tick(world.deployment)

    assert total(listener.points(Metric.CONNECTIONS), standing="failing") == 1


async def test_a_tick_shows_what_waits_for_people(listener: Listener) -> None:
    """By reason; held removals by number, until they are approved."""
    world = await synced(listener, 30)
    for number in range(12):
        world.delete_in_crm(f"Person{number:03}")
    world.graph.create_contact(world.record.mailbox, {"companyName": "Nameless"}, world.folder_id)
    await world.sync()

    await tick(world.deployment)

    told = listener.told()
    attention = {point.attributes["reason"]: point.value for point in told[Metric.ATTENTION.value.name]}
    assert attention == {Reason.DELETES_AWAIT_APPROVAL: 1, Reason.NAME_MISSING: 1}
    assert total(told[Metric.HELD.value.name], connection_id=world.record.id) == 12
    await approve_removals(world.deployment, world.record.id)
    await world.drain()
    await tick(world.deployment)
    assert total(listener.points(Metric.HELD), connection_id=world.record.id) == 0


async def test_a_tick_shows_held_changes_by_number(listener: Listener) -> None:
    """More than half of the contacts would change the same way."""
    world = await synced(listener, 30)
    for number in range(25):
        world.edit_in_crm(f"Person{number:03}", city="Oslo")
    await world.sync()

    await tick(world.deployment)

    assert total(listener.points(Metric.HELD), connection_id=world.record.id) == 25


async def test_a_tick_shows_the_queue(listener: Listener) -> None:
    """Its own requests included."""
    world = await synced(listener)

    await tick(world.deployment)

    told = listener.told()
    assert [point.value for point in told[Metric.QUEUE_WAITING.value.name]] == [1]
    assert [point.value for point in told[Metric.QUEUE_OLDEST.value.name]] == [0]


async def test_a_tick_counts_itself_even_when_pipeliner_is_down(listener: Listener) -> None:
    """The dead man's switch is about the timer, not about Pipeliner."""
    world = await synced(listener)
    before = total(listener.points(Metric.TICK_COMPLETED))
    world.crm.faults.plant(Fault("", times=9, status=503))

    assert (await tick(world.deployment)).problem

    assert total(listener.points(Metric.TICK_COMPLETED)) == before + 1
