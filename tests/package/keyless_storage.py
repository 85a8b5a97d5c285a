"""Azurite that takes tokens over HTTPS, under the public addresses of a storage account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from tests.azurite import ACCOUNT, running_azurite
from tests.package.certificate import Certificate
from tests.package.gateway import running_gateway
from tests.package.identity import TestersCredential, running_identity
from tests.package.tunnel import running_tunnel

QUEUE_HOST: Final = f"{ACCOUNT}.queue.core.windows.net"
TABLE_HOST: Final = f"{ACCOUNT}.table.core.windows.net"


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
    trusted, key = str(certificate.certificate), str(certificate.key)
    with ExitStack() as opened:
        azurite = opened.enter_context(running_azurite("--oauth", "basic", "--cert", trusted, "--key", key))
        identity, tokens = opened.enter_context(running_identity())
        services = {QUEUE_HOST: azurite.queue_endpoint, TABLE_HOST: azurite.table_endpoint}
        port = opened.enter_context(running_gateway(services, certificate))
        proxy, hosts = opened.enter_context(running_tunnel(dict.fromkeys(services, port)))
        credential = TestersCredential()
        queues = QueueServiceClient(azurite.queue_endpoint, credential=credential, connection_verify=trusted)
        tables = TableServiceClient(endpoint=azurite.table_endpoint, credential=credential, connection_verify=trusted)
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
