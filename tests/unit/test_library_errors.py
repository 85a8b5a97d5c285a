"""Whatever a library raises at the edge of an adapter becomes an error of ours that tells none of its text.

The exceptions are found by walking the libraries, so that one which a new version brings is asked for as well.
Warnings are left out: nothing raises them but a filter.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NoReturn, cast

import httpx
import pytest
import requests.adapters
from azure.core.exceptions import AzureError, HttpResponseError
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueClient
from kiota_http.httpx_request_adapter import HttpxRequestAdapter

from sync_core.clock import SystemClock
from sync_core.domain import Trigger
from sync_core.engine.ports import RunRequest
from sync_core.errors import AccessDenied, CredentialsRejected, RequestRejected, RetryLater, RowConflict, SyncError
from sync_core.outlook.credentials import LoopbackCredential
from sync_core.outlook.diagnosis import OutlookDiagnosis
from sync_core.outlook.sdk_transport import SdkTransport
from sync_core.pipeliner.diagnosis import PipelinerDiagnosis
from sync_core.pipeliner.requests_transport import RequestsTransport
from sync_core.queues.storage import StorageQueue
from sync_core.storage import Put, Table
from sync_core.storage.azure_tables import TableStore

CANARY = "canary-of-a-library"
GRAPH = "https://graph.microsoft.com"

AZURE = ("azure.core.exceptions", "azure.identity", "azure.identity.aio")
TABLES = ("azure.data.tables", "azure.data.tables.aio")
QUEUES = ("azure.storage.queue", "azure.storage.queue.aio")
OF_GRAPH = ("httpx",)
OF_SDK = (
    "kiota_abstractions.api_error",
    "kiota_http._exceptions",
    "msgraph.generated.models.o_data_errors.o_data_error",
)
OF_PIPELINER = ("requests", "requests.exceptions", "urllib3.exceptions")

Edge = Callable[[Exception, pytest.MonkeyPatch], Awaitable[None]]


def raised_by(modules: tuple[str, ...]) -> Iterator[type[Exception]]:
    """Exceptions that the modules of a library show, each once; those of Python itself are none of them."""
    found: dict[str, type[Exception]] = {}
    for module in map(importlib.import_module, modules):
        library = module.__name__.partition(".")[0]
        for kind in vars(module).values():
            if not isinstance(kind, type) or not issubclass(kind, Exception) or issubclass(kind, Warning):
                continue
            if kind.__module__.partition(".")[0] == library:
                found[name_of(kind)] = kind
    yield from found.values()


def name_of(kind: type[Exception]) -> str:
    """Return the full name of an exception."""
    return f"{kind.__module__}.{kind.__name__}"


def made(kind: type[Exception], status: int | None = None) -> Exception:
    """Make an instance with the canary in its text, whatever its class asks for."""
    for arguments, named in (((CANARY,), {}), ((), {"message": CANARY})):
        try:
            error = kind(*arguments, **named)
        except (TypeError, AttributeError):
            continue
        break
    else:
        error = kind.__new__(kind)
        if isinstance(error, HttpResponseError):
            HttpResponseError.__init__(error, CANARY)
        error.args = (CANARY,)
    if isinstance(error, HttpResponseError):
        error.status_code = status
    return error


def _raising(error: Exception) -> Callable[..., NoReturn]:
    def call(*_arguments: Any, **_named: Any) -> NoReturn:
        raise error

    return call


def _raising_later(error: Exception) -> Callable[..., Awaitable[NoReturn]]:
    async def call(*_arguments: Any, **_named: Any) -> NoReturn:
        raise error

    return call


class _Silent:
    """Stands for a client of Azure's library: every call of it raises the same error."""

    def __init__(self, error: Exception) -> None:
        self.table_name = "sync"
        tables = ("get_entity", "submit_transaction", "create_table_if_not_exists")
        for call in (*tables, "send_message", "get_queue_properties", "create_queue", "peek_messages"):
            setattr(self, call, _raising_later(error))

    def get_table_client(self, _name: str) -> _Silent:
        """Return itself, for a table too."""
        return self


class _NoToken(LoopbackCredential):
    """A credential that fails."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def get_token(self, *_scopes: str, **_options: Any) -> NoReturn:
        """Fail."""
        raise self._error


async def _ask_graph(credential: LoopbackCredential) -> None:
    transport = SdkTransport(GRAPH, lambda: credential, retry_delay_s=0)
    try:
        await OutlookDiagnosis(transport, GRAPH, SystemClock()).check_mailbox("mailbox")
    finally:
        await transport.close()


async def graph(error: Exception, patched: pytest.MonkeyPatch) -> None:
    """The connection to Graph, below msgraph-sdk."""
    patched.setattr(httpx.AsyncHTTPTransport, "handle_async_request", _raising_later(error))
    await _ask_graph(LoopbackCredential())


async def sdk(error: Exception, patched: pytest.MonkeyPatch) -> None:
    """The adapter of msgraph-sdk itself."""
    patched.setattr(HttpxRequestAdapter, "send_primitive_async", _raising_later(error))
    await _ask_graph(LoopbackCredential())


async def sign_in(error: Exception, _patched: pytest.MonkeyPatch) -> None:
    """The token for Graph."""
    await _ask_graph(_NoToken(error))


async def examined_sign_in(error: Exception, _patched: pytest.MonkeyPatch) -> None:
    """The token, as the doctor asks for it."""
    transport = SdkTransport(GRAPH, LoopbackCredential)
    await OutlookDiagnosis(transport, GRAPH, SystemClock(), lambda _: _NoToken(error)).token_claims()


async def pipeliner(error: Exception, patched: pytest.MonkeyPatch) -> None:
    """The connection to Pipeliner, below requests."""
    patched.setattr(requests.adapters.HTTPAdapter, "send", _raising(error))
    transport = RequestsTransport("https://pipeliner.example", "user", "password")
    try:
        await PipelinerDiagnosis(transport, "space", SystemClock(), 100.0).check_entity("Contacts")
    finally:
        await transport.close()


async def table_read(error: Exception, _patched: pytest.MonkeyPatch) -> None:
    """A read of the state in Table Storage."""
    await TableStore(cast("TableServiceClient", _Silent(error))).get(Table.SYNC, "partition", "key")


async def table_write(error: Exception, _patched: pytest.MonkeyPatch) -> None:
    """A transaction in Table Storage, and the making of a table."""
    await TableStore(cast("TableServiceClient", _Silent(error))).transact(Table.SYNC, "partition", [Put("key", "{}")])


async def queue_put(error: Exception, _patched: pytest.MonkeyPatch) -> None:
    """A message for the queue, and the making of the queue."""
    await StorageQueue(cast("QueueClient", _Silent(error))).put(RunRequest("connection", Trigger.TIMER))


async def queue_depth(error: Exception, _patched: pytest.MonkeyPatch) -> None:
    """A look at the queue."""
    await StorageQueue(cast("QueueClient", _Silent(error))).depth()


_NO_SERIALIZING: Mapping[str, str] = {
    "azure.core.exceptions.SerializationError": "raised by Azure's generated clients; azure-identity has none",
    "azure.core.exceptions.DeserializationError": "raised by Azure's generated clients; azure-identity has none",
}
CANNOT_BE_RAISED: Mapping[Edge, Mapping[str, str]] = {
    graph: {
        "httpx.CookieConflict": "raised by a look into a cookie jar; nobody looks into one",
        "httpx.InvalidURL": "raised for an address that cannot be parsed; ours are built, links are parsed before",
        "httpx.RequestNotRead": "raised by a look at the body of a request; nobody looks at one",
        "httpx.ResponseNotRead": "raised by a look at a body before it was read; the SDK reads all of it",
        "httpx.StreamClosed": "raised by reading a stream again; the SDK reads once",
        "httpx.StreamConsumed": "raised by reading a stream again; the SDK reads once",
        "httpx.StreamError": "the parent of those",
    },
    sdk: {
        "kiota_abstractions.api_error.APIError": "raised for a status by the SDK's own reading of answers, which "
        "NativeResponseHandler leaves out",
        "msgraph.generated.models.o_data_errors.o_data_error.ODataError": "one of those",
        "kiota_http._exceptions.BackingStoreError": "raised by the SDK's backing store, which is not used",
        "kiota_http._exceptions.DeserializationError": "raised by the SDK's own reading of answers, as APIError",
        "kiota_http._exceptions.KiotaHTTPXError": "the parent of those",
        "kiota_http._exceptions.RedirectError": "raised by the SDK's redirects, which are left out",
        "kiota_http._exceptions.RequestError": "raised for a request without a method; each of ours has one",
        "kiota_http._exceptions.ResponseError": "raised where httpx returns nothing and raises nothing",
    },
    sign_in: _NO_SERIALIZING,
    examined_sign_in: _NO_SERIALIZING,
    pipeliner: {
        "urllib3.exceptions.ProxySchemeUnsupported": "raised for a proxy by Pythons whose SSLContext has no wrap_bio",
    },
}
"""What a library could raise, but not for what we call, with the reason. An entry that is mapped, or gone, fails."""

EDGES: tuple[tuple[Edge, tuple[str, ...]], ...] = (
    (graph, OF_GRAPH),
    (sdk, OF_SDK),
    (sign_in, AZURE),
    (examined_sign_in, AZURE),
    (pipeliner, OF_PIPELINER),
    (table_read, AZURE + TABLES),
    (table_write, AZURE + TABLES),
    (queue_put, AZURE + QUEUES),
    (queue_depth, AZURE + QUEUES),
)
EVERY = [(edge, kind) for edge, modules in EDGES for kind in raised_by(modules)]
AT_AN_EDGE = [(edge, kind) for edge, kind in EVERY if name_of(kind) not in CANNOT_BE_RAISED.get(edge, {})]
STATUSES = (None, 302, 400, 401, 403, 404, 409, 412, 413, 429, 500, 503)


def _id(value: object) -> str:
    return str(getattr(value, "__name__", value))


async def _came_out(edge: Edge, error: Exception, patched: pytest.MonkeyPatch) -> Exception | None:
    try:
        await edge(error, patched)
    except Exception as out:  # noqa: BLE001 - what it is, is the question
        return out
    return None


@pytest.mark.parametrize(("edge", "kind"), AT_AN_EDGE, ids=_id)
async def test_what_a_library_raises_becomes_an_error_of_ours(
    edge: Edge, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With any status, where it has one; that a row or a queue is not there may be an answer instead."""
    statuses = STATUSES if issubclass(kind, HttpResponseError) and edge is not sign_in else (None,)
    for status in statuses:
        out = await _came_out(edge, made(kind, status), monkeypatch)
        if out is None:
            assert kind.__name__ == "ResourceNotFoundError"
            continue
        assert isinstance(out, SyncError), f"status {status}"
        assert CANARY not in str(out)


@pytest.mark.parametrize(("edge", "kind"), [at for at in EVERY if at not in AT_AN_EDGE], ids=_id)
async def test_what_is_said_to_be_impossible_is_not_mapped(
    edge: Edge, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry whose exception is mapped by now is stale."""
    out = await _came_out(edge, made(kind), monkeypatch)
    assert out is not None
    assert not isinstance(out, SyncError)


def test_each_impossible_exception_is_still_there() -> None:
    """An entry that no library has any more is stale."""
    met = {(edge, name_of(kind)) for edge, kind in EVERY}
    assert {(edge, name) for edge, names in CANNOT_BE_RAISED.items() for name in names} <= met


def test_the_walk_finds_what_the_libraries_have() -> None:
    """A module that shows no exception any more, or a look-up that has gone blind, is noticed."""
    modules = {module for _, names in EDGES for module in names}
    blind = {module for module in modules if not list(raised_by((module,)))}
    assert blind == {"azure.identity.aio", *QUEUES, "azure.data.tables.aio"}, "their errors are those of azure.core"
    assert len({kind for _, kind in EVERY}) > 80
    assert {AzureError, httpx.ConnectTimeout, requests.ReadTimeout} <= {kind for _, kind in EVERY}


@pytest.mark.parametrize(
    ("edge", "status", "expected"),
    [
        (table_read, 401, CredentialsRejected),
        (table_read, 403, AccessDenied),
        (table_read, 429, RetryLater),
        (table_read, 500, RetryLater),
        (table_read, 400, RequestRejected),
        (queue_put, 403, AccessDenied),
        (queue_put, 503, RetryLater),
        (sign_in, 503, RetryLater),
    ],
    ids=_id,
)
async def test_the_reaction_is_that_of_the_status(
    edge: Edge, status: int, expected: type[SyncError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage is waited for, a refusal is a person's matter."""
    out = await _came_out(edge, made(HttpResponseError, status), monkeypatch)
    assert isinstance(out, expected)


async def test_a_row_that_was_not_as_demanded_is_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a transaction, the service's own error names the row."""
    kind = next(kind for kind in raised_by(TABLES) if kind.__name__ == "TableTransactionError")
    assert isinstance(await _came_out(table_write, made(kind, 412), monkeypatch), RowConflict)
