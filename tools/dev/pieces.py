"""What the tests need besides Python packages: whether this machine has it, and the plain word where it has not."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from dev import SERIES, Interpreter, Machine, SetupError, last_words, tell

WORKER_FROM = (3, 13)
"""azure-functions-runtime, the worker library of Azure, has no older releases."""
NODE_FROM = 20
NODE_LOCK = "package-lock.json"
INSTALLED_LOCK = "node_modules/.installed-lock.json"
"""The lock file as it was when npm had finished."""
RESOURCE_TYPES = "node_modules/@azure/mcp-linux-x64/dist/azmcp"
MAY_BE_WITHOUT = "SYNC_MAY_BE_WITHOUT"
"""Names the pieces, with commas between, that may be left out with CI=true: a job for an older Python says so."""


@dataclass(frozen=True)
class LeftOut:
    """A group of tests that cannot run here; the tests know it by its name."""

    name: str
    reason: str


def is_strict(machine: Machine) -> bool:
    """Whether leaving something out is a failure, as it is in continuous integration."""
    return machine.environ.get("CI", "").lower() in {"true", "1"}


def what_is_left_out(interpreter: Interpreter, machine: Machine) -> list[LeftOut]:
    """Install what can be installed, and return what the tests have to do without.

    Raises:
        SetupError: something is left out in continuous integration that may not be.
    """
    left_out: list[LeftOut] = []
    may_be = machine.environ.get(MAY_BE_WITHOUT, "").split(",")
    for piece in _missing(interpreter, machine):
        tell(f"left out: the tests marked '{piece.name}': {piece.reason}")
        if is_strict(machine) and piece.name not in may_be:
            raise SetupError(f"with CI=true nothing may be left out, and {piece.name} would be")
        left_out.append(piece)
    return left_out


def _missing(interpreter: Interpreter, machine: Machine) -> Iterator[LeftOut]:
    """Yield what is missing, first what needs no look at the network."""
    worker = missing_worker(interpreter)
    if worker:
        yield LeftOut("functions", worker)
    target = missing_target(interpreter, machine)
    if target:
        yield LeftOut("package", target)
    node = ensure_node_packages(machine)
    if node:
        yield LeftOut("azurite", node)
    types = node or missing_types(machine)
    if types:
        yield LeftOut("bicep", types)


def missing_worker(interpreter: Interpreter) -> str | None:
    """Return why Azure's worker library cannot be used, or None where it can."""
    if interpreter.version >= WORKER_FROM:
        return None
    return f"azure-functions-runtime needs Python 3.13 and this is {interpreter.series}; install Python 3.13"


def missing_target(interpreter: Interpreter, machine: Machine) -> str | None:
    """Return why the deployed package cannot be run, or None where it can."""
    if machine.wheels and interpreter.series == SERIES[0]:
        return None
    return f"the package is for Python {SERIES[0]} on x86-64 Linux; test it there, or in continuous integration"


def missing_types(machine: Machine) -> str | None:
    """Return why Microsoft's catalogue of resource types cannot be used, or None where it is installed."""
    if (machine.root / RESOURCE_TYPES).exists():
        return None
    return "the catalogue of Azure resource types comes for x86-64 Linux only; test there, or in continuous integration"


def missing_node(machine: Machine) -> str | None:
    """Return why Node cannot be used, or None where it can."""
    node = machine.which("node")
    shown = machine.capture([node, "--version"]).stdout.strip() if node else ""
    version = re.match(r"v(\d+)\.", shown)
    if version is not None and int(version.group(1)) >= NODE_FROM and machine.which("npm"):
        return None
    found = f"found only {shown}" if version and int(version.group(1)) < NODE_FROM else "node or npm is not on PATH"
    return f"they need Node {NODE_FROM} or newer with npm ({found}); install it from https://nodejs.org/"


def ensure_node_packages(machine: Machine) -> str | None:
    """Return why the pinned packages for Node (the storage emulator first) cannot be had, or None once installed."""
    problem = missing_node(machine)
    npm = machine.which("npm")
    if problem is not None or npm is None:
        return problem
    lock, installed = machine.root / NODE_LOCK, machine.root / INSTALLED_LOCK
    if installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return None
    tell("setting up: the Azurite storage emulator in node_modules (once, about half a minute)")
    result = machine.capture([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"])
    if result.returncode != 0:
        return "npm could not install it (is the package registry reachable?): " + last_words(result)
    shutil.copy(lock, installed)
    return None
