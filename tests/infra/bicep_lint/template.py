"""What a template declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tree_sitter import Node

from tests.infra.bicep_lint.syntax import (
    OBJECT,
    RESOURCE,
    arguments_of,
    every,
    function_of,
    parse_bicep,
    parts,
    property_of,
    string_value,
    text_of,
)

KINDS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
    "type_declaration": "type",
    "user_defined_function": "func",
}


@dataclass(frozen=True, slots=True)
class Declaration:
    """A symbol of the template, its statement, and its decorators."""

    kind: str
    name: str
    node: Node
    decorators: tuple[Node, ...] = ()

    def decorator(self, name: str) -> Node | None:
        """The call of a decorator, or None where the declaration does not bear it."""
        return next((call for call in self.decorators if function_of(call).removeprefix("sys.") == name), None)

    def limit(self, name: str) -> int | None:
        """The number in a decorator such as minValue, or None where the declaration does not bear it."""
        call = self.decorator(name)
        written = [text_of(argument) for argument in arguments_of(call)] if call is not None else []
        return int(written[0]) if written and written[0].lstrip("-").isdigit() else None

    @property
    def value(self) -> Node | None:
        """The expression after the equals sign, or None."""
        sign = next((i for i, child in enumerate(self.node.children) if child.type in {"=", "=>"}), None)
        if sign is None:
            return None
        return next((child for child in self.node.children[sign + 1 :] if child.is_named), None)

    @property
    def type_node(self) -> Node | None:
        """The declared type of a parameter, an output or a type, or None."""
        if self.kind == "type":
            return self.value
        after = [child for child in parts(self.node)[1:] if child.type != "="]
        return after[0] if after and self.kind in {"param", "output"} else None


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the template: full type, API version ("" where inherited), body and surroundings."""

    name: str
    node: Node
    type: str
    version: str
    body: Node
    existing: bool
    outer: Resource | None = None

    @property
    def parent_symbol(self) -> str | None:
        """The symbol that the property `parent` names."""
        value = property_of(self.body, "parent")
        return text_of(value) if value is not None and value.type == "identifier" else None


@dataclass(frozen=True)
class Template:
    """A parsed template."""

    path: Path
    root: Node
    declarations: tuple[Declaration, ...] = field(repr=False)

    @cached_property
    def symbols(self) -> dict[str, Declaration]:
        """Declarations by name, without outputs, which nothing can refer to."""
        return {entry.name: entry for entry in self.declarations if entry.kind != "output"}

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All resources, with the nested ones after those that hold them."""
        return tuple(_resources(self.root, None))

    def of_kind(self, kind: str) -> list[Declaration]:
        """The declarations of one kind."""
        return [entry for entry in self.declarations if entry.kind == kind]

    @property
    def target_scope(self) -> str:
        """`resourceGroup` unless the template says otherwise."""
        for node in parts(self.root):
            if node.type == "target_scope_assignment":
                return string_value(parts(node)[-1]) or ""
        return "resourceGroup"


def read_template(path: Path) -> Template:
    """Parse a template. Raises OSError where there is no such file."""
    root = parse_bicep(path.read_bytes())
    return Template(path, root, tuple(declarations_below(root)))


def declarations_below(root: Node) -> Iterator[Declaration]:
    """The top-level declarations of a tree, each with the decorators before it, and imported symbols."""
    decorators: tuple[Node, ...] = ()
    for node in parts(root):
        if node.type == "decorators":
            decorators = tuple(parts(decorator)[0] for decorator in parts(node))
            continue
        if node.type == "import_functionality":
            yield from (Declaration("import", text_of(name), node) for name in parts(node)[:-1])
        elif node.type in KINDS:
            name = node.child_by_field_name("name") or parts(node)[0]
            yield Declaration(KINDS[node.type], text_of(name), node, decorators)
        decorators = ()


def body_of(node: Node) -> Node | None:
    """The object of a resource or module, inside its loop and condition."""
    for child in reversed(parts(node)):
        if child.type == OBJECT:
            return child
        if child.type in {"if_statement", "for_statement"}:
            return body_of(child)
    return None


def _resources(node: Node, outer: Resource | None) -> Iterator[Resource]:
    for child in parts(node):
        if child.type == RESOURCE:
            yield from _with_nested(child, outer)
        elif child.type == "object_property" and outer is not None and parts(child)[0].type == RESOURCE:
            yield from _with_nested(parts(child)[0], outer)


def _with_nested(node: Node, outer: Resource | None) -> Iterator[Resource]:
    body = body_of(node)
    if body is None:  # a syntax fault, reported as such
        return
    named, _, version = (string_value(parts(node)[1]) or "").partition("@")
    if outer is not None:
        named, version = f"{outer.type}/{named}", version or outer.version
    existing = any(child.type == "existing" for child in node.children)
    resource = Resource(text_of(parts(node)[0]), node, named, version, body, existing, outer)
    yield resource
    yield from _resources(body, resource)


def calls_of(root: Node) -> Iterator[Node]:
    """Every function call below a node."""
    return (node for node in every(root) if node.type == "call_expression")
