"""A proxy that leads a storage account's public addresses to Azurite: TLS goes through it end to end.

So the app is given the very addresses that it has in Azure, where nothing of it has to be told of loopback.
"""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

_CHUNK: Final = 65_536
_REFUSED: Final = b"HTTP/1.1 502 unknown host\r\n\r\n"
_OPEN: Final = b"HTTP/1.1 200 open\r\n\r\n"


class _Handler(socketserver.StreamRequestHandler):
    """One CONNECT and all that follows it."""

    server: _Tunnel
    rbufsize = 0  # what follows the request belongs to the tunnel

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return
            head += line
        host = head.split(b" ", 2)[1].decode().partition(":")[0]
        self.server.asked.append(host)
        port = self.server.ports.get(host)
        if port is None:
            self.wfile.write(_REFUSED)
            return
        with socket.create_connection(("127.0.0.1", port)) as there:
            self.wfile.write(_OPEN)
            _apply(self.connection, there)


def _apply(here: socket.socket, there: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    while True:
        for ready in select.select([here, there], [], [])[0]:
            try:
                chunk = ready.recv(_CHUNK)
                (there if ready is here else here).sendall(chunk)
            except ConnectionError:
                return
            if not chunk:
                return


class _Tunnel(socketserver.ThreadingTCPServer):
    def __init__(self, ports: Mapping[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ports = ports
        self.asked: list[str] = []


@contextmanager
def running_tunnel(ports: Mapping[str, int]) -> Iterator[tuple[str, list[str]]]:
    """Serve until the end; returns the proxy's address, and the hosts that were asked for, as they come."""
    with _Tunnel(ports) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", server.asked
        finally:
            server.shutdown()
            thread.join()
