"""Checks of a decision's fields for None: each is a question that the decision's own kind should have answered."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tools.house.source import Module, dotted, every_node, functions

DECISIONS = frozenset({"LinkPlan", "Decision"})
"""The class of 0.1, and the union (or the class above all others) that replaces it."""
HOLDERS = frozenset({"plan", "decision"})
"""What variables and attributes that hold a decision are named."""


@dataclass(slots=True)
class Checks:
    """Where fields that may be None are asked for it, outright or as a boolean, as `module:line expression`."""

    against_none: list[str] = field(default_factory=list)
    as_truth: list[str] = field(default_factory=list)


def find_checks(modules: Sequence[Module]) -> Checks:
    """Find `decision.field is None`, `is not None`, `== None`, `case Kind(field=None)`, and fields as booleans.

    A decision is known by its name (`plan`, `decision`, `item.plan`), by the annotation of an argument, or by the
    `case Kind() as name` that it was matched by; its optional fields are those annotated with None in its classes.
    What it asks of itself does not count, nor do classes of the same name from elsewhere.
    """
    homes = {module.room for module in modules if any(_defines_decisions(node) for node in module.tree.body)}
    at_home = [module for module in modules if module.room in homes]
    classes = {node.name: node for module in at_home for node in module.tree.body if isinstance(node, ast.ClassDef)}
    kinds = _kinds(at_home, classes)
    optional = frozenset(name for kind in kinds if kind in classes for name in _optional_fields(classes[kind]))
    checks = Checks()
    for module in modules:
        visible = kinds if module.room in homes else frozenset(_imported(module.tree, kinds, homes))
        holders = HOLDERS | frozenset(_holders(module.tree, visible))
        for node in every_node(module.tree):
            where = f"{module.name}:{getattr(node, 'lineno', 0)}"
            if _is_none_pattern(node, visible, optional):
                checks.against_none.append(f"{where} {ast.unparse(node)}")
            if isinstance(node, ast.Compare) and _is_none_check(node) and _is_field(node.left, holders, optional):
                checks.against_none.append(f"{where} {ast.unparse(node)}")
            for tested in _tested(node):
                if _is_field(tested, holders, optional):
                    checks.as_truth.append(f"{where} {ast.unparse(tested)}")
    return checks


def _defines_decisions(node: ast.stmt) -> bool:
    return (isinstance(node, ast.ClassDef) and node.name in DECISIONS) or _alias(node)[0] in DECISIONS


def _kinds(modules: Sequence[Module], classes: dict[str, ast.ClassDef]) -> frozenset[str]:
    """Names of the classes that a decision may be of."""
    kinds = set(DECISIONS)
    for module in modules:
        for node in module.tree.body:
            name, value = _alias(node)
            if name in DECISIONS and value is not None:
                kinds |= {dotted(part) for part in ast.walk(value) if isinstance(part, ast.Name)}
    kinds |= {name for name, node in classes.items() if any(dotted(above) in DECISIONS for above in node.bases)}
    return frozenset(kinds)


def _imported(tree: ast.Module, kinds: frozenset[str], homes: set[str]) -> Iterator[str]:
    """Names of decisions that a module takes from where they are at home."""
    for node in every_node(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.split(".")[1:2] in [[home] for home in homes]
        ):
            yield from (alias.asname or alias.name for alias in node.names if alias.name in kinds)


def _alias(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """Return name and value of `Name = …`, `Name: TypeAlias = …` or `type Name = …`."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return dotted(node.targets[0]), node.value
    if isinstance(node, ast.AnnAssign):
        return dotted(node.target), node.value
    name, value = getattr(node, "name", None), getattr(node, "value", None)  # ast.TypeAlias is not in 3.11
    return (dotted(name), value) if isinstance(name, ast.Name) else ("", None)


def _optional_fields(node: ast.ClassDef) -> Iterator[str]:
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and any(
            (isinstance(part, ast.Constant) and part.value is None) or dotted(part) == "Optional"
            for part in ast.walk(item.annotation)
            if isinstance(part, ast.expr)
        ):
            yield dotted(item.target)


def _holders(tree: ast.Module, kinds: frozenset[str]) -> Iterator[str]:
    """Names of arguments annotated with a decision, and of what a match takes for one."""
    for function in functions(tree):
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        for argument in arguments:
            named = ast.walk(argument.annotation) if argument.annotation else ()
            if any(isinstance(part, ast.Name) and part.id in kinds for part in named):
                yield argument.arg
    for node in every_node(tree):
        if isinstance(node, ast.MatchAs) and node.name and node.pattern:
            parts = (part for part in ast.walk(node.pattern) if isinstance(part, ast.MatchClass))
            if any(dotted(part.cls) in kinds for part in parts):
                yield node.name


def _is_none_pattern(node: ast.AST, kinds: frozenset[str], optional: frozenset[str]) -> bool:
    return (
        isinstance(node, ast.MatchClass)
        and dotted(node.cls) in kinds
        and any(
            name in optional and isinstance(pattern, ast.MatchSingleton) and pattern.value is None
            for name, pattern in zip(node.kwd_attrs, node.kwd_patterns, strict=True)
        )
    )


def _is_none_check(node: ast.Compare) -> bool:
    (first, *_) = node.comparators
    is_equality = isinstance(node.ops[0], ast.Is | ast.IsNot | ast.Eq | ast.NotEq)
    return is_equality and isinstance(first, ast.Constant) and first.value is None


def _is_field(node: ast.expr, holders: frozenset[str], optional: frozenset[str]) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in optional and dotted(node.value) in holders


def _tested(node: ast.AST) -> Sequence[ast.expr]:
    """Return what is asked for its truth."""
    match node:
        case ast.If() | ast.IfExp() | ast.While() | ast.Assert():
            return (node.test,)
        case ast.BoolOp():
            return node.values
        case ast.UnaryOp(op=ast.Not()):
            return (node.operand,)
        case ast.comprehension():
            return node.ifs
        case _:
            return ()
