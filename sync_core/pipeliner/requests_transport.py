"""Production transport: one `requests` session, each call in a thread of a small pool."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import DefaultCookiePolicy
from time import monotonic

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.exceptions import HTTPError

from sync_core.errors import ServiceUnavailable
from sync_core.http import LONGEST_ANSWER_S, Answer, Body, Request, Transport

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
AT_MOST_IN_FLIGHT = 4
CHUNK = 64 * 1024


class RequestsTransport(Transport):
    """Sends requests to `service_url` (https, no trailing slash) with Basic authentication; close it at the end.

    At most four requests are in flight. Redirects are handed back as answers, so that the credentials never
    travel elsewhere; nothing is repeated below the client, which alone knows what may be.
    """

    def __init__(
        self,
        service_url: str,
        username: str,
        password: str,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._service_url = service_url.rstrip("/")
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._session = requests.Session()
        self._session.auth = (username, password)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        adapter = HTTPAdapter(pool_maxsize=AT_MOST_IN_FLIGHT, max_retries=0, pool_block=True)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._threads = ThreadPoolExecutor(AT_MOST_IN_FLIGHT, thread_name_prefix="pipeliner")

    @override
    async def send(self, request: Request) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, request)

    def _send(self, request: Request) -> Answer:
        try:
            answer = self._session.request(
                request.method,
                self._service_url + request.target,
                headers={**request.headers, "Accept-Encoding": "gzip"},
                data=request.body or None,
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            )
            body, begun = Body(answer.headers.get("Content-Encoding", "")), monotonic()
            with answer:
                for piece in answer.raw.stream(CHUNK, decode_content=False):
                    body.add(piece)
                    if monotonic() - begun > LONGEST_ANSWER_S:
                        raise ServiceUnavailable("Pipeliner's answer does not come to its end")
        except (requests.RequestException, HTTPError, OSError) as error:
            # The library's own text may quote the address with its query, and so a contact's values.
            raise ServiceUnavailable(f"Pipeliner gave no answer ({type(error).__name__})") from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, body.whole())

    @override
    async def close(self) -> None:
        """Finish what is in flight and free the connections."""
        self._threads.shutdown()
        self._session.close()
