"""Modules, parameters and files: what is handed over is what is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tree_sitter import Node

from tests.infra.bicep_lint.bodies import limit_faults
from tests.infra.bicep_lint.functions import ANY, FILE_LOADERS
from tests.infra.bicep_lint.symbols import suggestion
from tests.infra.bicep_lint.syntax import Fault, arguments_of, function_of, parts, properties, property_of, string_value
from tests.infra.bicep_lint.template import Declaration, Template, body_of, calls_of, read_template
from tests.infra.bicep_lint.values import is_optional, values_of, values_of_parameter

_OF_MODULES = frozenset({"name", "params", "scope", "dependsOn", "identity"})
_LIMITS = ("minLength", "maxLength", "minValue", "maxValue")


def module_path(entry: Declaration, template: Template) -> Path:
    """The file of a module."""
    return template.path.parent / (string_value(parts(entry.node)[1]) or "")


def modules_of(template: Template) -> dict[str, Template]:
    """The templates of the modules that are there, by symbol."""
    found = {}
    for entry in template.of_kind("module"):
        path = module_path(entry, template)
        if path.is_file():
            found[entry.name] = read_template(path)
    return found


def module_faults(template: Template, modules: Mapping[str, Template]) -> Iterator[Fault]:
    """Missing module files, wrong scopes and wrong parameters."""
    for entry in template.of_kind("module"):
        body = body_of(entry.node)
        if entry.name not in modules or body is None:
            said = string_value(parts(entry.node)[1])
            yield Fault(entry.node, "module", f"{said} is no file beside {template.path.name}; only files are checked")
            continue
        for item in properties(body):
            if item.name not in _OF_MODULES:
                yield Fault(
                    item.key, "module", f"a module has no {item.name}{suggestion(item.name or '', _OF_MODULES)}"
                )
        scope = property_of(body, "scope")
        if modules[entry.name].target_scope != template.target_scope and scope is None:
            yield Fault(entry.node, "scope", f"module {entry.name} is for another scope: name it in scope")
        yield from _handed_over(entry.node, property_of(body, "params"), template, modules[entry.name])


def _handed_over(node: Node, params: Node | None, template: Template, module: Template) -> Iterator[Fault]:
    entries = properties(params) if params is not None and params.type == "object" else []
    given = {item.name: item.value for item in entries if item.name}
    yield from parameter_faults(node, given, template, module)


def parameter_faults(node: Node, given: Mapping[str, Node], giver: Template, taker: Template) -> Iterator[Fault]:
    """Parameters that are missing, unknown, or given a value that they do not take."""
    wanted = {entry.name: entry for entry in taker.of_kind("param")}
    for name, value in given.items():
        if name not in wanted:
            yield Fault(value, "parameter", f"{taker.path.name} has no parameter {name}{suggestion(name, wanted)}")
        else:
            yield from value_faults(value, giver, wanted[name], taker)
    for name, entry in wanted.items():
        if name not in given and not is_optional(entry):
            yield Fault(node, "parameter", f"{taker.path.name} needs the parameter {name}")


def value_faults(node: Node, giver: Template, entry: Declaration, taker: Template) -> Iterator[Fault]:
    """Why a value does not suit a parameter: its kind, its allowed values, its limits."""
    takes = values_of_parameter(entry, taker)
    kinds = {value.kind for value in takes}
    listed = {value.literal for value in takes if value.kind in {"string", "int"}}
    limits = {name: str(limit) for name in _LIMITS if (limit := entry.limit(name)) is not None}
    for value in values_of(node, giver):
        if value.kind in {ANY, "null"} or ANY in kinds:
            continue
        if value.kind not in kinds:
            expected = " or ".join(sorted(kinds))
            yield Fault(value.node, "parameter", f"{entry.name} takes {expected}, not {value.kind}")
        elif listed and value.literal is not None and not listed & {None, value.literal}:
            allowed = ", ".join(sorted(text for text in listed if text))
            yield Fault(value.node, "parameter", f"{entry.name} is '{value.literal}', allowed are {allowed}")
        for said in limit_faults(value, limits):
            yield Fault(value.node, "parameter", f"{entry.name} {said}")


def default_faults(template: Template) -> Iterator[Fault]:
    """Defaults of parameters that the parameter itself does not take."""
    for entry in template.of_kind("param"):
        if entry.value is not None:
            yield from value_faults(entry.value, template, entry, template)


def file_faults(template: Template) -> Iterator[Fault]:
    """Files that are loaded at compile time and are not there."""
    for call in calls_of(template.root):
        if function_of(call).removeprefix("sys.") in FILE_LOADERS and arguments_of(call):
            name = string_value(arguments_of(call)[0])
            if name is None or not (template.path.parent / name).is_file():
                yield Fault(call, "file", f"there is no file {name} to load")
