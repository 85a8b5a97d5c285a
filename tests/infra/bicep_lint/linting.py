"""The whole lint of a folder: every template and every parameter file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.infra.bicep_lint.access import access_faults
from tests.infra.bicep_lint.catalogue import Catalogue
from tests.infra.bicep_lint.directives import directive_faults
from tests.infra.bicep_lint.linter_config import CONFIG, config_faults, oldest_version
from tests.infra.bicep_lint.modules import default_faults, file_faults, module_faults, modules_of
from tests.infra.bicep_lint.parameter_files import bicepparam_faults, json_faults
from tests.infra.bicep_lint.resources import resource_faults
from tests.infra.bicep_lint.roles import role_faults
from tests.infra.bicep_lint.symbols import function_faults, symbol_faults
from tests.infra.bicep_lint.syntax import Fault, Finding, line_of, syntax_faults
from tests.infra.bicep_lint.template import Template, read_template
from tests.infra.bicep_lint.uncovered import UNCOVERED
from tests.infra.bicep_lint.versions import age_faults


def lint_folder(folder: Path, catalogue: Catalogue) -> list[Finding]:
    """All findings in a folder and below, in the order of files and lines."""
    templates = [read_template(path) for path in sorted(folder.rglob("*.bicep"))]
    resources = [resource for template in templates for resource in template.resources]
    catalogue.learn({resource.type for resource in resources if resource.type not in UNCOVERED})
    found = {
        Finding(template.path.relative_to(folder).as_posix(), line_of(fault.node), fault.rule, fault.message)
        for template in templates
        for fault in template_faults(template, catalogue, oldest_version(folder))
    }
    for path in sorted(folder.rglob("*.bicepparam")):
        name = path.relative_to(folder).as_posix()
        found |= {Finding(name, line_of(fault.node), fault.rule, fault.message) for fault in bicepparam_faults(path)}
    for path in sorted(folder.rglob("*.parameters.json")):
        found |= {Finding(path.relative_to(folder).as_posix(), 1, "parameter", said) for said in json_faults(path)}
    found |= {Finding(CONFIG, 1, "config", said) for said in config_faults(folder / CONFIG)}
    return sorted(found, key=lambda finding: (finding.path, finding.line, finding.message))


def template_faults(template: Template, catalogue: Catalogue, oldest: int | None) -> Iterator[Fault]:
    """Everything that is wrong with one template; where it cannot be read, only that.

    `oldest` is how many days old an API version may be.
    """
    broken = list(syntax_faults(template.root))
    if broken:
        yield from broken
        return
    modules = modules_of(template)
    outputs = {name: {entry.name for entry in module.of_kind("output")} for name, module in modules.items()}
    yield from symbol_faults(template)
    yield from function_faults(template)
    yield from default_faults(template)
    yield from file_faults(template)
    yield from module_faults(template, modules)
    yield from resource_faults(template, catalogue)
    yield from directive_faults(template.root)
    yield from age_faults(template, oldest)
    yield from access_faults(template, catalogue, outputs)
    yield from role_faults(template)
