"""Running the measured process and counting what it asks of the services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from emulators.serving import Services

_INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


class ProductEnded(Exception):
    """The measured process ended on its own; what it said is on stderr."""


@dataclass(frozen=True, slots=True)
class Used:
    """What one command cost: requests by kind, storage operations, time and the process's peak memory so far."""

    graph: Mapping[str, int]
    pipeliner: Mapping[str, int]
    storage: Mapping[str, int]
    seconds: float
    peak_mb: float | None
    said: Mapping[str, Any]

    @property
    def graph_requests(self) -> int:
        """Requests to Graph, a batch as one."""
        return sum(count for kind, count in self.graph.items() if not kind.startswith("part "))

    @property
    def pipeliner_requests(self) -> int:
        """Requests to Pipeliner."""
        return sum(self.pipeliner.values())

    @property
    def storage_operations(self) -> int:
        """Requests to the state store."""
        return self.storage["gets"] + self.storage["ranges"] + self.storage["transactions"]


class Product:
    """The product in a child process, working against these services."""

    def __init__(self, services: Services, environment: Mapping[str, str]) -> None:
        self._services = services
        own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emulators.bench.product"],
            env={**own, **environ_of(environment)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process by ending its input."""
        self._process.communicate(timeout=60)

    def do(self, command: str, **arguments: str) -> Used:
        """Let it do one thing and count. Raises ProductEnded."""
        graph, pipeliner = Counter(self._services.graph.requests), Counter(self._services.crm.requests)
        said = self._asked({"do": command, **arguments})
        return Used(
            _difference(self._services.graph.requests, graph),
            _difference(self._services.crm.requests, pipeliner),
            said.pop("storage"),
            said.pop("seconds"),
            said.pop("peak_mb"),
            said,
        )

    def _asked(self, command: Mapping[str, str]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ProductEnded("the measured process has no pipes")
        try:
            stdin.write(json.dumps(command) + "\n")
            stdin.flush()
            line = stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ProductEnded(f"the measured process ended while it was to {command['do']}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def environ_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment of a Python process with these settings and this project importable."""
    return {**environment, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry) or os.curdir}


def _difference(now: Counter[str], before: Counter[str]) -> dict[str, int]:
    """Count by kind what was added."""
    return dict(sorted((now - before).items()))
