"""The functions and decorators of Bicep: how many arguments each takes and what kind of value it gives.

From the Bicep reference (Microsoft Learn: Bicep functions; Decorators; Well-known properties of scopes).
"""

from __future__ import annotations

from collections.abc import Mapping

MANY = 100
ANY = "unknown"


def _rows(kind: str, least: int, most: int, names: str) -> dict[str, tuple[str, int, int]]:
    return dict.fromkeys(names.split(), (kind, least, most))


FUNCTIONS: Mapping[str, tuple[str, int, int]] = (
    _rows("string", 1, 1, "base64 base64ToString dataUri dataUriToString loadFileAsBase64 string toLower toUpper trim")
    | _rows("string", 1, 1, "uriComponent uriComponentToString buildUri nameof fail dateTimeFromEpoch")
    | _rows("string", 1, 2, "loadTextContent readEnvironmentVariable")
    | _rows("string", 0, 0, "newGuid")
    | _rows("string", 0, 1, "utcNow")
    | _rows("string", 2, 2, "join uri cidrHost toLogicalZone toPhysicalZone")
    | _rows("string", 2, 3, "padLeft substring dateTimeAdd")
    | _rows("string", 3, 3, "replace cidrSubnet")
    | _rows("string", 1, MANY, "format guid uniqueString")
    | _rows("string", 2, MANY, "resourceId subscriptionResourceId tenantResourceId managementGroupResourceId")
    | _rows("string", 3, MANY, "extensionResourceId")
    | _rows("bool", 1, 1, "bool empty")
    | _rows("bool", 2, 2, "contains endsWith startsWith")
    | _rows("int", 1, 1, "int length dateTimeToEpoch")
    | _rows("int", 2, 2, "indexOf lastIndexOf")
    | _rows("int", 1, MANY, "max min")
    | _rows("array", 1, 1, "array flatten items objectKeys")
    | _rows("array", 1, 2, "loadDirectoryFileInfo")
    | _rows("array", 2, 2, "filter map range sort split toLogicalZones toPhysicalZones")
    | _rows("array", 3, 5, "pickZones")
    | _rows("object", 1, 1, "shallowMerge parseCidr parseUri")
    | _rows("object", 2, 2, "mapValues")
    | _rows("object", 2, 3, "groupBy toObject")
    | _rows("object", 0, 0, "deployment deployer environment tenant")
    | _rows("object", 0, 1, "managementGroup subscription")
    | _rows("object", 0, 2, "resourceGroup")
    | _rows(ANY, 1, 1, "any base64ToJson first json last")
    | _rows(ANY, 1, 2, "externalInput")
    | _rows(ANY, 1, 3, "loadJsonContent loadYamlContent reference")
    | _rows(ANY, 1, MANY, "coalesce concat")
    | _rows(ANY, 2, 2, "skip take")
    | _rows(ANY, 2, MANY, "intersection tryGet union")
    | _rows(ANY, 3, 3, "reduce")
)
"""Name: kind of the value, least and most arguments."""

ONLY_AS_A_DEFAULT = frozenset({"newGuid", "utcNow"})
"""Allowed in the default of a parameter and nowhere else."""

FILE_LOADERS = frozenset({"loadFileAsBase64", "loadJsonContent", "loadTextContent", "loadYamlContent"})

DECORATORS: Mapping[str, tuple[str, int, int]] = (
    _rows("decorator", 0, 0, "export onlyIfNotExists sealed secure")
    | _rows("decorator", 1, 1, "allowed batchSize description discriminator maxLength maxValue metadata")
    | _rows("decorator", 1, 1, "minLength minValue")
    | _rows("decorator", 2, 2, "retryOn waitUntil")
)

SCOPE_PROPERTIES: Mapping[str, frozenset[str]] = {
    function: frozenset(names.split())
    for function, names in {
        "resourceGroup": "id location managedBy name properties tags type",
        "subscription": "displayName id subscriptionId tenantId",
        "tenant": "countryCode displayName tenantId",
        "deployer": "objectId tenantId userPrincipalName",
        "deployment": "location name properties",
        "environment": (
            "activeDirectory activeDirectoryDataLake authentication batch gallery graph graphAudience media name portal"
            " resourceManager sqlManagement suffixes vmImageAliasDoc"
        ),
    }.items()
}
"""What may be read of the objects that these functions give."""

SUFFIXES = frozenset(
    {
        "acrLoginServer",
        "azureDatalakeAnalyticsCatalogAndJob",
        "azureDatalakeStoreFileSystem",
        "azureFrontDoorEndpointSuffix",
        "keyvaultDns",
        "sqlServerHostname",
        "storage",
    }
)
"""What may be read of `environment().suffixes`."""
