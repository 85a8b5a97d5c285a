"""What the doctor is made of: time limits, sign-in, storage, network, forms, and the table of remedies."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.storage.queue.aio import QueueClient

from emulators.http_face import HttpFace
from sync_core.doctor import Finding, Verdict, examine
from sync_core.doctor.configuration import function_timeout, schedule_faults
from sync_core.doctor.examination import PARTITION
from sync_core.doctor.findings import SIGN_IN_CODES, Service, Trouble, remedy_for, trouble_of
from sync_core.doctor.probing import Line, Probe, run_probe, why_unanswered
from sync_core.errors import AccessDenied, FolderGone, MailboxGone, NotFound, SpaceGone, SyncError, UserGone
from sync_core.operations import Deployment
from sync_core.outlook.credentials import LoopbackCredential
from sync_core.outlook.diagnosis import claims_of
from sync_core.pipeliner.diagnosis import required_on
from sync_core.queues import RUNS_QUEUE
from sync_core.queues.storage import StorageQueue, _queue_error
from sync_core.storage import Operation, Put, SqliteStore, Table
from sync_core.web import Request, api
from tests.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from tests.cli.office import NearOffice, closed_port, new_models
from tests.doctor.surgery import opened


class Holder(LoopbackCredential):
    """A credential that gives one token, or fails as Entra ID does."""

    def __init__(self, token: str = "", refusal: str = "", *, is_silent: bool = False) -> None:
        self._token = token
        self._refusal = refusal
        self._is_silent = is_silent

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the token or the refusal."""
        if self._is_silent:
            raise ServiceRequestError("canary")
        if self._refusal:
            raise ClientAuthenticationError(self._refusal)
        return AccessToken(self._token, 0)


class ReadOnlyStore(SqliteStore):
    """A store whose identity has lost its role."""

    async def transact(self, table: Table, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Refuse."""
        raise AccessDenied(f"Table Storage denies access to {table}, {partition}, {len(operations)}")


def token_with(**claims: Any) -> str:
    """Make a token as Entra ID writes it; the signature is worth nothing."""
    encoded = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{encoded}.c2ln"


async def findings(deployment: Deployment, check: str, holder: Holder | None = None) -> list[Finding]:
    """Examine, and give what was found of one check."""
    report = await examine(deployment, {}, lambda _: holder or LoopbackCredential())
    return [finding for finding in report.findings if finding.check == check]


def changed(deployment: Deployment, **parts: Any) -> Deployment:
    """Put other parts into a deployment."""
    values = {name: getattr(deployment, name) for name in Deployment.__dataclass_fields__}
    return Deployment(**values | parts)


@pytest.mark.parametrize("code", SIGN_IN_CODES)
async def test_refused_sign_in_has_the_remedy_of_its_code(office: NearOffice, code: str) -> None:
    """Entra ID's code decides what is to be done; its own text, which names people and hosts, is not told."""
    async with opened(office) as app:
        (found,) = await findings(app.deployment, "sign-in", Holder(refusal=f"{code}: canary text"))

    assert (found.verdict, found.remedy) == (Verdict.FAILED, SIGN_IN_CODES[code])
    assert code in found.told
    assert "canary" not in found.line


async def test_missing_identity_asks_for_one(office: NearOffice) -> None:
    """Without a code, as where there is no managed identity at all, the remedy says how to get one."""
    async with opened(office) as app:
        (found,) = await findings(app.deployment, "sign-in", Holder(refusal="no managed identity"))
        graph = await findings(app.deployment, "graph", Holder(refusal="no managed identity"))

    assert "assign the user-assigned identity" in found.remedy
    assert [finding.verdict for finding in graph] == [Verdict.NOT_RUN]


async def test_silent_sign_in_service_is_an_outage(office: NearOffice) -> None:
    """No answer of the sign-in service is no wrong secret."""
    async with opened(office) as app:
        (found,) = await findings(app.deployment, "sign-in", Holder(is_silent=True))

    assert found.remedy == remedy_for(Service.SIGN_IN, Trouble.OUTAGE)


@pytest.mark.parametrize(
    ("claims", "verdict", "said"),
    [
        ({}, Verdict.OK, "Exchange decides"),
        ({"roles": ["User.ReadBasic.All"]}, Verdict.OK, "Exchange decides"),
        ({"roles": ["Contacts.ReadWrite"]}, Verdict.WARNING, "every mailbox"),
        ({"roles": ["Contacts.ReadWrite", "Mail.Send"]}, Verdict.WARNING, "Mail.Send"),
    ],
)
async def test_roles_of_the_token_are_judged(
    office: NearOffice, claims: dict[str, Any], verdict: Verdict, said: str
) -> None:
    """No role is well with RBAC for Applications; more than the sync needs is a warning."""
    async with opened(office) as app:
        (found,) = await findings(app.deployment, "graph roles", Holder(token_with(appid="app-1", **claims)))

    assert (found.verdict, said in found.told) == (verdict, True)


@pytest.mark.parametrize("token", ["", "a.b", "a.!.c", "a.bm90IGpzb24.c", "a.W10.c"])
def test_token_that_cannot_be_read_says_nothing(token: str) -> None:
    """Whatever is no set of claims is no reason to fail."""
    assert claims_of(token) is None


async def test_refused_tables_fail_one_by_one(office: NearOffice) -> None:
    """Each table is a line with the role to give, connections are not run, and the services are examined."""
    async with opened(office) as app:
        store = ReadOnlyStore(":memory:")
        report = await examine(changed(app.deployment, store=store), {})
        await store.close()

    failures = [finding for finding in report.findings if finding.verdict is Verdict.FAILED]
    assert [finding.subject for finding in failures] == [f"table {table.value}" for table in Table]
    assert all("Storage Table Data Contributor" in finding.remedy for finding in failures)
    assert report.findings[-1].verdict is Verdict.NOT_RUN
    assert report.failures == len(Table)


async def test_probe_row_of_a_broken_off_doctor_does_no_harm(office: NearOffice) -> None:
    """A row that was left behind is written over and goes."""
    async with opened(office) as app:
        await app.deployment.store.transact(Table.SYNC, PARTITION, [Put("probe", "left behind")])
        found = await findings(app.deployment, "state")

        assert [finding.verdict for finding in found] == [Verdict.OK] * len(Table)
        assert await app.deployment.store.get(Table.SYNC, PARTITION, "probe") is None


async def test_queue_that_is_down_is_named(office: NearOffice) -> None:
    """A storage account that does not answer fails the queue's line, and nothing else."""
    endpoint = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY}"
    client = QueueClient.from_connection_string(
        f"{endpoint};QueueEndpoint={closed_port()}/{ACCOUNT};", RUNS_QUEUE, retry_total=0
    )
    async with opened(office) as app:
        queue = StorageQueue(client)
        report = await examine(changed(app.deployment, queue=queue), {})
        await queue.close()

    (failure,) = [finding for finding in report.findings if finding.verdict is Verdict.FAILED]
    assert (failure.check, "AzureWebJobsStorage" in failure.remedy) == ("queue", True)


async def test_queue_tells_how_many_wait(office: NearOffice, azurite: Azurite) -> None:
    """A queue that is not there yet is well, and one that is there is counted."""
    client = QueueClient.from_connection_string(azurite.connection_string, "counted-by-the-doctor")
    async with client, opened(office) as app:
        deployment = changed(app.deployment, queue=StorageQueue(client))
        (missing,) = await findings(deployment, "queue")
        await client.create_queue()
        await client.send_message("x")
        (waiting,) = await findings(deployment, "queue")
        await client.delete_queue()

    assert (missing.verdict, waiting.verdict) == (Verdict.OK, Verdict.OK)
    assert ("the first message will make it" in missing.told, "about 1 messages" in waiting.told) == (True, True)


def test_queue_that_denies_access_is_no_outage() -> None:
    """A missing role is told as such, whichever error the library makes of it."""
    error = HttpResponseError("canary")
    error.status_code = 403

    assert isinstance(_queue_error(error), AccessDenied)


async def test_hanging_probe_ends_in_time() -> None:
    """What does not answer is a timeout with its remedy, and the examination goes on."""

    async def hang() -> Sequence[Finding]:
        await asyncio.Event().wait()
        return []

    (found,) = await run_probe(Probe("graph", "", Line(Service.GRAPH), hang), limit_s=0.01)

    assert (found.verdict, found.remedy) == (Verdict.FAILED, remedy_for(Service.GRAPH, Trouble.TIMEOUT))


async def test_unforeseen_error_tells_no_text() -> None:
    """An error of nobody's foresight is told by its type alone."""

    async def burst() -> Sequence[Finding]:
        raise KeyError("canary")

    (found,) = await run_probe(Probe("graph", "", Line(Service.GRAPH), burst))

    assert "KeyError" in found.told
    assert "canary" not in found.line


async def test_examination_ends_in_time(connected: NearOffice) -> None:
    """Connections for which no time is left are told as not run."""
    async with opened(connected) as app:
        (record,) = await app.deployment.registry.all()
        report = await examine(app.deployment, {}, limit_s=-1)

    assert [f.subject for f in report.findings if f.verdict is Verdict.NOT_RUN] == [record.id]
    assert report.is_healthy


async def test_why_a_host_gives_no_answer() -> None:
    """Name, connection and TLS are told apart; a host that answers well is not the network's fault."""
    with HttpFace(new_models()[0]) as face:
        assert await why_unanswered(face.base_url) is Trouble.OUTAGE
        assert await why_unanswered(face.base_url.replace("http:", "https:")) is Trouble.NO_TLS
    assert await why_unanswered(closed_port()) is Trouble.UNREACHABLE
    assert await why_unanswered("https://-.invalid") is Trouble.NAME_UNKNOWN


async def test_deep_health_is_the_same_report(connected: NearOffice) -> None:
    """`GET /api/health?deep=1` answers 200 with every line, and 503 once something fails."""
    async with opened(connected) as app:
        well = await api.read_health(app.deployment, Request(query={"deep": "1"}))
        connected.crm.people.deactivate_user(connected.user_id)
        ill = await api.read_health(app.deployment, Request(query={"deep": "1"}))

    assert (well.status, ill.status) == (200, 503)
    verdicts = {item["check"]: item["verdict"] for item in json.loads(ill.body)["findings"]}
    assert (verdicts["user"], verdicts["mailbox"]) == ("FAILED", "ok")


@pytest.mark.parametrize("service", Service)
@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_a_remedy(service: Service, trouble: Trouble) -> None:
    """Whatever is wrong with whichever service, the line ends in what to do."""
    assert remedy_for(service, trouble)


@pytest.mark.parametrize("error", [MailboxGone("x"), FolderGone("x"), UserGone("x"), SpaceGone("x"), NotFound("x")])
def test_what_an_error_asks_for_is_its_remedy(error: SyncError) -> None:
    """Where no service has a remedy of its own, the line ends in that of the error's class."""
    assert remedy_for(Service.GRAPH, trouble_of(error)) in {error.remedy, SyncError.remedy}
    assert (trouble_of(error) is Trouble.UNEXPECTED) is isinstance(error, NotFound)


@pytest.mark.parametrize(
    "schedule", ["0 */5 * * * *", "0 30 2 * * *", "30 0,15,30-45/5 8-18 * jan-Mar mon-FRI", "0 0 0 1 1 0"]
)
def test_schedule_of_azure_is_taken(schedule: str) -> None:
    """Steps, ranges, lists and names are what Azure Functions takes."""
    assert schedule_faults(schedule) == []


@pytest.mark.parametrize(
    "schedule",
    [
        "*/5 * * * *",
        "0 60 * * * *",
        "0 0 24 * * *",
        "0 0 0 0 * *",
        "0 0 0 * 13 *",
        "0 0 0 * * 7",
        "0 */0 * * * *",
        "0 *-5 * * * *",
        "0 5- * * * *",
        "0 0 0 * * noday",
        "0 , * * * *",
    ],
)
def test_schedule_that_never_fires_is_told(schedule: str) -> None:
    """A field outside its bounds, or in no form that is known, is a fault."""
    assert len(schedule_faults(schedule)) >= 1


@pytest.mark.parametrize(
    ("written", "seconds"), [("00:10:00", 600), ("1.00:00:00", 86_400), ("-1", None), ("soon", 1800)]
)
def test_time_limit_of_the_host_is_read(written: str, seconds: float | None) -> None:
    """The host's own forms of a time; what is in none of them is Flex Consumption's half hour."""
    limit = function_timeout({"AzureFunctionsJobHost__functionTimeout": written})

    assert (None if limit is None else limit.total_seconds()) == seconds


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ({"fields": [{"api_name": "cf_a", "required": True}, {"api_name": "cf_b", "required": False}]}, ["cf_a"]),
        ('{"rows": [[{"field_name": "cf_a", "is_required": true}]]}', ["cf_a"]),
        ({"tabs": {"one": {"field": "cf_a", "mandatory": True}}}, ["cf_a"]),
        ("no json", []),
        (None, []),
    ],
)
def test_forms_are_searched_in_any_layout(form: object, names: list[str]) -> None:
    """The layout is not documented, so a name beside a flag counts wherever it stands."""
    assert list(required_on(form)) == names
