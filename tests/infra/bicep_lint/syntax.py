"""Bicep text as a syntax tree, and what the tree's nodes say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_PARAMETER = re.compile(rb"^param ", re.MULTILINE)

RESOURCE = "resource_declaration"
OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it stands, which rule it breaks, and what is wrong."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} [{self.rule}]"


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding that does not yet know its file."""

    node: Node
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Property:
    """One entry of an object; `name` is None where it is computed."""

    name: str | None
    key: Node
    value: Node


def parse_bicep(text: bytes) -> Node:
    """The tree of a template."""
    return _PARSER.parse(text).root_node


def parse_parameters(text: bytes) -> Node:
    """The tree of a .bicepparam file, whose `param x = 1` reads as a variable: the grammar knows no other."""
    return parse_bicep(_PARAMETER.sub(b"var   ", text))


def text_of(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode()


def line_of(node: Node) -> int:
    """The line on which a node begins, counted from one."""
    return node.start_point[0] + 1


def parts(node: Node) -> list[Node]:
    """The named children, without comments."""
    return [child for child in node.named_children if child.type not in {"comment", "diagnostic_comment"}]


def every(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from every(child)


def string_value(node: Node | None) -> str | None:
    """The value of a literal string; None for anything else and for one with an interpolation."""
    if node is None or node.type != "string" or any(child.type == "interpolation" for child in node.children):
        return None
    raw = text_of(node)
    if raw.startswith("'''"):
        return raw[3:-3].removeprefix("\n")
    plain = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda match: chr(int(match[1], 16)), raw[1:-1])
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), plain)


def properties(node: Node) -> list[Property]:
    """The entries of an object, in order; nested resources are not among them."""
    found = []
    for child in parts(node):
        inner = parts(child) if child.type == "object_property" else []
        if len(inner) == 2 or (inner and inner[0].type != RESOURCE):
            key, value = inner[0], inner[-1]
            found.append(Property(text_of(key) if key.type == "identifier" else string_value(key), key, value))
    return found


def property_of(node: Node, name: str) -> Node | None:
    """The value of one entry of an object, or None."""
    return next((entry.value for entry in properties(node) if entry.name == name), None)


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a function call."""
    given = call.child_by_field_name("arguments")
    return parts(given) if given is not None else []


def function_of(call: Node) -> str:
    """The name of the called function, as it is written."""
    function = call.child_by_field_name("function")
    return text_of(function) if function is not None else ""


def unwrapped(node: Node) -> Node:
    """The expression inside parentheses and the non-null mark."""
    while node.type in {"parenthesized_expression", "nullable_type"} and len(parts(node)) == 1:
        node = parts(node)[0]
    return node


def syntax_faults(root: Node) -> Iterator[Fault]:
    """Where the text is not Bicep as the grammar knows it."""
    for node in every(root):
        if node.is_missing:
            yield Fault(node, "syntax", f"{node.type} expected")
        elif node.type == "ERROR":
            said = text_of(node).split("\n")[0][:60]
            yield Fault(node, "syntax", f"not understood: {said}")
