"""What the store makes of Azure's refusals and silences, which Azurite never shows: real HTTP, scripted answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from sync_core.errors import (
    AccessDenied,
    CredentialsRejected,
    RequestRejected,
    RowConflict,
    StoreUnavailable,
    SyncError,
)
from sync_core.storage import MAX_TRANSACTION_BYTES, Insert, Put, Row, Table, operation_bytes
from sync_core.storage.azure_tables import TableStore
from tests.azurite import ACCOUNT, ACCOUNT_KEY

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
PROMPT = {"retry_backoff_factor": 0.0}
IMPATIENT = PROMPT | {"read_timeout": 0.05}


@dataclass(slots=True)
class ScriptedService:
    """Table Storage that gives each request the next answer, and the last one for ever."""

    answers: list[Answer] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    endpoint: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Note the request, and answer it."""
        self.sizes.append(len(await request.read()))
        self.requests.append(request)
        return await (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])(request)

    async def stay_silent(self, _: web.Request) -> web.StreamResponse:
        """Never answer within a test."""
        await self.ended.wait()
        return web.Response()

    def store(self, **options: Any) -> TableStore:
        """Open a store on this service."""
        account = f"AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};TableEndpoint={self.endpoint}"
        return TableStore.from_connection_string(account, **PROMPT | options)


@pytest.fixture
async def service() -> AsyncIterator[ScriptedService]:
    """Yield a service on a local port, to be given its answers."""
    scripted = ScriptedService()
    application = web.Application(client_max_size=16 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", scripted.answer)
    async with TestServer(application) as server:
        scripted.endpoint = str(server.make_url(f"/{ACCOUNT}"))
        yield scripted
        scripted.ended.set()


def refusal(status: int, code: str, **headers: str) -> Answer:
    """Answer a request as a whole with an error of the service."""

    async def answer(_: web.Request) -> web.StreamResponse:
        error = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": "Refused, secret-looking text."}}}
        return web.json_response(error, status=status, headers={"x-ms-error-code": code} | headers)

    return answer


def refused_operation(status: int, code: str, message: str) -> Answer:
    """Answer a transaction with an error in its only part, as the service does."""
    part = (
        "--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n--changeset_1\r\n"
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\n\r\n"
        f'{{"odata.error":{{"code":"{code}","message":{{"lang":"en-US","value":"{message}"}}}}}}\r\n'
        "--changeset_1--\r\n--batch_1--\r\n"
    )

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=202, body=part.encode(), headers={"Content-Type": "multipart/mixed; boundary=batch_1"}
        )

    return answer


def page(*keys: str, following: str = "") -> Answer:
    """Answer a query with rows, and with a continuation token when more may follow."""

    async def answer(_: web.Request) -> web.StreamResponse:
        entities = [{"odata.etag": f"etag-{key}", "PartitionKey": "p", "RowKey": key, "p0": key} for key in keys]
        token = {"x-ms-continuation-NextPartitionKey": "p", "x-ms-continuation-NextRowKey": following}
        return web.json_response({"value": entities}, headers=token if following else {})

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Take the request, then break the connection."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_empty_pages_with_a_continuation_token_are_followed(service: ScriptedService) -> None:
    """Rows after an empty page are found, and the token is sent on."""
    service.answers = [page(following="a"), page("a", following="b"), page(following="b"), page("b")]
    store = service.store()
    assert await store.read(Table.SYNC, "p", "", "z") == [Row("a", "a", "etag-a"), Row("b", "b", "etag-b")]
    assert [request.query.get("NextRowKey") for request in service.requests] == [None, "a", "b", "b"]
    await store.close()


async def test_a_range_stops_at_its_limit(service: ScriptedService) -> None:
    """No further page is asked for once there are rows enough."""
    service.answers = [page("a", following="b"), page("b", "c", following="d"), page("d")]
    store = service.store()
    assert [row.key for row in await store.read(Table.SYNC, "p", "", "z", limit=2)] == ["a", "b"]
    assert len(service.requests) == 2
    await store.close()


async def test_reads_are_repeated_when_the_server_is_busy(service: ScriptedService) -> None:
    """A read that fails once for want of capacity succeeds unnoticed."""
    service.answers = [refusal(503, "ServerBusy"), page("a")]
    store = service.store()
    assert len(await store.read(Table.SYNC, "p", "", "z")) == 1
    await store.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(503, "ServerBusy", **{"Retry-After": "0"}), 0.0),
        (refusal(500, "OperationTimedOut"), None),
        (refusal(429, "TooManyRequests", **{"Retry-After": "Mon, 05 Jan 2026 08:00:00 GMT"}), None),
        (refusal(409, "TableBeingDeleted"), None),
        (hang_up, None),
    ],
    ids=["busy", "timed out inside", "throttled", "table being deleted", "hung up"],
)
async def test_transactions_are_never_repeated(
    service: ScriptedService, answer: Answer, expected: float | None
) -> None:
    """A transaction that may have been stored is sent once; the caller learns that, and how long to wait."""
    service.answers = [answer]
    store = service.store()
    with pytest.raises(StoreUnavailable) as unavailable:
        await store.transact(Table.SYNC, "p", [Insert("a", "x")])
    assert unavailable.value.retry_after_s == expected
    assert len(service.requests) == 1
    await store.close()


@pytest.mark.parametrize("answer", [refusal(503, "ServerBusy"), hang_up], ids=["busy", "hung up"])
async def test_reads_that_keep_failing_are_an_unavailable_store(service: ScriptedService, answer: Answer) -> None:
    """Point reads, many reads and ranges say so after their repeats."""
    service.answers = [answer]
    store = service.store(retry_total=1)
    with pytest.raises(StoreUnavailable):
        await store.get(Table.SYNC, "p", "a")
    with pytest.raises(StoreUnavailable):
        await store.get_many(Table.SYNC, "p", ["a", "b"])
    with pytest.raises(StoreUnavailable):
        await store.read(Table.SYNC, "p", "", "z")
    await store.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal(403, "AuthenticationFailed"), CredentialsRejected),
        (refusal(401, "InvalidAuthenticationInfo"), CredentialsRejected),
        (refusal(401, "NoAuthenticationInformation"), CredentialsRejected),
        (refusal(403, "AuthorizationPermissionMismatch"), AccessDenied),
        (refusal(403, "AuthorizationFailure"), AccessDenied),
        (refusal(400, "InvalidInput"), RequestRejected),
    ],
)
async def test_refusals_are_told_apart(service: ScriptedService, answer: Answer, expected: type[SyncError]) -> None:
    """Wrong credentials, missing roles and wrong requests are different errors, without the service's text."""
    service.answers = [answer]
    store = service.store()
    for call in (store.get(Table.SYNC, "p", "a"), store.transact(Table.SYNC, "p", [Insert("a", "x")])):
        with pytest.raises(expected) as refused:
            await call
        assert "secret" not in str(refused.value)
    await store.close()


@pytest.mark.parametrize(
    ("status", "code"),
    [(409, "EntityAlreadyExists"), (412, "UpdateConditionNotSatisfied"), (404, "ResourceNotFound")],
)
async def test_the_service_names_the_operation_that_failed(service: ScriptedService, status: int, code: str) -> None:
    """The position before the message becomes the conflict's index."""
    service.answers = [refused_operation(status, code, "1:The row is not as demanded.")]
    store = service.store()
    with pytest.raises(RowConflict) as conflict:
        await store.transact(Table.SYNC, "p", [Insert("a", "x"), Put("b", "y", "etag")])
    assert (conflict.value.index, conflict.value.key) == (1, "b")
    await store.close()


@pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")  # aiohttp, about azure-core
@pytest.mark.parametrize("body", ["", "x" * 42_000, '"' * 21_000, "\u6f22" * 7_000, "\N{GRINNING FACE}" * 3_500])
@pytest.mark.parametrize("key", ["=" * 510, "k"])
async def test_the_size_check_is_an_upper_bound(service: ScriptedService, key: str, body: str) -> None:
    """What is sent is never larger than what was reckoned, and never over 4 MiB."""
    service.answers = [refusal(503, "ServerBusy")]
    store = service.store()
    etag = "W/\"datetime'2026-01-05T08%3A00%3A00.1234567Z'\""
    everything = [Put(f"{key}{number:02}", body, etag) for number in range(100)]
    fitting = everything[: MAX_TRANSACTION_BYTES // operation_bytes(everything[0])]
    with pytest.raises(StoreUnavailable):
        await store.transact(Table.SYNC, "=" * 512, fitting)
    reckoned = sum(map(operation_bytes, fitting))
    margin = 4 * 1024 * 1024 - MAX_TRANSACTION_BYTES
    assert service.sizes[0] < reckoned + margin
    await store.close()


async def test_a_table_is_made_once_when_a_transaction_misses_it(service: ScriptedService) -> None:
    """The transaction is sent again after the table was made, and not for ever."""
    missing = refused_operation(404, "TableNotFound", "0:The table specified does not exist.")
    service.answers = [missing, refusal(409, "TableAlreadyExists"), missing]
    store = service.store()
    with pytest.raises(StoreUnavailable, match="TableNotFound"):
        await store.transact(Table.SYNC, "p", [Insert("a", "x")])
    assert [request.path.rsplit("/", 1)[1] for request in service.requests] == ["$batch", "Tables", "$batch"]
    await store.close()


async def test_a_transaction_without_an_answer_in_time_is_an_unavailable_store(service: ScriptedService) -> None:
    """After the time-out the outcome is unknown, and nothing is sent twice."""
    service.answers = [service.stay_silent]
    store = service.store(**IMPATIENT)
    with pytest.raises(StoreUnavailable):
        await store.transact(Table.SYNC, "p", [Insert("a", "x")])
    assert len(service.requests) == 1
    await store.close()


async def test_nobody_listening_is_an_unavailable_store(unused_tcp_port: int) -> None:
    """A refused connection is no verdict on the rows."""
    store = ScriptedService(endpoint=f"http://127.0.0.1:{unused_tcp_port}/{ACCOUNT}").store(retry_total=0)
    with pytest.raises(StoreUnavailable):
        await store.get(Table.SYNC, "p", "a")
    with pytest.raises(StoreUnavailable):
        await store.transact(Table.SYNC, "p", [Insert("a", "x")])
    await store.close()


class WithoutIdentity:
    """A credential whose sign-in is refused."""

    async def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Refuse."""
        raise ClientAuthenticationError(message="no managed identity found")

    async def close(self) -> None:
        """Nothing to free."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_an_identity_without_a_token_has_its_credentials_rejected() -> None:
    """A refused sign-in is told apart from a silent service."""
    store = TableStore.from_identity("https://invented.table.core.windows.net", WithoutIdentity())
    with pytest.raises(CredentialsRejected):
        await store.get(Table.SYNC, "p", "a")
    await store.close()
