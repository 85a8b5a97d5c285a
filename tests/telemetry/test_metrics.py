"""Every metric of the list is told by the scenario that should tell it, and by no idle run."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from emulators.faults import Fault
from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.operations import poison_message, work
from sync_core.queues import write_message
from sync_core.state.rows import AWAITED, body
from sync_core.storage import Put, Table
from sync_core.telemetry import METRIC_NAMES, Metric
from sync_core.telemetry.metrics import Kind
from sync_core.telemetry.recording import Instruments
from tests.scenarios.world import COLLEAGUE
from tests.telemetry.listening import Listener, synced, total

# Runs


async def test_a_run_counts_its_changes_by_direction_and_kind(listener: Listener) -> None:
    """Two created at first; then on each side one created and one updated, and one deleted."""
    world = await synced(listener, 3)
    world.write_in_outlook("Cole", "Cid")
    world.write_in_crm("Dahl", "Dag")
    world.edit_in_outlook("Person000", mobilePhone="555")
    world.edit_in_crm("Person001", city="Oslo")
    world.delete_in_crm("Person002")

    await world.sync()

    told = listener.points(Metric.CHANGES)
    assert {(point.attributes["direction"], point.attributes["kind"]): point.value for point in told} == {
        ("to_outlook", "create"): 4,
        ("to_outlook", "update"): 1,
        ("to_outlook", "delete"): 1,
        ("to_pipeliner", "create"): 1,
        ("to_pipeliner", "update"): 1,
    }
    assert {point.attributes["connection_id"] for point in told} == {world.record.id}
    assert {
        type(value) for points in listener.told().values() for point in points for value in point.attributes.values()
    } == {str}


async def test_an_idle_run_counts_no_changes(listener: Listener) -> None:
    """Nor conflicts, nor arrivals; but that it was done."""
    world = await synced(listener, 0)

    await world.sync()

    told = listener.told()
    assert {Metric.CHANGES.value.name, Metric.CONFLICTS.value.name, Metric.ARRIVAL_LATENCY.value.name} & set(
        told
    ) == set()
    assert total(told[Metric.PASS_FINISHED.value.name], outcome="done") == 2


async def test_conflicts_are_counted_by_field(listener: Listener) -> None:
    """Both sides changed two fields."""
    world = await synced(listener)
    world.edit_in_outlook("Person000", mobilePhone="1", jobTitle="Clerk")
    world.edit_in_crm("Person000", phone2="2", position="Boss")

    await world.sync()

    assert total(listener.points(Metric.CONFLICTS), connection_id=world.record.id) == 2


async def test_every_outcome_of_a_run_is_counted_with_its_duration(listener: Listener) -> None:
    """Done, failed, paused; a run that found another one running is none."""
    world = await synced(listener)
    world.graph.faults.plant(Fault("contacts/delta", times=3, status=500))
    await world.one_run()
    world.graph.drop_access(world.record.mailbox)
    world.graph.faults.clear()
    await world.one_run()
    other = await world.deployment.run_ports(world.record, "another").state.open("another-run")

    assert await work(world.deployment, RunRequest(world.record.id, Trigger.TIMER), "worker") is None

    assert other.cursor.links == 2
    for metric in (Metric.PASS_FINISHED, Metric.PASS_DURATION):
        outcomes = {point.attributes["outcome"] for point in listener.points(metric)}
        assert outcomes == {"done", "failed", "paused"}


async def test_the_duration_is_that_of_the_run(listener: Listener) -> None:
    """In seconds, by the clock of the runs: three tries with waits in between."""
    world = await synced(listener)
    world.crm.faults.plant(Fault(r"GET .*/Contacts", times=1, status=429, headers={"Retry-After": "7"}))
    world.edit_in_outlook("Person000", mobilePhone="555")

    result = await world.one_run()

    assert result.run.started_at is not None
    assert result.run.ended_at is not None
    lasted = (result.run.ended_at - result.run.started_at).total_seconds()
    assert lasted >= 7
    assert total(listener.points(Metric.PASS_DURATION)) >= lasted


# The way from one side to the other


@pytest.mark.parametrize("direction", ["to_outlook", "to_pipeliner"])
async def test_an_arrival_is_measured_from_the_edit_to_the_write(listener: Listener, direction: str) -> None:
    """Two minutes run between the edit and the run."""
    world = await synced(listener)
    if direction == "to_outlook":
        world.edit_in_crm("Person000", city="Oslo")
    else:
        world.edit_in_outlook("Person000", mobilePhone="555")
    world.crm.clock.advance(120)

    await world.sync()

    (point,) = listener.points(Metric.ARRIVAL_LATENCY)
    assert point.attributes == {"connection_id": world.record.id, "direction": direction}
    assert (point.count, 120 <= point.value < 180) == (1, True)


async def test_what_is_old_is_no_arrival(listener: Listener) -> None:
    """Neither the first sync, nor a pair that is seen for the first time."""
    world = await synced(listener)
    world.write_in_crm("Old", "Olga", owner=world.colleague_id, email1="olga@example.test", city="Oslo")
    world.crm.clock.advance(86400)
    await world.connect(mailbox=COLLEAGUE, user=COLLEAGUE)
    await world.sync(RunMode.DELTA, world.records[1])
    assert listener.points(Metric.ARRIVAL_LATENCY) == []


# The rest


async def test_a_reconciliation_counts_what_it_mended(listener: Listener) -> None:
    """By kind; nothing amiss counts nothing."""
    world = await synced(listener)
    request = RunRequest(world.record.id, Trigger.RECONCILE, RunMode.RECONCILE)
    await work(world.deployment, request, "worker")
    assert listener.points(Metric.SWEEP_REPAIRED) == []
    await world.store.transact(Table.SYNC, world.record.id, [Put(f"{AWAITED}ghost", body({}))])

    await work(world.deployment, request, "worker")

    (point,) = listener.points(Metric.SWEEP_REPAIRED)
    assert (point.value, dict(point.attributes)) == (1, {"connection_id": world.record.id, "kind": "stray_removals"})


async def test_a_poisoned_message_is_counted_whosever_it_is(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """One of a connection, and one that nobody can read."""
    world = await synced(listener)
    caplog.set_level(logging.WARNING)
    for message in (write_message(RunRequest(world.record.id, Trigger.TIMER)).encode(), b"no message"):
        await poison_message(world.deployment, message, "id")

    assert total(listener.points(Metric.POISON)) == 2


async def _everyday(listener: Listener) -> None:
    world = await synced(listener)
    world.edit_in_crm("Person000", city="Oslo", phone2="2")
    world.edit_in_outlook("Person000", mobilePhone="1")
    world.graph.create_contact(world.record.mailbox, {"companyName": "Nameless"}, world.folder_id)
    await world.tick()
    await world.store.transact(Table.SYNC, world.record.id, [Put(f"{AWAITED}ghost", body({}))])
    await work(world.deployment, RunRequest(world.record.id, Trigger.RECONCILE, RunMode.RECONCILE), "worker")
    await poison_message(world.deployment, b"no message", "id")
    await world.tick()


async def test_no_metric_of_the_list_stays_silent(listener: Listener) -> None:
    """One everyday story tells all of them, and none that is not in the list."""
    await _everyday(listener)

    assert set(listener.told()) == set(METRIC_NAMES)


def test_the_list_names_each_metric_once_with_unit_and_meaning() -> None:
    """Names are those of the alerts; a histogram has bounds in rising order, nothing else has any."""
    assert len(set(METRIC_NAMES)) == len(METRIC_NAMES)
    for definition in (metric.value for metric in Metric):
        assert definition.name.startswith("sync.")
        assert definition.unit
        assert definition.description
        assert bool(definition.bounds) == (definition.kind is Kind.HISTOGRAM)
        assert list(definition.bounds) == sorted(definition.bounds)


def test_an_attribute_that_is_not_in_the_list_is_refused(listener: Listener) -> None:
    """No metric gets a dimension by accident, nor loses one."""
    instruments = Instruments(listener.meters.get_meter("sync_core"))
    wrong: tuple[Mapping[str, str], ...] = ({}, {"connection_id": "c", "mailbox": "m"})
    for attributes in wrong:
        with pytest.raises(ValueError, match="takes the attributes connection_id"):
            instruments.add(Metric.CONFLICTS, 1, **attributes)
