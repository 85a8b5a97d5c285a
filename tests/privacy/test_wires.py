"""The same over real connections: the SDKs know addresses, headers and tokens, and would tell them to any logger."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from emulators.clock import ServiceClock
from emulators.demo.runner import run_steps
from emulators.demo.steps import STEPS
from emulators.demo.story import Story
from emulators.deployment import LocalDeployment
from emulators.faults import Fault
from emulators.graph import GraphModel
from emulators.http_face import HttpFace
from emulators.pipeliner import PipelinerModel
from emulators.remote import Outside
from emulators.seeds import OFFICE
from emulators.serving import API_PASSWORD, API_TOKEN, running_services
from sync_core.app import Parts, build
from sync_core.clock import SystemClock
from sync_core.domain import Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import InvalidSettings
from sync_core.operations import ConnectRequest, Deployment, check_health, connect, tick, work
from sync_core.outlook.credentials import LoopbackCredential
from sync_core.outlook.sdk_transport import SdkTransport
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.redaction import without_values
from sync_core.settings import load_settings
from sync_core.state.rows import LINK, link_of
from sync_core.storage import SqliteStore, Table
from sync_core.telemetry.opening import LIBRARIES, OURS, quiet_libraries
from sync_core.web import api
from tests.cli.office import open_near_office
from tests.privacy.canaries import Canaries
from tests.privacy.rows import may_hold, stored
from tests.privacy.witness import Witness, printed
from tests.scenarios.world import COLLEAGUE, MAILBOX, SALESMAN, SETTINGS

_TELLING = re.compile(r"[@\d ]")


@dataclass(slots=True)
class Wired:
    """A deployment on both SDKs, its services, and the bearer token that it shows to Graph."""

    deployment: Deployment
    witness: Witness
    graph: GraphModel
    crm: PipelinerModel
    user_id: str

    async def run(self, connection_id: str) -> None:
        """Tick and run a run, whatever comes of it."""
        for job in (tick(self.deployment), work(self.deployment, RunRequest(connection_id, Trigger.COMMAND), "worker")):
            try:
                await without_values(job, "a run")
            except Exception as error:  # noqa: BLE001 - taken down as the worker shows it
                self.witness.say("raised to the worker", printed(error))

    async def examine(self) -> None:
        """Send for the doctor, over HTTP."""
        await self.witness.ask(self, api.read_health, query={"deep": "1"})


class _Credential(LoopbackCredential):
    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the canary."""
        return AccessToken(self._token, 4_000_000_000)


@contextmanager
def _levels_kept() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in ("", OURS, *LIBRARIES)}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@asynccontextmanager
async def _wired(canaries: Canaries, witness: Witness) -> AsyncIterator[Wired]:
    token, password, bearer = (canaries.word(name) for name in ("API token", "API password", "bearer token"))
    token, password, bearer = (text.replace(" ", "-") for text in (token, password, bearer))
    clock = ServiceClock()
    graph, crm = GraphModel(clock), PipelinerModel(clock, username=token, password=password)
    for address in (MAILBOX, COLLEAGUE):
        graph.add_user(address)
    user_id = crm.people.add_user(SALESMAN)
    with HttpFace(graph) as graph_face, HttpFace(crm) as crm_face:
        store = SqliteStore(":memory:")
        sdk = SdkTransport(graph_face.base_url, lambda: _Credential(bearer), timeout_s=5.0, retry_delay_s=0.01)
        requests = RequestsTransport(crm_face.base_url, token, password)
        settings = SETTINGS.model_copy(
            update={"graph_base_url": graph_face.base_url, "pipeliner_service_url": crm_face.base_url}
        )
        clock_of_app = _HastyClock()
        parts = Parts(store, sdk, requests, witness.queue, clock_of_app, witness.listener.telemetry(clock_of_app))
        try:
            yield Wired(build(settings, parts).deployment, witness, graph, crm, user_id)
        finally:
            await sdk.close()
            await requests.close()
            await store.close()


class _HastyClock(SystemClock):
    """Waits for nobody."""

    async def sleep(self, seconds: float) -> None:
        """Run over the wait."""


async def _everything(wired: Wired, canaries: Canaries) -> None:
    """A sync with look-ups by address and name; then services that refuse, quote and hang up."""
    deployment, owner = wired.deployment, wired.user_id
    wired.crm.people.create_contact(owner, last_name=canaries.text("surname"), email1=canaries.mail("crm"))
    record = await connect(deployment, ConnectRequest(mailbox=MAILBOX, user=SALESMAN))
    await wired.run(record.id)
    looked_up = deployment.run_ports(record, "").contacts
    for who in ("first", "second"):
        mail, given, surname = canaries.mail(who), canaries.text(who), canaries.text(f"{who} surname")
        body = {"surname": surname, "givenName": given, "emailAddresses": [{"address": mail, "name": "-"}]}
        wired.graph.create_contact(MAILBOX, body, record.folder_id)
        await looked_up.by_email(mail)  # as whoever links two contacts by hand may have it looked up
        await looked_up.by_name(given, surname)
    await wired.run(record.id)
    quoted = json.dumps(
        {"error": {"code": canaries.text("hostile code"), "message": " ".join(canaries.values())}, "name": "-"}
    )
    headers = {"X-Echo": canaries.word("header"), "WWW-Authenticate": "Bearer " + canaries.word("challenge")}
    for status in (400, 401, 403, 500):
        for model in (wired.graph, wired.crm):
            model.faults.plant(Fault("", times=3, status=status, headers=headers, body=quoted))
        await wired.run(record.id)
        await check_health(deployment)
        await wired.examine()
    for model in (wired.graph, wired.crm):
        model.faults.clear()
        model.faults.plant(Fault("", times=3, drop=True))
    await wired.run(record.id)
    for model in (wired.graph, wired.crm):
        model.faults.plant(Fault("", drop=True))
    await wired.examine()
    await wired.examine()
    await wired.witness.ask(wired, api.purge, {"person": canaries.mail("purged"), "even_if_linked": True})


async def test_tokens_headers_and_addresses_stay_between_us_and_the_services(
    canaries: Canaries, witness: Witness
) -> None:
    """With every logger at DEBUG before the app opens; look-ups have the contact's address and name in theirs."""
    with _levels_kept():
        quiet_libraries()
        async with _wired(canaries, witness) as wired:
            await _everything(wired, canaries)
            looked_up = wired.crm.requests

    assert looked_up
    assert witness.log.lines
    assert witness.leaks() == []


async def test_without_the_quieting_the_libraries_do_tell(canaries: Canaries, witness: Witness) -> None:
    """So the proof above can fail: an address with the contact's values in its query is in the log."""
    async with _wired(canaries, witness) as wired:
        await _everything(wired, canaries)

    assert {"first", "second"} <= {leak.canary for leak in witness.leaks() if leak.where == "log"}


async def test_the_whole_demo_tells_nothing(witness: Witness, tmp_path: Path) -> None:
    """Its ten steps over HTTP: no value of a contact stands in any row, log line or span that is not for it."""
    with _levels_kept(), running_services(OFFICE) as services, Outside(services) as outside:
        quiet_libraries()
        deployment = LocalDeployment(services.environment(tmp_path / "state.sqlite"))
        parts = Parts(
            deployment._store,
            deployment._graph,
            deployment._crm,
            witness.queue,
            SystemClock(),
            witness.listener.telemetry(SystemClock()),
        )
        deployment._queue = witness.queue
        deployment._app = build(deployment.deployment.settings, parts)
        try:
            story = Story(outside, deployment, services.staff[0])
            reports = await run_steps(story, STEPS, lambda _: None, ())
            values = {value async for value in _values(deployment, story.record.id) if _is_telling(value)}
            names = await deployment._store.partitions(Table.CONNECTIONS)
            partitions = {Table.CONNECTIONS: names, Table.SYNC: [story.record.id]}
            for table, row in await stored(deployment._store, partitions):
                if not may_hold(table, row.key):
                    witness.say(f"row {row.key}", row.body)
        finally:
            await deployment.close()

    assert all(report.ok for report in reports)
    for value in (*values - {services.staff[0].address}, API_TOKEN, API_PASSWORD):
        witness.canaries.known(value, value)
    assert len(values) > 30
    assert witness.leaks() == []


async def _values(deployment: LocalDeployment, connection_id: str) -> AsyncIterator[str]:
    """Every value that a contact has or had, as baselines and history know them."""
    for _, row in await stored(deployment._store, {Table.SYNC: [connection_id]}):
        if row.key.startswith(LINK):
            for contact in (link_of(row).baselines.outlook, link_of(row).baselines.pipeliner):
                for value in contact.values.values():
                    for text in (value,) if isinstance(value, str) else value:
                        yield text
    for recorded in await deployment.deployment.reader(connection_id).history(limit=1000):
        for change in recorded.entry.changes:
            for value in (change.old, change.new):
                for text in (value,) if isinstance(value, str) else value:
                    yield text


def _is_telling(value: str) -> bool:
    """Whether a value is long and odd enough to stand nowhere else by chance."""
    return len(value) > 9 and _TELLING.search(value) is not None


# Settings and the command line


def test_a_wrong_setting_is_named_and_not_repeated(canaries: Canaries) -> None:
    """Also where it is a connection string with a storage key in it."""
    secret = canaries.word("key")
    environment = {
        "PIPELINER_SERVICE_URL": f"https://user:{secret}@service.example",
        "PIPELINER_SPACE_ID": f"{secret} !",
        "PIPELINER_API_TOKEN": secret,
        "SYNC_STATE": f"AccountKey={secret}",
        "SYNC_SCHEDULE": secret,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={secret}",
    }

    with pytest.raises(InvalidSettings) as raised:
        load_settings(environment, needs_queue=True)

    assert len(raised.value.faults) > 3
    assert list(canaries.leaks(printed(raised.value), "error")) == []
    right = {**environment, "PIPELINER_SERVICE_URL": "https://service.example", "PIPELINER_SPACE_ID": "em_Emulated"}
    settings = load_settings({**right, "PIPELINER_API_PASSWORD": secret, "SYNC_SCHEDULE": "0 */5 * * * *"})
    assert list(canaries.leaks(f"{settings!r} {settings}", "settings")) == []


def test_the_command_line_tells_values_in_its_history_only(canaries: Canaries, tmp_path: Path) -> None:
    """Every command, in words and as JSON, also verbose; services that quote values are not quoted."""
    near = open_near_office(tmp_path)
    surname = canaries.text("surname")
    contact = near.crm.people.create_contact(near.user_id, last_name=surname, comments=canaries.text("notes"))
    connection = near.connect()
    said: dict[str, str] = {}
    near.run("sync", "--json")
    near.crm.people.edit_contact(contact, city=canaries.text("city"))
    quoted = json.dumps(
        {"error": {"code": canaries.text("hostile code"), "message": " ".join(canaries.values())}, "name": "-"}
    )
    for line, status in ((r"\$batch", 400), ("contacts/delta", 500), ("", 401)):
        near.graph.faults.plant(Fault(line, status=status, body=quoted))
        ran = near.run("sync", "--json", "-v")
        said[f"sync {status}"] = ran.words
    for command in ("status", "attention", "sweep", "retry", "approve", "connections"):
        for options in ((), ("--json",), ("-v", "--json")):
            said[" ".join((command, *options))] = near.run(command, *options).words
    shown = near.run("history", connection, "--json").words

    assert any(canaries.leaks(shown, "history")), "the history is for that"
    assert [leak for where, words in said.items() for leak in canaries.leaks(words, where)] == []
    assert json.loads(said["status --json"])
