"""Azurite, Microsoft's emulator of Azure Storage, started for a test session and stopped after it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO
from urllib.parse import urlsplit

_SCRIPT = Path(__file__).resolve().parents[1] / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_FLAGS = ("--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry")
_PORTS = ("--blobPort", "0", "--queuePort", "0", "--tablePort", "0")
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (https?://\S+)")
_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 10.0

ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Public: Microsoft documents this key for every Azurite in the world."""


class AzuriteFailed(RuntimeError):
    """Azurite is not installed or did not start."""


@dataclass(frozen=True, slots=True)
class Azurite:
    """Where a running Azurite answers; the endpoints end with the account's name."""

    blob_endpoint: str
    queue_endpoint: str
    table_endpoint: str

    @property
    def connection_string(self) -> str:
        """As an app setting would hold it."""
        return (
            f"DefaultEndpointsProtocol={urlsplit(self.table_endpoint).scheme};AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};"
            f"BlobEndpoint={self.blob_endpoint};QueueEndpoint={self.queue_endpoint};TableEndpoint={self.table_endpoint};"
        )


@contextmanager
def running_azurite(*flags: str) -> Iterator[Azurite]:
    """Start Azurite in memory on free ports, wait until all services answer, and stop it at the end.

    `flags` are further ones of its command line; with a certificate among them its addresses are https.
    """
    if not _SCRIPT.is_file():
        raise AzuriteFailed("Azurite is not installed: run `npm ci` in the repository's root")
    command = ["node", str(_SCRIPT), *_FLAGS, *_PORTS, *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            with _limit(process):
                endpoints = _endpoints(process.stdout)
            yield Azurite(endpoints["Blob"], endpoints["Queue"], endpoints["Table"])
        finally:
            _stop(process)


def _endpoints(output: IO[str]) -> dict[str, str]:
    """Read the addresses that Azurite prints once each service listens."""
    endpoints: dict[str, str] = {}
    seen = []
    for line in output:
        seen.append(line)
        if found := _LISTENING.search(line):
            endpoints[found[1]] = f"{found[2]}/{ACCOUNT}"
        if len(endpoints) == len(("Blob", "Queue", "Table")):
            return endpoints
    raise AzuriteFailed("Azurite ended before it answered:\n" + "".join(seen))


@contextmanager
def _limit(process: subprocess.Popen[str]) -> Iterator[None]:
    timer = Timer(_START_LIMIT_S, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
