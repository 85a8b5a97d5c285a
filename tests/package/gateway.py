"""The public face of a storage account before Azurite, over TLS.

Azurite knows an account's own host name, but not inside a transaction of its table service, where it finds the table
only behind the account's name in the path. So requests go on under the path-style address, over TLS again; tokens are
passed on as they are, and Azurite checks them.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import aiohttp
from aiohttp import web
from yarl import URL

from tests.package.certificate import Certificate

_PER_CONNECTION: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive"})


class _Gateway:
    """Runs requests on; `services` maps a public host to the address behind it."""

    def __init__(self, services: Mapping[str, str], certificate: Certificate) -> None:
        self._services = services
        self._trust = ssl.create_default_context(cafile=certificate.certificate)
        self._proof = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._proof.load_cert_chain(certificate.certificate, certificate.key)

    async def open(self) -> int:
        """Begin to answer; returns the port."""
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._pass_on)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        connector = aiohttp.TCPConnector(ssl=self._trust)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._proof).start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """End both sides."""
        await self._runner.cleanup()
        await self._session.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        address = self._services[request.host]
        body = (await request.read()).replace(f"https://{request.host}".encode(), address.encode())
        target = URL(address + request.raw_path, encoded=True)
        headers = _lasting(request.headers)
        async with self._session.request(request.method, target, data=body, headers=headers) as answer:
            return web.Response(status=answer.status, headers=_lasting(answer.headers), body=await answer.read())


def _lasting(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _PER_CONNECTION}


@contextmanager
def running_gateway(services: Mapping[str, str], certificate: Certificate) -> Iterator[int]:
    """Serve until the end; returns the port on which all the public hosts answer."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    gateway = _Gateway(services, certificate)
    try:
        yield asyncio.run_coroutine_threadsafe(gateway.open(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(gateway.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
