"""What an expression can be: its kind, and its value where the text says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from tests.infra.bicep_lint.functions import ANY, FUNCTIONS
from tests.infra.bicep_lint.symbols import local_names
from tests.infra.bicep_lint.syntax import (
    arguments_of,
    function_of,
    parts,
    properties,
    property_of,
    string_value,
    text_of,
    unwrapped,
)
from tests.infra.bicep_lint.template import Declaration, Template

DEEPEST = 20
_PLAIN = {"number": "int", "boolean": "bool", "null": "null", "array": "array", "object": "object"}
_ARITHMETIC = frozenset("+-*/%")
_ARRAYS = frozenset({"array_type", "array"})


@dataclass(frozen=True, slots=True)
class Value:
    """One possible value: string, int, bool, null, array, object or unknown; `literal` where it is written out.

    A `partial` object lacks what others add to it. `least` and `most` are the bounds of an int, or of the length of
    a string, as far as they are declared.
    """

    node: Node
    kind: str
    literal: str | None = None
    partial: bool = False
    least: int | None = None
    most: int | None = None


def values_of(node: Node, template: Template, depth: int = 0) -> Iterator[Value]:
    """All values that an expression can take, as far as the text tells."""
    node = unwrapped(node)
    if depth > DEEPEST:
        yield Value(node, ANY)
        return
    match node.type:
        case "string":
            yield Value(node, "string", string_value(node))
        case kind if kind in _PLAIN:
            number = int(text_of(node)) if kind == "number" else None
            yield Value(node, _PLAIN[kind], text_of(node), least=number, most=number)
        case "ternary_expression":
            for side in parts(node)[1:]:
                yield from values_of(side, template, depth + 1)
        case "binary_expression":
            yield from _operation(node, template, depth)
        case "unary_expression":
            yield Value(node, "bool" if text_of(node).startswith("!") else "int")
        case "for_statement":
            yield Value(node, "array")
        case "identifier":
            yield from _symbol(node, template, depth)
        case "call_expression":
            yield from _call(node, template, depth)
        case "member_expression":
            yield from _member(node, template, depth)
        case _:
            yield Value(node, ANY)


def elements_of(value: Value) -> list[Node]:
    """The expressions of an array's elements, of a loop its body."""
    if value.node.type == "for_statement":
        body = parts(value.node)[-1]
        return [parts(body)[-1] if body.type == "if_statement" else body]
    return parts(value.node) if value.node.type == "array" else []


def _operation(node: Node, template: Template, depth: int) -> Iterator[Value]:
    deployment = next(text_of(child) for child in node.children if not child.is_named)
    if deployment == "??":
        for side in parts(node):
            yield from (value for value in values_of(side, template, depth + 1) if value.kind != "null")
    else:
        yield Value(node, "int" if deployment in _ARITHMETIC else "bool")


def _symbol(node: Node, template: Template, depth: int) -> Iterator[Value]:
    entry = template.symbols.get(text_of(node))
    if entry is None or text_of(node) in local_names(node):
        yield Value(node, ANY)
    elif entry.kind == "var" and entry.value is not None:
        yield from values_of(entry.value, template, depth + 1)
    elif entry.kind == "param":
        yield from (_bounded(replace(value, node=node), entry) for value in values_of_parameter(entry, template))
    else:
        yield Value(node, ANY)


def _bounded(value: Value, entry: Declaration) -> Value:
    """The value of a parameter with the bounds that its decorators declare."""
    if value.literal is not None or value.kind not in {"int", "string"}:
        return value
    least, most = ("minValue", "maxValue") if value.kind == "int" else ("minLength", "maxLength")
    return replace(value, least=entry.limit(least), most=entry.limit(most))


def _call(node: Node, template: Template, depth: int) -> Iterator[Value]:
    name = function_of(node).removeprefix("sys.").removeprefix("az.")
    own = template.symbols.get(name)
    if own is not None and own.kind == "func":
        returned = own.node.child_by_field_name("returns")
        yield Value(node, kind_of_type(returned, template) if returned is not None else ANY)
    elif name == "union":
        for argument in arguments_of(node):
            yield from (replace(value, partial=True) for value in values_of(argument, template, depth + 1))
    elif name in {"max", "min"}:
        yield _extreme(node, [list(values_of(item, template, depth + 1)) for item in arguments_of(node)], name)
    else:
        yield Value(node, FUNCTIONS.get(name, (ANY, 0, 0))[0])


def _extreme(node: Node, arguments: list[list[Value]], name: str) -> Value:
    """The result of `max` or `min`: one bound is that of any argument that has it, the other one needs all."""
    least = [_bound([value.least for value in values], min) for values in arguments]
    most = [_bound([value.most for value in values], max) for values in arguments]
    if name == "max":
        known = [bound for bound in least if bound is not None]
        return Value(node, "int", least=max(known, default=None), most=_bound(most, max))
    known = [bound for bound in most if bound is not None]
    return Value(node, "int", least=_bound(least, min), most=min(known, default=None))


def _bound(bounds: list[int | None], choose: Callable[[list[int]], int]) -> int | None:
    """The outermost of some bounds; None as soon as one is open."""
    known = [bound for bound in bounds if bound is not None]
    return choose(known) if known and len(known) == len(bounds) else None


def _member(node: Node, template: Template, depth: int) -> Iterator[Value]:
    name = text_of(parts(node)[-1])
    whole = unwrapped(parts(node)[0])
    entry = template.symbols.get(text_of(whole)) if whole.type == "identifier" else None
    if entry is not None and entry.kind == "resource" and name in {"id", "name"}:
        yield Value(node, "string")
        return
    for value in values_of(whole, template, depth + 1):
        found = property_of(value.node, name) if value.kind == "object" and value.node.type == "object" else None
        if found is None or (entry is not None and entry.kind == "param"):
            yield Value(node, ANY)
        else:
            yield from values_of(found, template, depth + 1)


def values_of_parameter(entry: Declaration, template: Template) -> list[Value]:
    """What a parameter may be given: its allowed values, or a value of its type."""
    allowed = entry.decorator("allowed")
    if allowed is not None and arguments_of(allowed):
        return [value for item in parts(arguments_of(allowed)[0]) for value in values_of(item, template)]
    return [] if entry.type_node is None else list(_values_of_type(entry.type_node, template))


def _values_of_type(node: Node, template: Template, depth: int = 0) -> Iterator[Value]:
    node = _bare_type(node, template, depth)
    if node.type == "union_type":
        for side in parts(node):
            yield from _values_of_type(side, template, depth + 1)
    elif node.type in {"string", "number", "boolean"}:
        yield from values_of(node, template)
    else:
        yield Value(node, _kind_of_bare(node))


def _bare_type(node: Node, template: Template, depth: int) -> Node:
    while node.type in {"type", "nullable_type", "parenthesized_expression"} and parts(node):
        node = parts(node)[0]
    entry = template.symbols.get(text_of(node)) if node.type == "identifier" else None
    if entry is not None and entry.kind == "type" and entry.value is not None and depth < DEEPEST:
        return _bare_type(entry.value, template, depth + 1)
    return node


def _kind_of_bare(node: Node) -> str:
    if node.type == "primitive_type":
        return text_of(node) if text_of(node) in {"string", "int", "bool", "array", "object"} else ANY
    return "array" if node.type in _ARRAYS else "object" if node.type == "object" else ANY


def kind_of_type(node: Node, template: Template) -> str:
    """The kind of value that a declared type takes."""
    kinds = {value.kind for value in _values_of_type(node, template)}
    return kinds.pop() if len(kinds) == 1 else ANY


def is_optional(entry: Declaration) -> bool:
    """Whether a parameter may be left out."""
    node = entry.type_node
    while node is not None and node.type == "type" and parts(node):
        node = parts(node)[0]
    return entry.value is not None or (node is not None and node.type == "nullable_type")


def members_of_type(entry: Declaration, template: Template) -> set[str] | None:
    """The properties of a parameter of a declared object type; None where any may be there."""
    if entry.type_node is None:
        return None
    node = _bare_type(entry.type_node, template, 0)
    if node.type != "object" or "*" in {text_of(child) for item in parts(node) for child in item.children[:1]}:
        return None
    return {item.name for item in properties(node) if item.name}
