"""Faults in the bodies of resources, which the catalogue of types shows."""

from tests.infra.seeded.seed import Seed

BODIES = (
    Seed(
        "a misspelt property",
        "storage.bicep",
        "allowSharedKeyAccess",
        "allowSharedKeyAcess",
        "property",
        "mean allowSharedKeyAccess",
    ),
    Seed(
        "a misspelt property two levels down",
        "storage.bicep",
        "defaultAction:",
        "defaultActoin:",
        "property",
        "properties.networkAcls.defaultActoin",
    ),
    Seed(
        "a misspelt property in an array",
        "app.bicep",
        "value: schedule }",
        "vaule: schedule }",
        "property",
        "appSettings",
    ),
    Seed(
        "a misspelt property of a nested resource",
        "storage.bicep",
        "deleteRetentionPolicy:",
        "deleteRetentionPolicies:",
        "property",
        "deleteRetentionPolicy",
    ),
    Seed(
        "a property misspelt in a variable",
        "app.bicep",
        "tier: 'FlexConsumption'",
        "teir: 'FlexConsumption'",
        "property",
        "sku.teir",
    ),
    Seed(
        "a value outside a closed enumeration", "app.bicep", "family: 'A'", "family: 'B'", "value", "sku.family is 'B'"
    ),
    Seed("a value outside an open enumeration", "storage.bicep", "'TLS1_2'", "'TLS12'", "value", "mean TLS1_2"),
    Seed(
        "a wrong branch of a choice", "storage.bicep", "'Standard_ZRS' :", "'Standard_RSZ' :", "value", "Standard_RSZ"
    ),
    Seed(
        "a string for a bool", "app.bicep", "httpsOnly: true", "httpsOnly: 'true'", "value", "a string, must be a bool"
    ),
    Seed("a number for a string", "app.bicep", "version: '3.13'", "version: 3", "value", "an int, must be a string"),
    Seed(
        "a parameter of another type",
        "app.bicep",
        "instanceMemoryMB: memory",
        "instanceMemoryMB: name",
        "value",
        "a string, must be an int",
    ),
    Seed(
        "an object for an array",
        "app.bicep",
        "'${identity.id}': {}",
        "'${identity.id}': []",
        "value",
        "an array, must be an object",
    ),
    Seed("a number out of bounds", "storage.bicep", "days: 14", "days: 400", "value", "maxValue 365"),
    Seed(
        "a name that Azure refuses",
        "storage.bicep",
        "name: 'st${uniqueString(resourceGroup().id)}'",
        "name: 'Contacts_Sync'",
        "value",
        "does not match",
    ),
    Seed(
        "a required property missing",
        "app.bicep",
        "    tenantId: tenantId\n",
        "",
        "required",
        "properties lacks tenantId",
    ),
    Seed(
        "a required property missing at the top", "storage.bicep", "  kind: 'StorageV2'\n", "", "required", "lacks kind"
    ),
    Seed(
        "a read-only property set",
        "storage.bicep",
        "allowBlobPublicAccess: false",
        "provisioningState: 'Succeeded'",
        "read-only",
        "provisioningState",
    ),
    Seed(
        "an unknown resource type",
        "app.bicep",
        "Microsoft.Web/serverfarms@",
        "Microsoft.Web/serverfarm@",
        "type",
        "Microsoft.Web/serverfarm",
    ),
    Seed(
        "an unknown nested type",
        "storage.bicep",
        "'blobServices'",
        "'blobService'",
        "type",
        "storageAccounts/blobService",
    ),
    Seed(
        "another API version",
        "app.bicep",
        "serverfarms@2024-11-01",
        "serverfarms@2024-11-31",
        "api-version",
        "2024-11-01",
    ),
    Seed(
        "another version of a type without schema",
        "app.bicep",
        "actionGroups@2023-01-01",
        "actionGroups@2023-01-02",
        "api-version",
        "2023-01-01",
    ),
    Seed(
        "a property beside `properties`",
        "app.bicep",
        "  location: 'global'\n",
        "  locaton: 'global'\n",
        "property",
        "mean location",
    ),
    Seed("a wrong parent", "storage.bicep", "parent: queueService", "parent: tableService", "parent", "no parent of"),
    Seed(
        "a name of too few parts",
        "storage.bicep",
        "  parent: account\n  name: 'default'\n}\n\nresource queue ",
        "  name: 'default'\n}\n\nresource queue ",
        "parent",
        "must have 1",
    ),
    Seed(
        "a property of an existing resource",
        "app.bicep",
        "name: accountName",
        "name: accountName\n  location: location",
        "property",
        "existing resource has no location",
    ),
)
