"""The tree of errors is drawn as it is, holds all errors that there are, and each tells a person what to do."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import sync_core
from sync_core import errors
from sync_core.errors import ConnectionBroken, InvalidRequest, InvalidSettings, SyncError
from sync_core.web.problems import kind_of

SOURCES = Path(sync_core.__file__).parent


def is_shown(kind: type[BaseException]) -> bool:
    """Whether a class is part of the tree; one with an underscore only shares code."""
    return not kind.__name__.startswith("_")


def children(kind: type[SyncError]) -> list[type[SyncError]]:
    """Classes right below one, in the order in which they are written."""
    return [child for child in vars(errors).values() if isinstance(child, type) and kind in shown_bases(child)]


def shown_bases(kind: type) -> list[type]:
    """Bases of a class that are in the tree, but for what others of its bases have already."""
    bases = [base for base in kind.__bases__ if is_shown(base)]
    return bases if is_shown(kind) else []


def drawn(kind: type[SyncError] = SyncError, indent: str = "") -> Iterator[str]:
    """Draw the tree from the classes, a line each."""
    below = children(kind)
    for child in below:
        is_last = child is below[-1]
        yield f"{indent}{'└── ' if is_last else '├── '}{child.__name__}"
        yield from drawn(child, indent + ("    " if is_last else "│   "))


def leaves(kind: type[SyncError] = SyncError) -> Iterator[type[SyncError]]:
    """Classes that have none below them, and those with their own meaning above others."""
    below = children(kind)
    for child in below:
        yield from leaves(child)
    if not below or kind is InvalidRequest:
        yield kind


def every_module() -> Iterator[str]:
    """Name each module of the package."""
    yield from (module.name for module in pkgutil.walk_packages(sync_core.__path__, "sync_core."))


LEAVES = list(leaves())
of_each_leaf = pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring has the classes in their order, each below its parent."""
    lines = (errors.__doc__ or "").splitlines()
    begin = lines.index("SyncError") + 1
    end = lines.index("", begin)
    assert [line.split("  ")[0] if "── " not in line else _branch(line) for line in lines[begin:end]] == list(drawn())


def _branch(line: str) -> str:
    """Cut a line of the drawing after the name of its class."""
    indent, _, rest = line.rpartition("── ")
    return f"{indent}── {rest.split()[0]}"


def test_the_tree_is_whole() -> None:
    """No module of ours defines an exception elsewhere."""
    found = [importlib.import_module(name) for name in every_module() if not name.endswith("__main__")]
    defined = {
        f"{value.__module__}.{value.__name__}"
        for module in found
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseException) and value.__module__.startswith("sync_core")
    }
    assert {name for name in defined if not name.startswith("sync_core.errors.")} == set()


@of_each_leaf
def test_each_error_is_raised_somewhere(kind: type[SyncError]) -> None:
    """An error that nobody raises is no part of the product."""
    texts = (path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py") if path.name != "errors.py")
    assert any(f"{kind.__name__}(" in text for text in texts)


@of_each_leaf
def test_each_error_says_what_to_do(kind: type[SyncError]) -> None:
    """One sentence for a person: no full stop, no second line, no value that the class could not know."""
    assert kind.remedy
    assert kind.remedy == kind.remedy.strip().rstrip(".")
    assert len(kind.remedy.splitlines()) == 1


def test_what_pauses_a_connection_has_a_reason_and_a_remedy_of_its_own() -> None:
    """Programs tell them apart by the reason, and no two ask for the same thing."""
    broken = [kind for kind in LEAVES if issubclass(kind, ConnectionBroken)]
    assert len({kind.reason for kind in broken}) == len({kind.remedy for kind in broken}) == len(broken)
    assert all({"reason", "remedy"} <= set(vars(kind)) for kind in broken)


@pytest.mark.parametrize("kind", [InvalidRequest, InvalidSettings])
def test_faults_are_kept_one_by_one(kind: type[InvalidRequest | InvalidSettings]) -> None:
    """Who corrects them needs all of them."""
    error = kind(["first", "second"])
    assert (error.faults, str(error)) == (("first", "second"), "first; second")


def test_what_http_answers_is_decided_for_each_group() -> None:
    """Who calls over HTTP meets no error of ours without a sort of problem; what never reaches them is named."""
    inside = {"DeltaExpired", "EditionGone", "LeaseLost", "RunInterrupted", "Stopped", "UnexpectedFailure"}
    unexpected = {kind.__name__ for kind in LEAVES if kind_of(kind).name == "unexpected"}
    assert unexpected == inside
