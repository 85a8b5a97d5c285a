"""Private functions that are used once: a reader jumps there and back for the sake of one place."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tools.house.source import Module, dotted, every_node, functions


@dataclass(frozen=True, slots=True)
class Fragments:
    """The private functions used once, as `module:line name`, and how many functions there are in all."""

    used_once: tuple[str, ...]
    functions: int

    @property
    def share(self) -> float:
        """Their share of all functions, in percent."""
        return 100 * len(self.used_once) / self.functions if self.functions else 0.0


def find_fragments(modules: Sequence[Module]) -> Fragments:
    """Find the private functions whose name stands at one place only beside their definition.

    Private is a name with one leading underscore, of a module, a class or another function. Only their own module
    is looked at: others do not see them. One that is decorated is called by whatever decorates it, and is no fragment.
    """
    used_once: list[str] = []
    total = 0
    for module in modules:
        uses = Counter(dotted(node) for node in every_node(module.tree) if isinstance(node, ast.expr))
        for function in functions(module.tree):
            total += 1
            if _is_private(function.name) and not function.decorator_list and uses[function.name] == 1:
                used_once.append(f"{module.name}:{function.lineno} {function.name}")
    return Fragments(tuple(used_once), total)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
