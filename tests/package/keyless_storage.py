"""Azurite that takes tokens over HTTPS, under the public addresses of a storage account."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Final

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from tests.azurite import ACCOUNT, AzuriteFailed
from tests.package.certificate import Certificate
from tests.package.gateway import running_gateway
from tests.package.identity import TestersCredential, running_identity
from tests.package.tunnel import running_tunnel

QUEUE_HOST: Final = f"{ACCOUNT}.queue.core.windows.net"
TABLE_HOST: Final = f"{ACCOUNT}.table.core.windows.net"

_SCRIPT: Final = Path(__file__).resolve().parents[2] / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_FLAGS: Final = ("--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--oauth", "basic")
_PORTS: Final = ("--blobPort", "0", "--queuePort", "0", "--tablePort", "0")
_LISTENING: Final = re.compile(r"Azurite (Queue|Table) service is successfully listening at (https://\S+)")
_START_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class KeylessStorage:
    """What the app's environment says of its storage, clients past the app, and what the app asked for.

    `tokens` are the resources that it got tokens for, `hosts` those that it opened connections to.
    """

    environment: dict[str, str]
    queues: QueueServiceClient
    tables: TableServiceClient
    tokens: list[str]
    hosts: list[str]


@contextmanager
def keyless_storage(folder: Path) -> Iterator[KeylessStorage]:
    """Start the storage, the identity endpoint and the way between, and stop them at the end."""
    certificate = Certificate.made(folder, QUEUE_HOST, TABLE_HOST)
    trusted = str(certificate.certificate)
    with ExitStack() as opened:
        address = opened.enter_context(_azurite(certificate))
        identity, tokens = opened.enter_context(running_identity())
        services = {QUEUE_HOST: address["Queue"], TABLE_HOST: address["Table"]}
        port = opened.enter_context(running_gateway(services, certificate))
        proxy, hosts = opened.enter_context(running_tunnel(dict.fromkeys(services, port)))
        credential = TestersCredential()
        queues = QueueServiceClient(address["Queue"], credential=credential, connection_verify=trusted)
        tables = TableServiceClient(endpoint=address["Table"], credential=credential, connection_verify=trusted)
        environment = {
            **identity,
            "AzureWebJobsStorage__queueServiceUri": f"https://{QUEUE_HOST}",
            "SYNC_STATE__tableServiceUri": f"https://{TABLE_HOST}",
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": trusted,
        }
        opened.enter_context(queues)
        opened.enter_context(tables)
        yield KeylessStorage(environment, queues, tables, tokens, hosts)


@contextmanager
def _azurite(certificate: Certificate) -> Iterator[dict[str, str]]:
    signed = ("--cert", str(certificate.certificate), "--key", str(certificate.key))
    command = ["node", str(_SCRIPT), *_FLAGS, *_PORTS, *signed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            watchdog = Timer(_START_LIMIT_S, process.kill)
            watchdog.start()
            try:
                addresses = _addresses(process.stdout)
            finally:
                watchdog.cancel()
            yield addresses
        finally:
            process.kill()  # all it has is in memory


def _addresses(output: IO[str]) -> dict[str, str]:
    """Read where Azurite listens."""
    addresses: dict[str, str] = {}
    seen = []
    for line in output:
        seen.append(line)
        if found := _LISTENING.search(line):
            addresses[found[1]] = f"{found[2]}/{ACCOUNT}"
        if len(addresses) == len(("Queue", "Table")):
            return addresses
    raise AzuriteFailed("Azurite ended before it answered:\n" + "".join(seen))
