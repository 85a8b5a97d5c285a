"""Which part of msgraph-sdk the app loads: of its 17,000 files, a handful.

The SDK is generated: a module for each request builder and model of Microsoft Graph, loaded by a method when it is
called. The app takes nothing from it but the request adapter, whose module loads nothing later. What an import of the
app runs is therefore all that it can ever need, and that can be read from the sources.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.package.target import PackageError

LIBRARY: Final = "msgraph"


@dataclass(frozen=True, slots=True)
class Import:
    """A module that an import statement names, and whether it is only run by a call of a function."""

    module: str
    by_call: bool


def kept_files(site_packages: Path, app_sources: Iterable[Path]) -> frozenset[Path]:
    """Find the SDK's files that an import of the app loads.

    Raises:
        PackageError: the app imports a module of the SDK that loads others when it is called, so that nobody can say
            which of them it needs.
    """
    taken = {found.module for source in app_sources for found in _imports(source, "") if _is_ours(found.module)}
    if LIBRARY in taken:  # which offers the client, and with it everything
        raise _untrimmable(LIBRARY)
    kept: set[Path] = set()
    waiting = sorted(taken)
    while waiting:
        for name in _with_parents(waiting.pop()):
            file = _file_of(site_packages, name)
            if file is None or file in kept:
                continue
            kept.add(file)
            found = [one for one in _imports(file, name) if _is_ours(one.module)]
            if name in taken and any(one.by_call for one in found):
                raise _untrimmable(name)
            waiting += [one.module for one in found if not one.by_call]
    return frozenset(kept)


def _untrimmable(name: str) -> PackageError:
    return PackageError(
        f"the app imports {name}, which loads other modules of msgraph-sdk when it is called: import"
        " msgraph.graph_request_adapter instead, or build with --whole"
    )


def _is_ours(name: str) -> bool:
    return name == LIBRARY or name.startswith(LIBRARY + ".")


def _with_parents(name: str) -> Iterator[str]:
    """A module and the packages around it, which are loaded before it."""
    parts = name.split(".")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _file_of(site_packages: Path, name: str) -> Path | None:
    """The source of a module; None for a name that is something inside a module."""
    path = site_packages.joinpath(*name.split("."))
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _imports(file: Path, name: str) -> Iterator[Import]:
    """Everything that a file imports, except for the type checker alone; `name` is its module's name."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for statement, by_call in _statements(tree, by_call=False):
        for module in _named(statement, package):
            yield Import(module, by_call)


def _statements(node: ast.AST, *, by_call: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, by_call
        elif isinstance(child, ast.If) and ast.unparse(child.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            for other in child.orelse:
                yield from _statements(other, by_call=by_call)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _statements(child, by_call=by_call or inside)


def _named(statement: ast.Import | ast.ImportFrom, package: str) -> list[str]:
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    parts = package.split(".") if package else []
    around = parts[: len(parts) - statement.level + 1] if statement.level else []
    module = ".".join([*around, *([statement.module] if statement.module else [])])
    return [module, *(f"{module}.{alias.name}" for alias in statement.names)]
