"""One mutant at a time in a process of its own: the changed module takes its place, then the unit tests are run."""

from __future__ import annotations

import gc
import importlib.util
import os
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.battery.mutants.covering import tests_of
from tests.battery.mutants.making import ROOT, Mutant, path_of

PROCESSOR_LIMIT_S = 20
"""All these tests take a third of it: a mutant that is still running goes round in circles."""
MEMORY_LIMIT_BYTES = 2 << 30

_LEFT_OUT = ("cacheprovider", "unraisableexception", "threadexception", "faulthandler", "logging", "junitxml")
_OPTIONS = (
    *("-x", "-q", "-c", os.devnull, "--rootdir", str(ROOT), "--noconftest", "--assert=plain", "--tb=no"),
    *(part for plugin in _LEFT_OUT for part in ("-p", f"no:{plugin}")),
)
"""These tests need no plugin, no fixture of others and no story of what failed: all that costs more than the tests."""

_NOTICED = {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDLESS = "endless"
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant and what became of it."""

    mutant: Mutant
    outcome: Outcome


class CannotTryError(Exception):
    """The unit tests could not be run at all; the message names the mutant."""


def try_all(mutants: Sequence[Mutant], processes: int) -> Iterator[Trial]:
    """Return the outcome of every mutant, as they end; at most so many run at once.

    Raises:
        CannotTryError: pytest did not find the tests.
    """
    _prepare()
    running: dict[int, Mutant] = {}
    waiting = list(reversed(mutants))
    while waiting or running:
        while waiting and len(running) < processes:
            mutant = waiting.pop()
            running[_start(mutant)] = mutant
        process, status = os.wait()
        mutant = running.pop(process)
        yield Trial(mutant, _outcome(mutant, status))


def _prepare() -> None:
    """Choose examples that are the same in every run, and spend no time on making a failing one smaller."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=tuple(HealthCheck),
    )
    settings.load_profile("mutants")
    gc.freeze()


def _start(mutant: Mutant) -> int:
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        status = int(pytest.ExitCode.TESTS_FAILED)
        try:
            status = _run(mutant)
        finally:
            os._exit(status)
    return process


def _run(mutant: Mutant) -> int:
    """Run the tests on the mutant in this process, which ends with it."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_LIMIT_S, PROCESSOR_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    _put_in_place(mutant)
    for files in tests_of(mutant.name.module):
        status = pytest.main([*_OPTIONS, *files])
        if status != pytest.ExitCode.OK:
            return int(status)
    return int(pytest.ExitCode.OK)


def _put_in_place(mutant: Mutant) -> None:
    """Import the mutant as the module itself, before anything that uses it: the package's face is read after it."""
    *inner, last = mutant.name.module.split(".")
    packages: list[ModuleType] = []
    name = "sync_core.domain"
    for part in ("", *inner):
        name = f"{name}.{part}" if part else name
        found = importlib.util.find_spec(name)
        if found is None:
            raise CannotTryError(f"{name} is not there")
        package = importlib.util.module_from_spec(found)
        sys.modules[name] = package
        if packages:
            setattr(packages[-1], part, package)
        packages.append(package)
    module = ModuleType(f"{name}.{last}")
    module.__file__ = str(path_of(mutant.name.module))
    module.__package__ = name
    sys.modules[module.__name__] = module
    exec(compile(mutant.source, module.__file__, "exec"), vars(module))  # noqa: S102 - the mutant is our own source
    setattr(packages[-1], last, module)
    for package in reversed(packages):
        if package.__spec__ is not None and package.__spec__.loader is not None:
            package.__spec__.loader.exec_module(package)


def _outcome(mutant: Mutant, status: int) -> Outcome:
    if os.WIFSIGNALED(status):
        return Outcome.ENDLESS
    code = os.WEXITSTATUS(status)
    if code == pytest.ExitCode.OK:
        return Outcome.SURVIVED
    if code in _NOTICED:
        return Outcome.KILLED
    raise CannotTryError(f"pytest ended with status {code} on the mutant {mutant.name}: are its test files there?")
