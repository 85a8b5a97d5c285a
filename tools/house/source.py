"""The modules of a package, read and parsed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FACE = "__init__.py"


@dataclass(frozen=True, slots=True)
class Module:
    """One source file; `name` is dotted, from the package on."""

    name: str
    path: Path
    lines: int
    tree: ast.Module

    @property
    def is_face(self) -> bool:
        """Whether it is the `__init__` of a package, which has no thought of its own."""
        return self.path.name == FACE

    @property
    def room(self) -> str:
        """The package or module right below the top to which it belongs."""
        return self.name.split(".")[1] if "." in self.name else self.name


def read_modules(package: Path) -> list[Module]:
    """Read all modules of a package, those of its packages included."""
    return [_read(path, package) for path in sorted(package.rglob("*.py"))]


def _read(path: Path, package: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    parts = (package.name, *path.relative_to(package).with_suffix("").parts)
    name = ".".join(parts[:-1] if path.name == FACE else parts)
    return Module(name, path, len(text.splitlines()), ast.parse(text))


def dotted(node: ast.expr) -> str:
    """Return the last name of a name or attribute, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


@cache
def every_node(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Return a node and all below it; every measure walks the same trees."""
    return tuple(ast.walk(tree))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module: its own, those of classes, and those within others."""
    return (node for node in every_node(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
