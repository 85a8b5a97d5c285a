"""Why a host gave no answer at all: its name, the connection, TLS, or time."""

from __future__ import annotations

import asyncio
import socket
import ssl
from urllib.parse import urlsplit

from sync_core.doctor.remedies import Trouble

CONNECT_LIMIT_S = 5.0
_PORTS = {"https": 443, "http": 80}


async def why_unanswered(url: str) -> Trouble:
    """Connect to the host of an address and say where it ends; OUTAGE when the connection itself is well."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            _, writer = await asyncio.open_connection(host, port, ssl=parts.scheme == "https" or None)
    except socket.gaierror:
        return Trouble.NAME_UNKNOWN
    except ssl.SSLError:
        return Trouble.NO_TLS
    except TimeoutError:
        return Trouble.TIMEOUT
    except OSError:
        return Trouble.UNREACHABLE
    writer.close()
    return Trouble.OUTAGE
