"""The unpacked package in a process that has nothing else: no environment, no project, only what talks to the test."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import google.protobuf

from tests.functions.worker_process import WORKER, WorkerProcess
from tools.package.target import SITE_PACKAGES

_TESTS: Final = Path(__file__).resolve().parents[1]
_BARE: Final = Path(__file__).with_name("bare.py")
_HARNESS: Final = ("functions/worker.py", "functions/worker_messages.py", "functions/invocation.py")


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked package, and a folder with all that the worker's driver needs besides: itself and protobuf."""

    folder: Path
    harness: Path

    @classmethod
    def beside(cls, folder: Path, harness: Path) -> Self:
        """Fill the harness folder."""
        protobuf = Path(google.protobuf.__file__).parents[1]
        shutil.copytree(protobuf, harness / "google", ignore=shutil.ignore_patterns("__pycache__"))
        for name in _HARNESS:
            target = harness / "tests" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_TESTS / name, target)
        return cls(folder, harness)

    def command(self, module: str, *arguments: str) -> list[str]:
        """Start a module of the harness or the package in a bare interpreter, which writes nothing into the package."""
        folders = os.pathsep.join(map(str, (self.harness, self.folder, self.folder / SITE_PACKAGES)))
        return [sys.executable, "-I", "-S", "-B", str(_BARE), folders, module, *arguments]


class PackagedWorker(WorkerProcess):
    """A Functions app in a bare interpreter; otherwise like its parent. It inherits no environment at all."""

    def __init__(self, package: Package, env: Mapping[str, str], *, timeout: float = 60) -> None:
        super().__init__(package.folder, env, timeout=timeout)
        self._package = package

    def _command(self) -> list[str]:
        return self._package.command(WORKER, str(self._package.folder))

    def _working_folder(self) -> Path:
        return self._package.folder.parent

    def _inherited(self) -> dict[str, str]:
        return {}
