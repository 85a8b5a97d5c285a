"""The vocabulary by which queries are judged is what the code really tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from emulators.faults import Fault
from sync_core.telemetry import Metric
from tests.telemetry.listening import Listener, synced
from tests.telemetry.vocabulary import VALUES, Values, functions, vocabulary

_ID = "connection_id"


def unknown(told: Mapping[str, object], known: Mapping[str, Values]) -> Iterator[str]:
    """Attributes and values that the vocabulary lacks."""
    for name, value in told.items():
        values = known.get(name, frozenset())
        if values is not None and value not in values:
            yield f"{name}={value}"


def test_every_attribute_of_a_metric_has_its_values() -> None:
    """But for ids; and no entry is for an attribute that the metric does not have."""
    told = {(metric, name) for metric in Metric for name in metric.value.attributes}
    assert {key for key in told if key[1] != _ID} == set(VALUES)
    assert [key for key, values in VALUES.items() if not values] == []


async def test_a_story_tells_nothing_that_the_vocabulary_lacks(listener: Listener) -> None:
    """Edits, creates and deletes, a throttled service, a failing run, and something that waits for a person."""
    world = await synced(listener, 3)
    world.edit_in_crm("Person000", city="Oslo")
    world.edit_in_outlook("Person000", mobilePhone="1")
    world.delete_in_crm("Person001")
    world.write_in_outlook("Cole", "Cid")
    world.graph.create_contact(world.record.mailbox, {"companyName": "Nameless"}, world.folder_id)
    world.crm.faults.plant(Fault(r"GET .*/Contacts", status=429))
    await world.sync()
    await world.tick()
    world.graph.faults.plant(Fault("contacts/delta", times=3, status=500))
    await world.one_run()

    known = vocabulary()
    told = [(name, point.attributes) for name, points in listener.told().items() for point in points]
    spans = [(span.name, span.attributes or {}) for span in listener.spans]
    assert [said for name, given in told for said in unknown(given, known["AppMetrics"].by_name[name])] == []
    assert [said for name, given in spans for said in unknown(given, known["AppDependencies"].by_name[name])] == []
    assert len({name for name, _ in told}) > 8
    assert len({name for name, _ in spans}) > 4


def test_lines_of_the_log_have_the_fields_of_a_run() -> None:
    """Those that docs/telemetry.md names; functions are those of the app."""
    assert set(vocabulary()["AppTraces"].by_name[""]) == {_ID, "run_id"}
    assert {"tick", "poison", "sync_connection"} <= functions()
