"""Parameter files: .bicepparam, and the .parameters.json in which azd fills in its variables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.infra.bicep_lint.modules import parameter_faults
from tests.infra.bicep_lint.symbols import function_faults, suggestion
from tests.infra.bicep_lint.syntax import Fault, parse_parameters, parts, string_value, syntax_faults
from tests.infra.bicep_lint.template import Template, declarations_below, read_template
from tests.infra.bicep_lint.values import is_optional


def parameters_given(path: Path) -> tuple[Template, Path | None]:
    """A .bicepparam file, its parameters read as variables, and the template that it names."""
    root = parse_parameters(path.read_bytes())
    using = next((node for node in parts(root) if node.type == "using_statement"), None)
    named = string_value(parts(using)[0]) if using is not None else None
    return Template(path, root, tuple(declarations_below(root))), path.parent / named if named else None


def bicepparam_faults(path: Path) -> Iterator[Fault]:
    """Unknown functions, and parameters that the template does not have, needs, or does not take so."""
    own, named = parameters_given(path)
    broken = list(syntax_faults(own.root))
    if broken:
        yield from broken
        return
    yield from function_faults(own)
    if named is None or not named.is_file():
        yield Fault(own.root, "parameter", f"using names no template: {named.name if named else 'nothing'}")
        return
    given = {entry.name: entry.value for entry in own.of_kind("var") if entry.value is not None}
    yield from parameter_faults(own.root, given, own, read_template(named))


def json_faults(path: Path) -> Iterator[str]:
    """Unknown and missing parameters; the values are filled in by azd and stay unchecked."""
    taker = read_template(path.with_name(path.name.replace(".parameters.json", ".bicep")))
    given = json.loads(path.read_text(encoding="utf-8"))["parameters"]
    wanted = {entry.name: entry for entry in taker.of_kind("param")}
    yield from (f"there is no parameter {name}{suggestion(name, wanted)}" for name in given if name not in wanted)
    for name, entry in wanted.items():
        if name not in given and not is_optional(entry):
            yield f"the parameter {name} is missing"
