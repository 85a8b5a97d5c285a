"""Arrows point inwards: which module may know which, and what the pure parts may never touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "sync_core"

OURS: dict[str, tuple[str, ...]] = {
    "domain": ("domain",),
    "engine": ("domain", "engine", "errors"),
    "outlook": ("domain", "engine.ports", "errors", "outlook"),
    "pipeliner": ("domain", "engine.ports", "errors", "pipeliner"),
    "state": (
        "domain",
        "engine.ports",
        "engine.state_port",
        "engine.feed_port",
        "errors",
        "connection_settings",
        "state",
    ),
}
"""What each part may import of ours; a name stands for the module and all below it."""

PURE = {"__future__", "collections", "dataclasses", "datetime", "enum", "re", "types", "typing", "unicodedata"}
FROM_OUTSIDE: dict[str, set[str]] = {"domain": PURE, "engine": PURE | {"hashlib"}}
"""What the parts without clock, chance, network or concurrency of their own may import of others."""

CLOCKS = {"now", "utcnow", "today"}
REACHING_OUT = {"open", "print", "input", "exec", "eval", "__import__"}


@dataclass(frozen=True)
class Use:
    """An import or a call, and where it stands."""

    name: str
    line: int


def sources(part: str) -> list[Path]:
    """Modules of one part of the package."""
    return sorted((ROOT / PACKAGE / part).rglob("*.py"))


def is_module(name: str) -> bool:
    """Whether a dotted name is one of our modules or packages."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def imports(source: str) -> Iterator[Use]:
    """Every imported module, also inside functions; of `from package import module` the module."""
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


def is_below(name: str, allowed: tuple[str, ...]) -> bool:
    """Whether a module is one of the allowed ones or inside one."""
    return any(name == f"{PACKAGE}.{part}" or name.startswith(f"{PACKAGE}.{part}.") for part in allowed)


def wrong_imports(part: str, source: str) -> list[Use]:
    """Imports that the rules of a part forbid."""
    wrong: list[Use] = []
    for use in imports(source):
        first = use.name.partition(".")[0]
        if first in {"emulators", "tests", ""}:
            wrong.append(use)
        elif first == PACKAGE:
            if part in OURS and not is_below(use.name, OURS[part]):
                wrong.append(use)
        elif part in FROM_OUTSIDE and first not in FROM_OUTSIDE[part]:
            wrong.append(use)
    return wrong


@pytest.mark.parametrize("part", OURS)
def test_arrows_point_inwards(part: str) -> None:
    """Each part imports only what lies further in, and the pure parts nothing that reaches out."""
    found = {
        str(path.relative_to(ROOT)): wrong_imports(part, path.read_text(encoding="utf-8")) for path in sources(part)
    }

    assert found, "the part is there"
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_package_never_needs_emulators_or_tests() -> None:
    """What is deployed imports nothing that is not, and nothing relatively."""
    found = {str(path.relative_to(ROOT)): wrong_imports("", path.read_text(encoding="utf-8")) for path in sources("")}

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("part", FROM_OUTSIDE)
def test_pure_parts_read_no_clock_and_reach_nowhere(part: str) -> None:
    """Time comes through a port, and nothing is opened or printed."""
    found = {
        str(path.relative_to(ROOT)): list(impure_calls(path.read_text(encoding="utf-8"))) for path in sources(part)
    }

    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("domain", "from sync_core.errors import SyncError"),
        ("domain", "from sync_core import errors"),
        ("domain", "import sync_core.engine.ports"),
        ("domain", "import random"),
        ("domain", "from . import contact"),
        ("engine", "from sync_core.settings import AppSettings"),
        ("engine", "def later():\n    import asyncio"),
        ("engine", "from time import monotonic"),
        ("engine", "import requests"),
        ("outlook", "from sync_core.engine.passes import run_pass"),
        ("outlook", "from sync_core.engine import context"),
        ("outlook", "from sync_core.pipeliner.client import PipelinerClient"),
        ("pipeliner", "from sync_core.settings import AppSettings"),
        ("state", "from sync_core.engine.context import PassContext"),
        ("", "from emulators.clock import VirtualClock"),
    ],
)
def test_forbidden_import_is_found(part: str, source: str) -> None:
    """The check itself sees an arrow that points outwards, however it is written."""
    assert wrong_imports(part, source)


@pytest.mark.parametrize(
    "source",
    ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "open('x')", "print('x')"],
)
def test_forbidden_call_is_found(source: str) -> None:
    """The check itself sees a clock and a way out."""
    assert list(impure_calls(source))


def test_clock_port_is_no_clock_of_our_own() -> None:
    """Asking the port for the time is what the engine is for."""
    assert list(impure_calls("context.clock.now()")) == []
