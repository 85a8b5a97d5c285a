"""bicepconfig.json: the compiler ignores a rule or an option that it does not know, without a word.

Rules and options from the schema of the file (Azure/bicep, bicepconfig.schema.json) and the page of each rule.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.infra.bicep_lint.symbols import suggestion

CONFIG = "bicepconfig.json"
DEFAULT_AGE = 730
_LEVELS = ("off", "info", "warning", "error")
_SECTIONS = frozenset(
    {
        "analyzers",
        "cacheRootDirectory",
        "cloud",
        "experimentalFeaturesEnabled",
        "experimentalFeaturesWarning",
        "extensions",
        "formatting",
        "implicitExtensions",
        "moduleAliases",
    }
)
_OF_THE_ANALYZER = frozenset({"enabled", "rules", "verbose"})
_WITHOUT_OPTIONS = """
    adminusername-should-not-be-literal artifacts-parameters decompiler-cleanup explicit-values-for-loc-params
    max-asserts max-outputs max-params max-resources max-variables nested-deployment-template-scoping
    no-conflicting-metadata no-deployments-resources no-explicit-any no-hardcoded-location no-loc-expr-outside-params
    no-unnecessary-dependson no-unused-existing-resources no-unused-imports no-unused-params no-unused-vars
    outputs-should-not-contain-secrets prefer-interpolation prefer-unquoted-property-names
    protect-commandtoexecute-secrets secure-parameter-default secure-params-in-nested-deploy secure-secrets-in-params
    simplify-interpolation simplify-json-null stacks-extensibility-compat use-parent-property use-recent-module-versions
    use-resource-id-functions use-resource-symbol-reference use-safe-access use-secure-value-for-secure-inputs
    use-stable-resource-identifiers use-stable-vm-image use-user-defined-types what-if-short-circuiting
"""
RULES: Mapping[str, Mapping[str, type]] = {name: {} for name in _WITHOUT_OPTIONS.split()} | {
    "no-hardcoded-env-urls": {"disallowedhosts": list, "excludedhosts": list},
    "use-recent-api-versions": {"maxAgeInDays": int, "gracePeriodInDays": int},
    "use-recent-az-powershell-version": {"minimumVersion": str},
}
"""Rules of the compiler's linter: the options of each besides `level`, with their types."""


def oldest_version(folder: Path) -> int | None:
    """How many days old an API version may be; None where the rule is off, as it is unless a folder switches it on."""
    rule = _rules(folder / CONFIG).get("use-recent-api-versions")
    if not isinstance(rule, dict) or rule.get("level", "off") == "off":
        return None
    given = rule.get("maxAgeInDays")
    return given if isinstance(given, int) else DEFAULT_AGE


def config_faults(path: Path) -> Iterator[str]:
    """Sections, rules, levels and options that the compiler does not know, and options of another type."""
    whole = _read(path)
    yield from _unknown("section", whole, _SECTIONS)
    core = whole.get("analyzers", {}).get("core", {})
    yield from _unknown("setting of the analyzer", core, _OF_THE_ANALYZER)
    yield from _unknown("rule", _rules(path), RULES)
    for name, given in _rules(path).items():
        if given.get("level") not in _LEVELS:
            yield f"{name}: the level is {given.get('level')}, must be one of {', '.join(_LEVELS)}"
        known = RULES.get(name, {})
        options = {option: value for option, value in given.items() if option != "level"}
        yield from (f"{name}: {said}" for said in _unknown("option", options, known))
        for option, value in options.items():
            if option in known and type(value) is not known[option]:
                yield f"{name}: {option} must be of type {known[option].__name__}"


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _rules(path: Path) -> dict[str, Any]:
    return dict(_read(path).get("analyzers", {}).get("core", {}).get("rules", {}))


def _unknown(what: str, given: Collection[str], known: Collection[str]) -> Iterator[str]:
    return (f"there is no {what} {name}{suggestion(name, known)}" for name in given if name not in known)
