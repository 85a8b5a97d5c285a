"""Production transport: msgraph-sdk's request adapter, without its typed models.

The adapter signs requests in, answers claims challenges and keeps connections. Of its middleware, retries are for
repeatable requests only (it would send a POST again after a 504), and redirects are not followed at all: they would
carry the token to a host that is not ours to choose.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.httpx_request_adapter import HttpxRequestAdapter
from kiota_http.middleware.options import ResponseHandlerOption, RetryHandlerOption
from kiota_http.middleware.parameters_name_decoding_handler import ParametersNameDecodingHandler
from kiota_http.middleware.retry_handler import RetryHandler
from kiota_http.middleware.user_agent_handler import UserAgentHandler
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph_core import GraphClientFactory
from msgraph_core.middleware import GraphTelemetryHandler
from typing_extensions import override

from sync_core.errors import CredentialsRejected, ServiceUnavailable, SyncError
from sync_core.http import LONGEST_ANSWER_S, Answer, Body, Request, Transport, retry_after_s

TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 10.0
READ_RETRIES = 2
LONGEST_RETRY_WAIT_S = 20.0
"""A longer wait is the caller's matter: inside the transport it would eat up the time of a run."""
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_SIGN_IN_CODE = re.compile(r"AADSTS\d+")


class ReadRetries(RetryHandler):
    """The SDK's retries with all forms of Retry-After, given up when the wait would be long."""

    @override
    def get_delay_time(
        self,
        retry_count: int,
        response: httpx.Response | None = None,
        delay: float = RetryHandlerOption.DEFAULT_DELAY,
    ) -> float:
        """Seconds to the next try; MAX_DELAY makes the SDK give the answer to the caller."""
        told = None if response is None else retry_after_s(dict(response.headers), datetime.now(UTC))
        wait_s: float = super().get_delay_time(retry_count, None, delay) if told is None else told
        return wait_s if wait_s <= LONGEST_RETRY_WAIT_S else RetryHandlerOption.MAX_DELAY


class BoundedConnections(httpx.AsyncHTTPTransport):
    """Reads each answer itself, unpacked and bounded: the SDK would read whatever comes, however long it is."""

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return an answer that is read already."""
        request.headers["Accept-Encoding"] = "gzip"
        response = await super().handle_async_request(request)
        try:
            async with asyncio.timeout(LONGEST_ANSWER_S):
                body = Body(response.headers.get("Content-Encoding", ""))
                async for piece in response.aiter_raw():
                    body.add(piece)
        except TimeoutError:
            raise httpx.ReadTimeout("the answer does not come to its end", request=request) from None
        finally:
            await response.aclose()
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_WIRE]
        return httpx.Response(
            response.status_code, headers=headers, content=body.whole(), extensions=response.extensions
        )


@dataclass(frozen=True, slots=True)
class _Session:
    """What belongs to one event loop: neither httpx nor azure-identity survive a change of it."""

    loop: asyncio.AbstractEventLoop
    adapter: HttpxRequestAdapter
    client: httpx.AsyncClient
    connections: httpx.AsyncHTTPTransport
    credential: AsyncTokenCredential


class SdkTransport(Transport):
    """Sends requests to one Graph root through msgraph-sdk.

    `credential` makes a credential; it is called once per event loop.
    """

    def __init__(
        self,
        base_url: str,
        credential: Callable[[], AsyncTokenCredential],
        timeout_s: float = TIMEOUT_S,
        retry_delay_s: float = 1.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credential = credential
        self._timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        self._retry_delay_s = retry_delay_s
        self._session: _Session | None = None

    @override
    async def send(self, request: Request) -> Answer:
        """Send a request; only a repeatable GET may be sent twice, when it is throttled (429) or in an outage."""
        information = RequestInformation(Method(request.method))
        information.url = self._base_url + request.target
        for name, value in request.headers.items():
            information.headers.add(name, value)
        information.content = request.body or None
        retries = READ_RETRIES if request.repeatable and request.method == "GET" else 0
        retrying = RetryHandlerOption(delay=self._retry_delay_s, max_retries=retries)
        information.add_request_options([retrying, ResponseHandlerOption(NativeResponseHandler())])
        adapter = self._open().adapter
        try:
            response: httpx.Response | None = await adapter.send_primitive_async(information, "bytes", {})
        except httpx.HTTPError as error:
            where = urlsplit(self._base_url).hostname
            kind = type(error).__name__
            raise ServiceUnavailable(f"no whole answer came from {where} ({kind}); it is asked again later") from error
        except AzureError as error:
            raise sign_in_failed(error) from error
        if response is None:
            raise ServiceUnavailable("the SDK gave no answer; it is asked again later")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content)

    @override
    async def close(self) -> None:
        """Free connections and the credential; the next request opens them anew."""
        session, self._session = self._session, None
        if session is not None and session.loop is asyncio.get_running_loop():
            await session.client.aclose()
            # The SDK's own layer between the two does not pass the closing on.
            await session.connections.aclose()
            await session.credential.close()

    def _open(self) -> _Session:
        loop = asyncio.get_running_loop()
        if self._session is not None and self._session.loop is loop:
            return self._session
        credential = self._credential()
        provider = AzureIdentityAuthenticationProvider(
            credential,
            scopes=[f"{self._base_url}/.default"],
            allowed_hosts=[urlsplit(self._base_url).hostname or ""],
        )
        connections = BoundedConnections(http2=True)
        client = httpx.AsyncClient(transport=connections, timeout=self._timeout, follow_redirects=False)
        middleware = [ReadRetries(), ParametersNameDecodingHandler(), UserAgentHandler(), GraphTelemetryHandler()]
        client = GraphClientFactory.create_with_custom_middleware(middleware, client=client)
        adapter: HttpxRequestAdapter = GraphRequestAdapter(provider, client=client)
        adapter.base_url = f"{self._base_url}/v1.0"
        self._session = _Session(loop, adapter, client, connections, credential)
        return self._session


def sign_in_failed(error: AzureError) -> SyncError:
    """Distinguish a refused sign-in from one that could not be tried; azure-identity's own text stays unsaid."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    is_outage = status is not None and (
        status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    if is_outage or not isinstance(error, ClientAuthenticationError):
        return ServiceUnavailable(
            f"the sign-in service gave no token ({type(error).__name__}); it is asked again later"
        )
    code = _SIGN_IN_CODE.search(str(error))
    told = code.group() if code else ""
    remedy = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or certificate, or the managed identity"
    text = f"no token for Graph could be had ({told or type(error).__name__}); {remedy}"
    return CredentialsRejected(text, told)
