"""API versions: how old they are, and the two lists on which that rests where the catalogue of types cannot tell.

Both lists were read off the compiler (Bicep CLI 0.49.2), which takes the templates of infra/ without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from tests.infra.bicep_lint.directives import AGE_RULE, disabled_rules
from tests.infra.bicep_lint.syntax import Fault
from tests.infra.bicep_lint.template import Resource, Template

AS_OF = date(2026, 11, 28)
"""Day on which the compiler was asked. Ages count from here, so that no test fails because time goes by."""

LATER_THAN_DESCRIBED: Mapping[str, str] = {
    "Microsoft.Consumption/budgets": "2026-06-01",
    "Microsoft.KeyVault/vaults": "2026-05-15",  # those before 2026-02-01 retire on 2027-02-27
    "Microsoft.KeyVault/vaults/secrets": "2026-05-15",
    "Microsoft.Network/networkSecurityGroups": "2026-03-01",
    "Microsoft.Network/privateEndpoints": "2026-03-01",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": "2026-03-01",
    "Microsoft.Network/virtualNetworks": "2026-03-01",
    "Microsoft.Web/serverfarms": "2025-03-01",
    "Microsoft.Web/sites": "2025-03-01",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": "2025-03-01",
    "Microsoft.Web/sites/config": "2025-03-01",
}
"""The version to use of types that the catalogue describes in an older one, by which their bodies are checked."""

NOTHING_NEWER: Mapping[str, str] = {
    "Microsoft.Authorization/locks": "2020-05-01",
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/workbooks": "2023-06-01",
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "2024-06-01",
}
"""The newest stable version of types in which it is older than the limit; the compiler asks for no other."""

_VERSION = re.compile(r"(\d{4}-\d{2}-\d{2})(-[a-z]+)?")


def age_in_days(version: str) -> int | None:
    """How old an API version was on that day; None for what is none."""
    matched = _VERSION.fullmatch(version)
    return (AS_OF - date.fromisoformat(matched[1])).days if matched else None


def age_faults(template: Template, oldest: int | None) -> Iterator[Fault]:
    """Resources in a version older than the limit in days, and lines that disable the rule where nothing is old."""
    old = {resource.node.start_point[0] for resource in template.resources if _is_old(resource, oldest)}
    disabled = disabled_rules(template.root)
    for resource in template.resources:
        row = resource.node.start_point[0]
        if row in old and AGE_RULE not in disabled.get(row, {}):
            said = f"{resource.type}@{resource.version} is older than the {oldest} days of {AGE_RULE}"
            yield Fault(resource.node, "api-age", said)
    for row, rules in disabled.items():
        if AGE_RULE in rules and row not in old:
            yield Fault(rules[AGE_RULE], "directive", f"nothing in the next line breaks {AGE_RULE}")


def _is_old(resource: Resource, oldest: int | None) -> bool:
    age = age_in_days(resource.version)
    is_newest = NOTHING_NEWER.get(resource.type) == resource.version
    return oldest is not None and age is not None and age > oldest and not is_newest
