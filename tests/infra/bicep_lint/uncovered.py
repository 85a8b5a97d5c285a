"""Resource types that Microsoft's catalogue package does not describe, with the API versions used and why they stay."""

from __future__ import annotations

from collections.abc import Mapping

NO_SCHEMA = "the file of this type is missing in @azure/mcp-linux-x64 2.0.5"

UNCOVERED: Mapping[str, tuple[str, str]] = {
    "Microsoft.Authorization/locks": ("2020-05-01", NO_SCHEMA),
    "Microsoft.Insights/actionGroups": ("2023-01-01", NO_SCHEMA),
    "Microsoft.Insights/diagnosticSettings": ("2021-05-01-preview", NO_SCHEMA),
    "Microsoft.Insights/metricAlerts": ("2026-01-01", NO_SCHEMA),
    "Microsoft.Insights/scheduledQueryRules": ("2026-03-01", NO_SCHEMA),
    "Microsoft.Network/privateDnsZones": ("2024-06-01", NO_SCHEMA),
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": ("2024-06-01", NO_SCHEMA),
}
"""Type: the one API version to use, and the reason why its properties stay unchecked."""

TOP_LEVEL = frozenset(
    {"name", "location", "tags", "kind", "sku", "identity", "zones", "properties", "parent", "scope", "dependsOn"}
)
"""What any resource may have at its top; deeper properties of these types are not checked."""
