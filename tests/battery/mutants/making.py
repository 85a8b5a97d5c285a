"""All mutants of a module, each named by the text of the lines that it changes."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from pathlib import Path

import libcst as cst

from tests.battery.mutants.operators import OPERATORS

ROOT = Path(__file__).resolve().parents[3]
CORE = ROOT / "sync_core" / "domain"

TYPES = {"Decision", "Default", "Entries", "Id", "LinkId", "OutlookId", "PipelinerId", "UserId", "Value", "Verdict"}
"""Names at module level that stand for a type: only annotations use what they hold."""


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """What makes a mutant the same after its module was edited elsewhere: place, lines before and after."""

    module: str
    place: str
    before: str
    after: str
    number: int = 1
    """Which of those that read the same."""

    def __str__(self) -> str:
        repeated = f"  ({self.number})" if self.number > 1 else ""
        return f"{self.module}.{self.place}: {self.before}  ->  {self.after}{repeated}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one small change."""

    name: Name
    source: str


IDENTITY = tuple(f"identity.{name}" for name in ("choosing", "holding", "table", "typing_over", "verdicts"))
"""Of who is who the modules that decide; those that read words and numbers have laws of their own."""


VALUES = tuple(f"values.{name}" for name in ("addresses", "lists"))
"""What merges values that are whole; notes have laws of their own."""


def core_modules() -> tuple[str, ...]:
    """Return the names of the core's modules that have any code."""
    return (*sorted(path.stem for path in CORE.glob("*.py") if path.stem != "__init__"), *IDENTITY, *VALUES)


def path_of(module: str) -> Path:
    """Return where a module of the core is."""
    return CORE.joinpath(*module.split(".")).with_suffix(".py")


def unchanged(module: str) -> Mutant:
    """Return a module as it is: what the tests must let pass."""
    return Mutant(Name(module, "module", "", ""), path_of(module).read_text(encoding="utf-8"))


def mutants_of(module: str) -> list[Mutant]:
    """Make every mutant of a module that Python accepts and that is another program than all before it."""
    tree = cst.parse_module(path_of(module).read_text(encoding="utf-8"))
    pieces = [tree.code_for_node(statement) for statement in tree.body]
    made: list[Mutant] = []
    for index, statement in enumerate(tree.body):
        for name, changed in _mutated(module, tree, statement, pieces[index]):
            made.append(Mutant(name, "".join([*pieces[:index], changed, *pieces[index + 1 :]])))
    return made


def _mutated(module: str, tree: cst.Module, statement: cst.CSTNode, piece: str) -> Iterator[tuple[Name, str]]:
    """Return every mutation of one statement of a module; to work on the whole module would take minutes."""
    seen, names = {_meaning(piece)}, Counter[tuple[str, str, str]]()
    for change in _changes(statement):
        changed = tree.code_for_node(change.applied())
        try:
            meaning = _meaning(changed)
        except SyntaxError:
            continue
        if meaning in seen:
            continue
        seen.add(meaning)
        text = (change.place, *_changed_lines(piece, changed))
        names[text] += 1
        yield Name(module, *text, names[text]), changed


def _meaning(source: str) -> str:
    """Return what Python reads; in the truth table a blank is written `_`, and is None."""
    return ast.dump(ast.parse(source)).replace("Name(id='_', ctx=Load())", "Constant(value=None)")


@dataclass(frozen=True, slots=True)
class _Change:
    place: str
    path: tuple[cst.CSTNode, ...]
    """From the statement down to the node that is changed."""
    mutated: cst.CSTNode

    def applied(self) -> cst.CSTNode:
        """Make only the nodes above it anew: `deep_replace` would visit the whole statement."""
        changed = self.mutated
        for parent, child in zip(self.path[-2::-1], self.path[:0:-1], strict=True):
            changed = _with_child(parent, child, changed)
        return changed


def _with_child(parent: cst.CSTNode, child: cst.CSTNode, changed: cst.CSTNode) -> cst.CSTNode:
    for place in fields(parent):
        held = getattr(parent, place.name)
        if held is child:
            return parent.with_changes(**{place.name: changed})
        if isinstance(held, list | tuple) and any(one is child for one in held):
            return parent.with_changes(**{place.name: [changed if one is child else one for one in held]})
    raise AssertionError("a node is no child of the node above it")


class _Collector(cst.CSTVisitor):
    """Offers every node to the operators; types, imports, decorators and what is never reached are no behaviour."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[_Change] = []
        self._places: list[str] = []
        self._path: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._path.append(node)
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return False
        if isinstance(node, cst.Assign) and _names_a_type(node):
            return False
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "assert_never":
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._places.append(node.name.value)
        place = ".".join(self._places) or "module"
        for kind, deployment in OPERATORS:
            if isinstance(node, kind):
                self.changes.extend(_Change(place, tuple(self._path), mutated) for mutated in deployment(node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._path.pop()
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._places.pop()


def _names_a_type(node: cst.Assign) -> bool:
    target = node.targets[0].target
    return isinstance(target, cst.Name) and target.value in TYPES


def _changes(statement: cst.CSTNode) -> list[_Change]:
    collector = _Collector()
    statement.visit(collector)
    return collector.changes


def _changed_lines(source: str, mutated: str) -> tuple[str, str]:
    old, new = source.splitlines(), mutated.splitlines()
    changed = [code for code in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if code[0] != "equal"]
    before = [line.strip() for _, start, end, _, _ in changed for line in old[start:end]]
    after = [line.strip() for _, _, _, start, end in changed for line in new[start:end]]
    return " ".join(before), " ".join(after)
