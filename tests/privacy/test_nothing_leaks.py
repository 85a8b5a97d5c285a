"""No value of a contact, no credential and no header comes out anywhere but in the rows that exist to hold values."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote, quote_plus

import pytest
from azure.core.exceptions import HttpResponseError

from emulators.faults import Fault
from sync_core.domain import RunMode, Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import StoreUnavailable
from sync_core.operations import poison_message
from sync_core.state.rows import ATTENTION
from sync_core.storage import Operation, SqliteStore, Table
from sync_core.storage.azure_tables import store_error
from sync_core.telemetry import METRIC_NAMES, Metric
from sync_core.web import api
from tests.privacy import scenes
from tests.privacy.canaries import Canaries
from tests.privacy.rows import ROWS_THAT_HOLD_VALUES
from tests.privacy.scenes import CUSTOM, Stage, outlook_values
from tests.privacy.witness import Witness
from tests.scenarios.world import MAILBOX, SALESMAN, new_world

SCENES: tuple[Callable[[Stage], Awaitable[None]], ...] = (
    scenes.everyday,
    scenes.waiting_for_people,
    scenes.safety_limits,
    scenes.ended,
)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_the_story_tells_no_values(stage: Stage, scene: Callable[[Stage], Awaitable[None]]) -> None:
    """Log lines, spans, metrics, queue messages, runs, attention: ids and counts only."""
    await scene(stage)

    assert stage.witness.leaks() == []


@pytest.mark.parametrize(
    ("service", "line", "statuses"),
    [
        ("pipeliner", r"(POST|PATCH) .*/Contacts", (400, 409, 422, 429, 500)),
        ("pipeliner", r"GET ", (400, 401, 403, 404, 500, 503)),
        ("graph", r"(POST .*/contacts$|PATCH .*/contacts/)", (400, 403, 409, 412, 422, 429, 500)),
        ("graph", r"\$batch", (400, 401, 500)),
        ("graph", r"contacts/delta", (400, 401, 403, 404, 410, 429, 500)),
    ],
)
async def test_a_service_that_quotes_values_is_not_quoted(service: str, line: str, statuses: Sequence[int]) -> None:
    """Refusals and failures whose words and headers hold every value there is, of reads and of writes."""
    for status in statuses:
        canaries = Canaries()
        witness = Witness(canaries)
        with witness.listening():
            await scenes.quoting_service(scenes.new_stage(canaries, witness), service, line, status)
        assert witness.leaks() == [], status


_TRIES = 6
"""More often than the state asks again."""


class _TellingStore(SqliteStore):
    """Fails as a library would, with the rows that it could not write in its words, and at every repetition."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.fails_in = 1_000
        self.is_foreseen = False

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Do it, or fail."""
        self.fails_in -= 1
        if not -_TRIES < self.fails_in <= 0:
            return await super().transact(table, partition, operations)
        error = ValueError(f"cannot write {[getattr(item, 'body', '') for item in operations]}")
        if self.is_foreseen:
            raise StoreUnavailable("the table did not answer (ValueError)") from error
        raise error


@pytest.mark.parametrize("is_foreseen", [True, False])
async def test_a_librarys_words_do_not_reach_the_log_of_the_worker(
    canaries: Canaries, witness: Witness, is_foreseen: bool
) -> None:
    """Neither as the error that nobody foresaw, nor as the cause of one of ours."""
    store = _TellingStore()
    stage = Stage(witness.attach(new_world(store=store)), canaries, witness)
    await stage.world.connect()
    for nth in range(1, 6):
        stage.world.write_in_outlook(stage.name("Outlook"), "Kim", personalNotes=canaries.text("notes"))
        store.fails_in, store.is_foreseen = nth, is_foreseen
        await stage.failing_run()

    raised = [text for where, text in witness.seen if where == "raised to the worker"]
    assert len(raised) > 2
    assert witness.leaks() == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("line", [r"contactFolders", r"contacts/delta", r"\$batch"])
async def test_a_mailbox_that_is_known_by_its_address_is_not_named(
    stage: Stage, canaries: Canaries, line: str, status: int
) -> None:
    """Where the directory is closed the address is the mailbox's id: no run, item, error or log line may hold it."""
    graph = stage.world.graph
    graph.faults.plant(Fault(r"GET /v1\.0/users/[^/]*$", times=None, status=403))
    graph.faults.plant(Fault(r"GET /v1\.0/users/[^/]*\?", times=None, status=403))
    await stage.world.connect()
    assert stage.world.record.mailbox_id == MAILBOX
    stage.world.write_in_outlook(stage.name("Outlook"), "Kim", **outlook_values(canaries, "Outlook"))
    canaries.known("address of the mailbox", MAILBOX)
    graph.faults.plant(Fault(line, times=None, status=status, body='{"error": {"code": "x"}}'))
    for mode in (RunMode.DELTA, RunMode.RECONCILE):
        await stage.failing_run(mode)
    assert (await stage.witness.ask(stage.world, api.read_attention, connection_id=stage.world.record.id)).body

    assert {leak.where for leak in stage.witness.leaks()} <= {f"row connections connection.{stage.world.record.id}"}
    assert MAILBOX not in (await stage.world.deployment.registry.get(stage.world.record.id)).message


@pytest.mark.parametrize("status", [400, 401, 403, 409, 503])
def test_a_code_of_the_store_that_quotes_is_not_repeated(canaries: Canaries, status: int) -> None:
    """Only what has the shape of a code stands in the error."""
    error, value = HttpResponseError(canaries.text("words")), canaries.mail("code")
    error.status_code = status
    error.error_code = value  # type: ignore[attr-defined]  # the library puts it there
    assert value not in str(store_error(error))
    error.error_code = "ServerBusy"  # type: ignore[attr-defined]
    assert "ServerBusy" in str(store_error(error))


async def test_answers_of_the_api_show_values_in_the_history_only(stage: Stage) -> None:
    """Good answers and refusals, of every endpoint; a request that cannot be read is not repeated either."""
    await scenes.everyday(stage)
    world, witness = stage.world, stage.witness
    connection_id = world.record.id
    unreadable = f'{{"mailbox": "{stage.canaries.text("unreadable body")}'.encode()
    for body in (unreadable, {"mode": ["list"]}, {"settings": {"scope": {"a": stage.canaries.text("wrong kind")}}}):
        await witness.ask(world, api.connect, body)
        await witness.ask(world, api.change_connection, body, connection_id=connection_id)
        await witness.ask(world, api.request_sync, body, connection_id=connection_id)
    await witness.ask(world, api.connect, {"mailbox": MAILBOX, "user": SALESMAN, "settings": {"custom_fields": CUSTOM}})
    await witness.ask(world, api.list_connections)
    await witness.ask(world, api.read_attention, connection_id=connection_id)
    await witness.ask(world, api.read_connection, connection_id=connection_id)
    await witness.ask(world, api.read_run, run_id=world.results[-1].run.id)
    await witness.ask(world, api.read_run, run_id=stage.canaries.text("no run"))
    await witness.ask(world, api.approve_removals, connection_id=connection_id)
    await witness.ask(world, api.retry_set_aside, connection_id=connection_id)
    await witness.ask(world, api.read_history, connection_id=connection_id)

    assert witness.leaks() == []
    history = witness.shown[-1]
    assert any(stage.canaries.leaks(history, "history")), "the history is for that"


async def test_a_message_that_cannot_be_read_is_not_repeated(stage: Stage) -> None:
    """Whoever put it there, it may hold anything."""
    await scenes.filled(stage)

    await poison_message(stage.world.deployment, stage.canaries.text("message").encode(), "id")

    assert stage.witness.log.lines
    assert stage.witness.leaks() == []


async def test_the_proof_has_seen_everything(stage: Stage) -> None:
    """It heard logs and spans, saw attention, messages and every kind of row, and each metric of a run."""
    await scenes.waiting_for_people(stage)
    await stage.failing_run(RunMode.RECONCILE)

    kinds = {where.split()[0] for where, _ in stage.witness.evidence()}
    assert kinds >= {"log", "span", "metrics", "queue", "row", "run"}
    assert any(f" {ATTENTION}" in where for where, _ in stage.witness.seen)
    silent = {Metric.POISON.value.name, Metric.CONFLICTS.value.name, Metric.SWEEP_REPAIRED.value.name}
    assert set(METRIC_NAMES) - silent <= set(stage.witness.told())


async def test_each_kind_of_row_that_may_hold_values_does_hold_them(stage: Stage) -> None:
    """A kind that holds none would have to be taken off the list."""
    held: set[str] = set()
    from_outlook, _ = await scenes.filled(stage)
    world = stage.world
    world.write_in_outlook(stage.name("waiting"), "Kim")
    world.edit_in_outlook(from_outlook, jobTitle=stage.canaries.text("job"))
    world.crm.faults.plant(Fault(r"GET ", times=8, status=500))
    await stage.failing_run()
    world.crm.faults.clear()
    world.crm.faults.plant(Fault(r"POST .*/Contacts$", drop=True))
    await stage.failing_run()
    for text in stage.witness.shown:
        held |= {
            prefix
            for prefix in ROWS_THAT_HOLD_VALUES
            if text.startswith(prefix) and any(stage.canaries.leaks(text, ""))
        }

    assert held == set(ROWS_THAT_HOLD_VALUES)


# The proof itself


@pytest.mark.parametrize("form", ["raw", "lower", "address", "query", "json", "base64", "bytes"])
async def test_a_planted_leak_is_found_in_every_form(stage: Stage, form: str) -> None:
    """In a log line of any logger; a proof that cannot fail proves nothing."""
    value = stage.canaries.text("planted")
    forms = {
        "raw": value,
        "lower": value.lower(),
        "address": quote(value),
        "query": quote_plus(value),
        "json": json.dumps(value),
        "base64": base64.b64encode(f"xy{value}".encode()).decode(),
        "bytes": repr(value.encode()),
    }
    logging.getLogger("some.library").debug("GET %s", forms[form])

    assert {(leak.canary, leak.where) for leak in stage.witness.leaks()} == {("planted", "log")}


async def test_a_leak_in_the_product_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attention item that quotes what the service says, a span that keeps its error, a metric with a name in it."""
    from_outlook, _ = await scenes.filled(stage)
    assert stage.witness.leaks() == []
    listener, world = stage.witness.listener, stage.world
    with listener.traces.get_tracer("test").start_as_current_span("look-up") as span:
        span.set_attribute("url.full", f"https://service.example/?name={from_outlook}")
    listener.meters.get_meter("test").create_counter("looked.up").add(1, {"who": from_outlook})
    await world.queue.put(RunRequest(world.record.id, Trigger.COMMAND, run_id=from_outlook[:40]))
    monkeypatch.setattr(
        "sync_core.pipeliner.answers._safe_name", lambda record, _: str(record.get("message", ""))[:2000]
    )
    world.edit_in_outlook(from_outlook, jobTitle=stage.canaries.text("job"))
    world.crm.faults.plant(Fault(r"PATCH .*/Contacts", status=422, body=scenes.quoting(stage.canaries)))
    await stage.come_to_rest(1)

    where = {leak.where.split(".")[0] for leak in stage.witness.leaks()}
    assert where >= {"span", "metrics", "queue message", "row sync 6"}
