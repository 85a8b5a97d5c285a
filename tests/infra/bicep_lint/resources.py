"""Resource declarations: type, API version, parent, scope, and their bodies."""

from __future__ import annotations

from collections.abc import Iterator

from tests.infra.bicep_lint.bodies import BodyCheck
from tests.infra.bicep_lint.catalogue import Catalogue
from tests.infra.bicep_lint.symbols import suggestion
from tests.infra.bicep_lint.syntax import Fault, parts, properties, property_of, string_value, text_of
from tests.infra.bicep_lint.template import Resource, Template
from tests.infra.bicep_lint.uncovered import TOP_LEVEL, UNCOVERED
from tests.infra.bicep_lint.versions import LATER_THAN_DESCRIBED

_OF_EXISTING = frozenset({"name", "parent", "scope"})


def resource_faults(template: Template, catalogue: Catalogue) -> Iterator[Fault]:
    """All that is wrong with the resources of a template."""
    for resource in template.resources:
        yield from _parent_faults(resource, template)
        if resource.type in UNCOVERED:
            yield from _uncovered_faults(resource)
        else:
            yield from _covered_faults(resource, template, catalogue)


def _uncovered_faults(resource: Resource) -> Iterator[Fault]:
    version, _ = UNCOVERED[resource.type]
    if resource.version != version:
        yield Fault(resource.node, "api-version", f"{resource.type} is to be used in version {version}")
    for entry in properties(resource.body):
        if entry.name not in TOP_LEVEL:
            yield Fault(entry.key, "property", f"{resource.type} has no {entry.name}{_near(entry.name, TOP_LEVEL)}")


def _near(name: str | None, known: frozenset[str]) -> str:
    return suggestion(name or "", known)


def _covered_faults(resource: Resource, template: Template, catalogue: Catalogue) -> Iterator[Fault]:
    kind = catalogue.find(resource.type)
    if kind is None:
        near = suggestion(resource.type, UNCOVERED)
        yield Fault(resource.node, "type", f"neither catalogue nor list of exceptions knows {resource.type}{near}")
        return
    version = LATER_THAN_DESCRIBED.get(resource.type, kind.version)
    if resource.version != version:
        said = f"{resource.type} is to be used in version {version}, not {resource.version or 'none'}"
        yield Fault(resource.node, "api-version", said)
    if resource.existing:
        extra = [entry for entry in properties(resource.body) if entry.name not in _OF_EXISTING]
        yield from (Fault(entry.key, "property", f"an existing resource has no {entry.name}") for entry in extra)
        if property_of(resource.body, "name") is None:
            yield Fault(resource.node, "required", "the existing resource lacks name")
        return
    if template.target_scope == "subscription" and not _fits_subscription(resource, kind.scopes):
        yield Fault(resource.node, "scope", f"{resource.type} goes into a resource group: move it to a module")
    yield from BodyCheck(kind, template).faults(resource)


def _fits_subscription(resource: Resource, scopes: str) -> bool:
    return "Subscription" in scopes or scopes.startswith("All") or property_of(resource.body, "scope") is not None


def _parent_faults(resource: Resource, template: Template) -> Iterator[Fault]:
    name = property_of(resource.body, "name")
    symbol = resource.parent_symbol
    if symbol is not None:
        parent = next((entry for entry in template.resources if entry.name == symbol), None)
        if parent is not None and parent.type != resource.type.rpartition("/")[0]:
            yield Fault(resource.node, "parent", f"{symbol} is a {parent.type}, no parent of {resource.type}")
    if name is None or name.type != "string":
        return
    joined = symbol is not None or resource.outer is not None or property_of(resource.body, "parent") is not None
    # Interpolated names hold no slash of their own: the pieces of a nested name are joined by those written out.
    written = string_value(name) or "".join(text_of(part) for part in parts(name) if part.type == "string_content")
    expected = 0 if joined else resource.type.count("/") - 1
    if written.count("/") != expected:
        yield Fault(name, "parent", f"the name has {written.count('/')} slashes, must have {expected}")
