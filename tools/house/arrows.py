"""Arrows between the packages: which of them go in a circle, and which no test looks at."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.house.source import Module, dotted, every_node

ROOMS_OF_THE_TEST = "OURS"
"""The table of the import test: what each package may import, by the package's name."""


def find_cycles(modules: Sequence[Module]) -> list[tuple[str, ...]]:
    """Find the packages, and modules beside them, that import each other; each circle with all its members."""
    arrows: dict[str, set[str]] = {module.room: set() for module in modules}
    top = modules[0].name.partition(".")[0]
    for module in modules:
        targets = {_room_of(name) for name in _imported(module, top)}
        arrows[module.room] |= {target for target in targets if target in arrows and target != module.room}
    reached = {room: _reached_from(room, arrows) for room in arrows}
    circles = {
        tuple(sorted(other for other in reached[room] if room in reached[other]))
        for room in arrows
        if room in reached[room]
    }
    return sorted(circles)


def find_uncovered(modules: Sequence[Module], import_test: Path) -> list[str]:
    """Find the packages that the import test has no row for."""
    packages = {module.room for module in modules if module.is_face and "." in module.name}
    tree = ast.parse(import_test.read_text(encoding="utf-8"))
    rows: set[str] = set()
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.Dict) and any(target and dotted(target) == ROOMS_OF_THE_TEST for target in targets):
            rows |= {key.value for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return sorted(packages - rows)


def _imported(module: Module, top: str) -> Iterator[str]:
    """Modules of the package that a module imports, also inside functions, as far as names tell."""
    for node in every_node(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(f"{top}."))
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            if node.module == top:
                yield from (f"{top}.{alias.name}" for alias in node.names)
            elif node.module.startswith(f"{top}."):
                yield node.module


def _room_of(name: str) -> str:
    return name.split(".")[1]


def _reached_from(room: str, arrows: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(arrows[room])
    while waiting:
        found = waiting.pop()
        if found not in reached:
            reached.add(found)
            waiting += arrows[found]
    return reached
