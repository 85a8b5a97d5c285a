"""What infra/ deploys, read from its templates: settings, tables, queues and roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tree_sitter import Node

from tests.infra.bicep_lint.modules import module_path
from tests.infra.bicep_lint.parameter_files import parameters_given
from tests.infra.bicep_lint.roles import ROLES
from tests.infra.bicep_lint.syntax import arguments_of, every, parts, properties, property_of, string_value, text_of
from tests.infra.bicep_lint.template import Resource, Template, body_of, read_template
from tests.infra.bicep_lint.values import Value, elements_of, values_of

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A role for the app's identity: the role, and the type and symbol of what it holds for."""

    role: str
    scope: str
    symbol: str


@cache
def templates() -> tuple[Template, ...]:
    """Every template of infra/."""
    return tuple(read_template(path) for path in sorted(INFRA.rglob("*.bicep")))


def resources_of(kind: str) -> Iterator[tuple[Template, Resource]]:
    """The resources of one type that are deployed, with their templates."""
    for template in templates():
        found = (resource for resource in template.resources if resource.type == kind and not resource.existing)
        yield from ((template, resource) for resource in found)


def names_of(kind: str) -> set[str]:
    """The written-out names of the resources of one type, those of loops included."""
    names: set[str] = set()
    for template, resource in resources_of(kind):
        name = property_of(resource.body, "name")
        assert name is not None
        names |= _literals(name, template)
    return names


def app_settings() -> dict[str, tuple[Template, Node]]:
    """The app settings: for each name the expression and its template."""
    found: dict[str, tuple[Template, Node]] = {}
    for template, resource in resources_of("Microsoft.Web/sites/config"):
        if string_value(property_of(resource.body, "name")) != "appsettings":
            continue
        given = property_of(resource.body, "properties")
        for value in values_of(given, template) if given is not None else ():
            found |= {item.name: (template, item.value) for item in properties(value.node) if item.name}
    return found


def literals_reaching(template: Template, node: Node) -> set[str]:
    """All written-out values that an expression can have, through module parameters and parameter files."""
    if node.type != "identifier" or text_of(node) not in template.symbols:
        return _literals(node, template)
    entry = template.symbols[text_of(node)]
    found = _literals(entry.value, template) if entry.value is not None else set()
    if entry.kind == "param":
        for giver, value in _given(template, entry.name):
            found |= literals_reaching(giver, value)
    return found


def assignments() -> list[Assignment]:
    """The roles that the templates give to the app's identity, which they all call `principalId`."""
    found = []
    for template, resource in resources_of("Microsoft.Authorization/roleAssignments"):
        given, scope = property_of(resource.body, "properties"), property_of(resource.body, "scope")
        principal = property_of(given, "principalId") if given is not None else None
        definition = property_of(given, "roleDefinitionId") if given is not None else None
        assert principal is not None
        assert definition is not None
        if text_of(principal) != "principalId":
            continue
        [role] = _literals(arguments_of(definition)[-1], template)
        symbol = "" if scope is None else text_of(next(node for node in every(scope) if node.type == "identifier"))
        kinds = [resource.type for resource in template.resources if resource.name == symbol]
        found.append(Assignment(ROLES[role], kinds[0] if kinds else "", symbol))
    return found


def values_named(name: str) -> set[str]:
    """The written-out values of all properties of one name."""
    objects = [node for template in templates() for node in every(template.root) if node.type == "object"]
    given = [property_of(node, name) for node in objects]
    return {text for value in given if (text := string_value(value)) is not None}


def _literals(node: Node, template: Template) -> set[str]:
    bound = _bound_by_a_loop(node) if node.type == "identifier" else None
    if bound is None:
        return {value.literal for value in values_of(node, template) if value.kind == "string" and value.literal}
    return {text for array in values_of(bound, template) for text in _elements(array, template)}


def _elements(array: Value, template: Template) -> set[str]:
    return {text for element in elements_of(array) for text in _literals(element, template)}


def _bound_by_a_loop(node: Node) -> Node | None:
    """The array over which the loop runs whose variable an identifier is."""
    outer = node.parent
    while outer is not None:
        if outer.type == "for_statement" and text_of(node) in {text_of(item) for item in every(parts(outer)[0])}:
            return parts(outer)[1]
        outer = outer.parent
    return None


def _given(taker: Template, name: str) -> Iterator[tuple[Template, Node]]:
    for giver in templates():
        for entry in giver.of_kind("module"):
            body = body_of(entry.node)
            params = property_of(body, "params") if body is not None else None
            value = property_of(params, name) if params is not None else None
            if value is not None and module_path(entry, giver) == taker.path:
                yield giver, value
    for path in sorted(INFRA.rglob("*.bicepparam")):
        own, named = parameters_given(path)
        if named == taker.path and name in own.symbols and (value := own.symbols[name].value) is not None:
            yield own, value
