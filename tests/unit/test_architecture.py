"""Arrows point inwards: what each part may know of ours and of others, and what the pure parts may never touch.

A part is a package of `sync_core`, a module right in it, or `function_app.py`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "sync_core"
FUNCTIONS = "function_app"

OURS: Mapping[str, tuple[str, ...]] = {
    "errors": (),
    "domain": (),
    "engine": ("domain", "errors"),
    "redaction": ("errors",),
    "clock": ("engine.ports",),
    "http": ("errors", "engine.ports"),
    "connection_settings": ("domain", "errors"),
    "settings": ("errors", "connection_settings"),
    "storage": ("errors",),
    "state": ("connection_settings", "domain", "engine.ports", "errors", "storage.__init__"),
    "queues": ("connection_settings", "domain", "engine.ports", "errors"),
    "outlook": ("domain", "engine.ports", "errors", "http"),
    "pipeliner": ("domain", "engine.ports", "errors", "http"),
    "telemetry": (
        "domain",
        "engine.ports",
        "engine.run",
        "errors",
        "http",
        "outlook.__init__",
        "queues",
        "redaction",
        "settings",
    ),
    "operations": (
        "connection_settings",
        "domain",
        "engine",
        "errors",
        "http",
        "queues",
        "redaction",
        "settings",
        "state.__init__",
        "storage.__init__",
        "telemetry.__init__",
    ),
    "doctor": (
        "connection_settings",
        "domain",
        "engine.ports",
        "errors",
        "http",
        "operations",
        "outlook.__init__",
        "outlook.credentials",
        "outlook.diagnosis",
        "pipeliner.__init__",
        "pipeliner.diagnosis",
        "queues",
        "redaction",
        "settings",
        "state.__init__",
        "storage.__init__",
    ),
    "web": (
        "connection_settings",
        "doctor.__init__",
        "domain",
        "errors",
        "operations",
        "redaction",
        "settings",
        "state.__init__",
        "storage.__init__",
    ),
    "app": (
        "clock",
        "domain",
        "engine.ports",
        "engine.run",
        "errors",
        "http",
        "operations",
        "outlook",
        "pipeliner",
        "queues",
        "settings",
        "state.__init__",
        "storage.__init__",
        "telemetry",
    ),
    "cli": (
        "app",
        "connection_settings",
        "doctor.__init__",
        "domain",
        "engine.ports",
        "engine.run",
        "errors",
        "operations",
        "queues",
        "settings",
        "state.__init__",
        "storage.__init__",
    ),
    "__main__": ("cli",),
    FUNCTIONS: ("app", "operations", "redaction", "settings", "web"),
}
"""What each part may import of ours beside itself.

A name stands for the module and all below it; one that ends in `__init__` for the face of a package alone.
"""

PURE = {
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "itertools",
    "re",
    "types",
    "typing",
    "typing_extensions",
    "unicodedata",
}
ONLY: Mapping[str, set[str]] = {
    # pure libraries, which who is who is decided with, and notes are merged with
    "domain": PURE | {"difflib", "functools", "idna", "phonenumbers"},
    "errors": PURE,
    "engine": PURE | {"array", "bisect", "hashlib"},
}
"""What the parts without clock, chance, network or concurrency of their own may import of others."""

LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "app": ("azure.core", "azure.identity"),
    "cli": ("rich",),
    "connection_settings": ("pydantic",),
    "operations": ("pydantic",),
    "outlook": (
        "azure.core",
        "azure.identity",
        "httpx",
        "kiota_abstractions",
        "kiota_authentication_azure",
        "kiota_http",
        "msgraph",
        "msgraph_core",
    ),
    "pipeliner": ("requests", "urllib3"),
    "queues": ("azure.core", "azure.storage.queue", "pydantic"),
    "settings": ("pydantic",),
    "state": ("pydantic",),
    "storage": ("azure.core", "azure.data.tables"),
    "telemetry.opening": ("opentelemetry",),
    "telemetry.recording": ("opentelemetry",),
    "web": ("pydantic",),
    FUNCTIONS: ("azure.functions",),
}
"""Which library is known where; any other is known nowhere. A name of ours stands for all below it."""
ANYWHERE = ("typing_extensions",)
"""What the standard library of a later Python has."""

CLOCKS = {"now", "utcnow", "today"}
REACHING_OUT = {"open", "print", "input", "exec", "eval", "__import__"}


@dataclass(frozen=True)
class Use:
    """An import or a call, and where it stands."""

    name: str
    line: int


def every_source() -> dict[str, Path]:
    """All modules by their names below the package; the triggers of the app by the name of their file."""
    below = {path.relative_to(ROOT / PACKAGE): path for path in (ROOT / PACKAGE).rglob("*.py")}
    found = {
        ".".join(name.with_suffix("").parts).removesuffix("__init__").rstrip("."): at for name, at in below.items()
    }
    return {**found, FUNCTIONS: ROOT / f"{FUNCTIONS}.py"}


SOURCES = {name: path.read_text(encoding="utf-8") for name, path in every_source().items()}
PARTS = sorted({name.partition(".")[0] for name in SOURCES} - {""})


def of_part(part: str) -> dict[str, str]:
    """Sources of one part, by the names of their modules."""
    return {name: text for name, text in SOURCES.items() if name.partition(".")[0] == part}


def is_module(name: str) -> bool:
    """Whether a dotted name is one of our modules or packages."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


@cache
def imports(source: str) -> tuple[Use, ...]:
    """Every imported module, also inside functions; of `from package import module` the module."""
    return tuple(_imports(source))


def _imports(source: str) -> Iterator[Use]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Use(alias.name, node.lineno) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield Use(full if is_module(full) else module, node.lineno)


def impure_calls(source: str) -> Iterator[Use]:
    """Calls that read this host's clock or reach out of the process."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in REACHING_OUT:
            yield Use(called.id, node.lineno)
        if (
            isinstance(called, ast.Attribute)
            and called.attr in CLOCKS
            and ast.unparse(called.value).endswith(("date", "datetime"))
        ):
            yield Use(ast.unparse(called), node.lineno)


def is_below(name: str, allowed: Iterable[str]) -> bool:
    """Whether a module is one of the allowed ones or inside one; of a face, whether it is the face itself."""
    return any(
        name == part.removesuffix(".__init__") or (not part.endswith(".__init__") and name.startswith(f"{part}."))
        for part in allowed
    )


def wrong_imports(module: str, source: str) -> list[Use]:
    """Imports that the tables forbid to a module of ours."""
    part = module.partition(".")[0]
    libraries = [lib for known, given in LIBRARIES.items() if is_below(module, [known]) for lib in given]
    wrong: list[Use] = []
    for use in imports(source):
        first, _, rest = use.name.partition(".")
        if first == PACKAGE:
            is_right = is_below(rest, (part, *OURS[part]))
        elif part in ONLY:
            is_right = first in ONLY[part]
        else:
            is_right = first in sys.stdlib_module_names or is_below(use.name, (*libraries, *ANYWHERE))
        if not is_right:
            wrong.append(use)
    return wrong


def arrows(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Which part imports which other one."""
    found: dict[str, set[str]] = {}
    for module, source in sources.items():
        part = module.partition(".")[0]
        parts = {use.name.split(".")[1] for use in imports(source) if use.name.startswith(f"{PACKAGE}.")}
        found.setdefault(part, set()).update(parts - {part})
    return found


def circle(known: Mapping[str, set[str]], path: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Find parts that import each other in a circle; nothing when there is none."""
    for part in sorted(known[path[-1]] if path else known):
        if part in path:
            return (*path[path.index(part) :], part)
        if part in known and (found := circle(known, (*path, part))):
            return found
    return ()


def left_out(parts: Sequence[str], table: Iterable[str]) -> set[str]:
    """Parts that a table does not speak of."""
    return set(parts) - set(table)


def test_no_part_is_left_out() -> None:
    """A new package or module has its place in the table before it imports anything; so has the package itself."""
    assert left_out(PARTS, OURS) == set()
    assert left_out(sorted(OURS), PARTS) == set()
    assert imports(SOURCES[""]) == (), "the face of the whole imports nothing"


def test_the_tables_name_nothing_that_is_gone() -> None:
    """What a part may import is there."""
    named = {name for names in OURS.values() for name in names} | set(LIBRARIES)
    gone = {name for name in named if not _is_there(name)}
    assert gone == set()


def _is_there(name: str) -> bool:
    return name.removesuffix(".__init__") in SOURCES


@pytest.mark.parametrize("part", PARTS)
def test_arrows_point_inwards(part: str) -> None:
    """Each part imports only what lies further in, and only its own libraries; nothing relatively, no test."""
    found = {module: wrong_imports(module, source) for module, source in of_part(part).items()}

    assert found, "the part is there"
    assert {module: wrong for module, wrong in found.items() if wrong} == {}


def test_no_two_parts_import_each_other() -> None:
    """Neither as it is, nor in what the table would allow."""
    assert circle(arrows(SOURCES)) == ()
    assert circle({part: {name.partition(".")[0] for name in names} - {part} for part, names in OURS.items()}) == ()


@pytest.mark.parametrize("part", ONLY)
def test_pure_parts_read_no_clock_and_reach_nowhere(part: str) -> None:
    """Time comes through a port, and nothing is opened or printed."""
    found = {module: list(impure_calls(source)) for module, source in of_part(part).items()}

    assert {module: calls for module, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("domain.merge", "from sync_core.errors import SyncError"),
        ("domain.merge", "from sync_core import errors"),
        ("domain.merge", "import sync_core.engine.ports"),
        ("domain.merge", "import random"),
        ("engine.run", "import phonenumbers"),
        ("domain.merge", "import os"),
        ("domain.merge", "from socket import socket"),
        ("domain.merge", "from . import contact"),
        ("engine.run", "from sync_core.settings import AppSettings"),
        ("engine.run", "def later():\n    import asyncio"),
        ("engine.run", "from time import monotonic"),
        ("engine.run", "import requests"),
        ("errors", "import logging"),
        ("outlook.folder", "from sync_core.engine.run import run_sync"),
        ("outlook.folder", "from sync_core.engine import context"),
        ("outlook.folder", "from sync_core.pipeliner.client import PipelinerClient"),
        ("outlook.folder", "import requests"),
        ("pipeliner.client", "from sync_core.settings import AppSettings"),
        ("pipeliner.client", "import httpx"),
        ("state.reading", "from sync_core.engine.context import RunContext"),
        ("state.reading", "from sync_core.storage.sqlite import SqliteStore"),
        ("state.reading", "from azure.core.exceptions import AzureError"),
        ("storage.store", "from sync_core.state.rows import LEASE"),
        ("storage.store", "from sync_core.domain.contact import LinkId"),
        ("queues.messages", "from sync_core.operations.ports import Deployment"),
        ("telemetry.port", "from sync_core.operations.ports import Deployment"),
        ("telemetry.port", "from opentelemetry.trace import Tracer"),
        ("telemetry.port", "if TYPE_CHECKING:\n    import opentelemetry"),
        ("operations.asking", "from sync_core.telemetry.recording import RecordedTelemetry"),
        ("operations.asking", "from sync_core.state.registry import Registry"),
        ("operations.asking", "from sync_core.outlook.client import GraphClient"),
        ("operations.asking", "from azure.core.exceptions import AzureError"),
        ("doctor.services", "from sync_core.outlook.client import GraphClient"),
        ("doctor.services", "from sync_core.pipeliner import answers"),
        ("doctor.services", "from azure.core.exceptions import AzureError"),
        ("web.api", "from sync_core.doctor.findings import Finding"),
        ("web.api", "from sync_core.app import build"),
        ("web.api", "from sync_core.cli.output import Screen"),
        ("web.api", "import rich"),
        ("cli.main", "from sync_core.web.api import respond"),
        ("clock", "from sync_core.storage import Store"),
        ("redaction", "from sync_core.operations.ports import Deployment"),
        ("settings", "from emulators.clock import VirtualClock"),
        ("cli.main", "from tests.scenarios.world import World"),
        ("app", "import numpy"),
        (FUNCTIONS, "from sync_core.state import Registry"),
    ],
)
def test_forbidden_import_is_found(module: str, source: str) -> None:
    """The check itself sees an arrow that points outwards, however it is written."""
    assert wrong_imports(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("engine.run", "from sync_core.domain import merge"),
        ("outlook.folder", "from sync_core.engine.ports import Clock"),
        ("operations.asking", "from sync_core.telemetry import Telemetry"),
        ("telemetry.recording", "from opentelemetry.trace import Tracer"),
        ("telemetry.port", "from typing_extensions import override"),
        ("web.api", "from sync_core.doctor import examine"),
        ("queues.storage", "from azure.storage.queue.aio import QueueClient"),
    ],
)
def test_allowed_import_is_passed(module: str, source: str) -> None:
    """The check itself lets through what the tables allow."""
    assert wrong_imports(module, source) == []


def test_planted_circle_is_found() -> None:
    """Also one that goes through a third part; a chain is none."""
    planted = {
        "queues.storage": f"from {PACKAGE}.telemetry import Telemetry",
        "telemetry.port": f"from {PACKAGE}.state.registry import Registry",
        "state.registry": f"import {PACKAGE}.queues",
    }
    assert set(circle(arrows(planted))) == {"queues", "telemetry", "state"}
    del planted["state.registry"]
    assert circle(arrows(planted)) == ()


def test_planted_part_is_found() -> None:
    """A part that nobody has thought of is told."""
    assert left_out([*PARTS, "helpers"], OURS) == {"helpers"}


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "open('x')", "print('x')"],
)
def test_forbidden_call_is_found(source: str) -> None:
    """The check itself sees a clock and a door to the outside."""
    assert list(impure_calls(source))


def test_clock_port_is_no_clock_of_our_own() -> None:
    """Asking the port for the time is what the engine is for."""
    assert list(impure_calls("context.clock.now()")) == []
