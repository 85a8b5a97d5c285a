"""One span per run with a child per step; ids and counts, never the text of a library's error."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from emulators.faults import Fault
from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import StoreUnavailable
from sync_core.operations import work
from sync_core.storage import Operation, SqliteStore, Table
from sync_core.telemetry.recording import SPAN
from tests.scenarios.world import World, new_world
from tests.telemetry.listening import Listener, listened

SECRET = "Canary-Surname-4711"


async def _connected(listener: Listener, world: World | None = None) -> World:
    world = listened(world or new_world(), listener)
    for name in ("Abel", "Baker"):
        world.write_in_crm(name, "Ann")
    await world.connect()
    return world


def _runs(listener: Listener) -> list[ReadableSpan]:
    return [span for span in listener.spans if span.name == SPAN]


async def test_the_first_run_is_a_span_with_its_steps_below(listener: Listener) -> None:
    """In their order; the ids on each of them, the counts on the run."""
    world = await _connected(listener)

    result = await world.one_run()

    (span,) = _runs(listener)
    assert listener.children(span) == ["open", "read_outlook", "list_pipeliner", "close"]
    ids = {"connection_id": world.record.id, "run_id": result.run.id}
    assert dict(span.attributes or {}) == ids | {
        "mode": "delta",
        "trigger": "command",
        "outcome": "done",
        "writes": 2,
        "created_in_outlook": 2,
    }
    assert [dict(item.attributes or {}) for item in listener.spans if item is not span] == [ids] * 4


async def test_an_idle_run_has_three_steps(listener: Listener) -> None:
    """It opens, looks, and closes."""
    world = await _connected(listener)
    for _ in range(2):  # the first run reads the feed, whose overlap tells once more of what it has just seen
        await world.one_run()
    listener.exporter.clear()

    await world.one_run()

    assert listener.children(_runs(listener)[0]) == ["open", "read_outlook", "close"]


async def test_work_and_removals_are_steps_of_their_own(listener: Listener) -> None:
    """An edit and a delete in Pipeliner, a new contact in Outlook; then a create that must be looked for."""
    world = await _connected(listener)
    await world.one_run()
    listener.exporter.clear()
    world.edit_in_crm("Abel", phone2="555")
    world.delete_in_crm("Baker")
    world.write_in_outlook("Cole", "Cid")
    world.crm.faults.plant(Fault(r"POST .*/Contacts$", drop=True))

    await world.sync()

    first, *later = _runs(listener)
    assert listener.children(first) == [
        "open",
        "read_outlook",
        "pipeliner_work",
        "outlook_work",
        "removals",
        "close",
    ]
    assert "recover" in listener.children(later[0])


async def test_a_reconciliation_repairs_missing_contacts_in_a_step_of_its_own(listener: Listener) -> None:
    """The full sync below the same kind of span."""
    world = await _connected(listener)
    for _ in range(2):
        await world.one_run()
    listener.exporter.clear()

    await work(world.deployment, RunRequest(world.record.id, Trigger.RECONCILE, RunMode.RECONCILE), "worker")

    (span,) = _runs(listener)
    assert listener.children(span) == ["open", "read_outlook", "list_pipeliner", "look_for_missing", "close"]
    assert (span.attributes or {})["mode"] == "reconcile"


async def test_a_run_that_fails_says_why_in_our_own_words(listener: Listener) -> None:
    """The service's words, which quote a value, are not among them."""
    world = await _connected(listener)
    await world.one_run()
    listener.exporter.clear()
    world.graph.faults.plant(Fault("contacts/delta", times=9, status=500, body=SECRET))

    await world.one_run()

    (span,) = _runs(listener)
    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["outcome"] == "failed"
    assert span.status.description
    assert SECRET not in span.to_json()


class _BrokenStore(SqliteStore):
    """Raises what it is told to at the next transaction."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.error: Exception | None = None

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Raise, or do it."""
        error, self.error = self.error, None
        if error is not None:
            raise error
        return await super().transact(table, partition, operations)


@pytest.mark.parametrize(
    ("error", "outcome", "told"),
    [
        (StoreUnavailable("the table sync did not answer"), "unavailable", "the table sync did not answer"),
        (ValueError(SECRET), "error", "ValueError at "),
    ],
)
async def test_a_run_that_breaks_off_leaves_type_and_place(
    listener: Listener, error: Exception, outcome: str, told: str
) -> None:
    """No exception is recorded with its text, and every span ends."""
    store = _BrokenStore()
    world = await _connected(listener, new_world(store=store))
    store.error = error

    with pytest.raises(type(error)):
        await world.one_run()

    (span,) = _runs(listener)
    assert listener.children(span) == ["open"]
    attributes = span.attributes or {}
    assert (attributes["outcome"], attributes["error.type"]) == (outcome, type(error).__name__)
    assert (span.status.description or "").startswith(told)
    assert [item.events for item in listener.spans] == [(), ()]
    assert SECRET not in "".join(item.to_json() for item in listener.spans)
