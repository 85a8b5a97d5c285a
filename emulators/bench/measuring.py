"""Driving the measured product and counting what it asks of the services."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from emulators.bench.product import answer
from emulators.deployment import LocalDeployment, Wiring
from emulators.serving import Services

T = TypeVar("T")
_INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


class ProductEnded(Exception):
    """The measured process ended on its own; what it said is on stderr."""


@dataclass(frozen=True, slots=True)
class Used:
    """What commands cost: requests by kind, storage operations, time, and the process's peak memory so far."""

    graph: Mapping[str, int]
    pipeliner: Mapping[str, int]
    storage: Mapping[str, int]
    seconds: float
    cpu_s: float
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
    def state_operations(self) -> int:
        """Requests to the state store."""
        return self.storage["gets"] + self.storage["ranges"] + self.storage["transactions"]

    def followed_by(self, later: Used) -> Used:
        """Add up both; what was said is what the later one said."""
        return Used(
            _sum(self.graph, later.graph),
            _sum(self.pipeliner, later.pipeliner),
            _sum(self.storage, later.storage),
            round(self.seconds + later.seconds, 3),
            round(self.cpu_s + later.cpu_s, 3),
            later.peak_mb,
            later.said,
        )


class Product(ABC):
    """The product, working against these services, told what to do by commands."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def do(self, command: str, **arguments: Any) -> Used:
        """Let it do one thing and count. Raises ProductEnded."""
        graph, pipeliner = Counter(self._services.graph.requests), Counter(self._services.crm.requests)
        said = self._asked({"do": command, **arguments})
        return Used(
            _difference(self._services.graph.requests, graph),
            _difference(self._services.crm.requests, pipeliner),
            said.pop("storage"),
            said.pop("seconds"),
            said.pop("cpu_s"),
            said.pop("peak_mb"),
            said,
        )

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""

    @abstractmethod
    def _asked(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a command asks; raises ProductEnded."""


class ProductInProcess(Product):
    """The product in this process and without a network; its time and memory are also those of the services."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        models = services.graph, services.crm, services.crm.clock
        self._runner = asyncio.Runner()
        self._local = LocalDeployment(
            services.environment(Path(":memory:")), lambda settings: Wiring.in_process(settings, *models)
        )

    @property
    def local(self) -> LocalDeployment:
        """The product itself."""
        return self._local

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the product's loop."""
        return self._runner.run(coroutine)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it in its own loop."""
        self.run(self._local.close())
        self._runner.close()

    def _asked(self, command: Mapping[str, Any]) -> dict[str, Any]:
        return self.run(answer(self._local, command))


class ProductProcess(Product):
    """The product in a child process."""

    def __init__(self, services: Services, environment: Mapping[str, str]) -> None:
        super().__init__(services)
        own = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emulators.bench.product"],
            env={**own, **environ_of(environment)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process by ending its input."""
        self._process.communicate(timeout=60)

    def _asked(self, command: Mapping[str, Any]) -> dict[str, Any]:
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
        said: dict[str, Any] = json.loads(line)
        return said


def environ_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment of a Python process with these settings and this project importable."""
    return {**environment, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry) or os.curdir}


def _difference(now: Counter[str], before: Counter[str]) -> dict[str, int]:
    """Count by kind what was added."""
    return dict(sorted((now - before).items()))


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
