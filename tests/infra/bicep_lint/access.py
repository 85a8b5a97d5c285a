"""Reading properties: of resources, modules, scopes, and objects whose shape the template shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from tests.infra.bicep_lint.catalogue import Catalogue, Member, ObjectType, ResourceType
from tests.infra.bicep_lint.functions import SCOPE_PROPERTIES, SUFFIXES
from tests.infra.bicep_lint.symbols import local_names, suggestion
from tests.infra.bicep_lint.syntax import Fault, every, function_of, parts, properties, text_of, unwrapped
from tests.infra.bicep_lint.template import Declaration, Resource, Template
from tests.infra.bicep_lint.values import members_of_type

_OF_MODULES = frozenset({"name", "outputs"})


@dataclass(frozen=True, slots=True)
class Chain:
    """`root.a.b.c`: what is read of what; `names` stops at the first index or call."""

    node: Node
    root: Node
    names: tuple[str, ...]


def chains(root: Node) -> Iterator[Chain]:
    """The longest chains of property access below a node."""
    for node in every(root):
        outer = node.parent
        if node.type != "member_expression" or (outer is not None and _continues(outer, node)):
            continue
        yield _chain(node)


def _continues(outer: Node, node: Node) -> bool:
    return outer.type in {"member_expression", "subscript_expression"} and parts(outer)[0] == node


def _chain(node: Node) -> Chain:
    names: list[str] = []
    inner = node
    while inner.type in {"member_expression", "subscript_expression"}:
        if inner.type == "member_expression":
            safe = any(child.type == ".?" for child in inner.children)
            names = [] if safe else [text_of(parts(inner)[-1]), *names]
        else:
            names = [] if parts(inner)[0].type == "member_expression" else names
        inner = unwrapped(parts(inner)[0])
    return Chain(node, inner, tuple(names))


def access_faults(template: Template, catalogue: Catalogue, outputs: Mapping[str, set[str]]) -> Iterator[Fault]:
    """Properties read that are not there; `outputs` are those of each module of the template."""
    resources = {resource.name: resource for resource in template.resources}
    for chain in chains(template.root):
        name, said = text_of(chain.root), None
        if chain.root.type == "call_expression":
            said = _scope_fault(function_of(chain.root).removeprefix("az."), chain.names)
        elif chain.root.type == "resource_expression":
            nested = text_of(parts(chain.root)[-1])
            said = _resource_fault(resources.get(nested), chain, catalogue)
        elif chain.root.type == "identifier" and name not in local_names(chain.root):
            entry = template.symbols.get(name)
            if entry is not None and entry.kind == "resource":
                said = _resource_fault(resources.get(name), chain, catalogue)
            elif entry is not None and entry.kind == "module":
                said = _module_fault(name, chain.names, outputs.get(name))
            elif entry is not None:
                said = _object_fault(entry, chain.names, template)
        if said:
            yield Fault(chain.node, "access", said)


def _scope_fault(function: str, names: tuple[str, ...]) -> str | None:
    known = SCOPE_PROPERTIES.get(function)
    if known is not None and names and names[0] not in known:
        return f"{function}() has no {names[0]}{suggestion(names[0], known)}"
    if function == "environment" and names[:1] == ("suffixes",) and not set(names[1:2]) <= SUFFIXES:
        return f"environment().suffixes has no {names[1]}{suggestion(names[1], SUFFIXES)}"
    return None


def _module_fault(symbol: str, names: tuple[str, ...], outputs: set[str] | None) -> str | None:
    if names and names[0] not in _OF_MODULES:
        return f"module {symbol} has no {names[0]}{suggestion(names[0], _OF_MODULES)}; outputs are read by .outputs"
    if len(names) > 1 and names[0] == "outputs" and outputs is not None and names[1] not in outputs:
        return f"module {symbol} has no output {names[1]}{suggestion(names[1], outputs)}"
    return None


def _object_fault(entry: Declaration, names: tuple[str, ...], template: Template) -> str | None:
    if entry.kind == "param":
        known = members_of_type(entry, template)
        missing = names[0] if names and known is not None and names[0] not in known else None
        return f"{entry.name} has no {missing}{suggestion(missing, known or set())}" if missing else None
    value = entry.value
    for name in names:
        if value is None or value.type != "object":
            return None
        given = {item.name: item.value for item in properties(value)}
        if None in given:
            return None
        if name not in given:
            return f"{entry.name} has no {name}{suggestion(name, [key for key in given if key])}"
        value = given[name]
    return None


def _resource_fault(resource: Resource | None, chain: Chain, catalogue: Catalogue) -> str | None:
    kind = catalogue.find(resource.type) if resource is not None else None
    if resource is None or kind is None or len(kind.variants) != 1 or _is_called(chain):
        return None
    shape: ObjectType | None = kind.variants[0]
    for depth, name in enumerate(chain.names, 1):
        path = ".".join(chain.names[:depth])
        if shape is None:
            return f"{resource.name}.{path}: there is nothing to read of a plain value"
        member = shape.members.get(name)
        if member is None:
            known = shape.others is not None
            return None if known else f"{resource.type} has no {path}{suggestion(name, shape.members)}"
        if "WriteOnly" in member.flags:
            return f"{resource.type} does not tell {path}"
        if not _leads_on(member, kind):
            return None
        shape = kind.objects.get(member.type)
    return None


def _leads_on(member: Member, kind: ResourceType) -> bool:
    """Whether what may be read of a member is known: an object of the catalogue, or a plain value (nothing)."""
    return member.type in kind.objects or ("[]" not in member.type and member.type != "any" and "|" in member.type)


def _is_called(chain: Chain) -> bool:
    outer = chain.node.parent
    return outer is not None and outer.type == "call_expression" and function_of(outer) == text_of(chain.node)
