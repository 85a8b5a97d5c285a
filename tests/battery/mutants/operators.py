"""What is changed in the source: mutmut's operators, and those that fit this core of two sides, sets and filters.

mutmut's own runner is not used: it leaves out properties and the tables that stand as data in a module (the truth
table, the field map), and knows no explained survivors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import libcst as cst
from mutmut.mutation.mutators import mutation_operators, operator_string

Operator = tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]

_OTHER_SIDE = {"OUTLOOK": "PIPELINER", "PIPELINER": "OUTLOOK"}
_LONGEST_PAIR = 2
"""Tuples up to here are pairs to unpack: without a part they only raise."""


def _wrong_side(node: cst.Attribute) -> Iterable[cst.CSTNode]:
    """Take the other service."""
    if isinstance(node.value, cst.Name) and node.value.value == "Side" and node.attr.value in _OTHER_SIDE:
        yield node.with_changes(attr=cst.Name(_OTHER_SIDE[node.attr.value]))


def _same_side(node: cst.Attribute) -> Iterable[cst.CSTNode]:
    """Stay on the side where the opposite one is meant."""
    if node.attr.value == "other":
        yield node.value


def _without_element(node: cst.Set | cst.Tuple) -> Iterable[cst.CSTNode]:
    """Leave out one member of a set or one row of a table."""
    if len(node.elements) > (1 if isinstance(node, cst.Set) else _LONGEST_PAIR):
        for index in range(len(node.elements)):
            yield node.with_changes(elements=[*node.elements[:index], *node.elements[index + 1 :]])


def _without_filter(node: cst.CompFor) -> Iterable[cst.CSTNode]:
    """Let everything through."""
    if node.ifs:
        yield node.with_changes(ifs=[])


def _decided(node: cst.If) -> Iterable[cst.CSTNode]:
    """Take a branch always, or never."""
    yield node.with_changes(test=cst.Name("True"), whitespace_before_test=cst.SimpleWhitespace(" "))
    yield node.with_changes(test=cst.Name("False"), whitespace_before_test=cst.SimpleWhitespace(" "))


def _one_operand(node: cst.BooleanOperation | cst.BinaryOperation) -> Iterable[cst.CSTNode]:
    """Forget one half of a condition, a set or a sum."""
    yield node.left.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.right.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _undone(node: cst.SimpleStatementLine) -> Iterable[cst.CSTNode]:
    """Leave out a statement that is there for its effect."""
    statement = node.body[0]
    if isinstance(statement, cst.AugAssign) or (
        isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call)
    ):
        yield node.with_changes(body=[cst.Pass()])


def _another_text(node: cst.SimpleString) -> Iterable[cst.CSTNode]:
    """Take another text: the first of mutmut's three, as who notices one notices all."""
    yield from islice(operator_string(node), 1)


OPERATORS: tuple[Operator, ...] = (
    *(row for row in mutation_operators if row[1] is not operator_string),
    (cst.SimpleString, _another_text),
    (cst.Attribute, _wrong_side),
    (cst.Attribute, _same_side),
    (cst.Set, _without_element),
    (cst.Tuple, _without_element),
    (cst.CompFor, _without_filter),
    (cst.If, _decided),
    (cst.BooleanOperation, _one_operand),
    (cst.BinaryOperation, _one_operand),
    (cst.SimpleStatementLine, _undone),
)
