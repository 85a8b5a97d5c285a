// Notice before the Pipeliner key expires. The vault raises the events itself, thirty days ahead and on the day,
// for secrets that were stored with an expiry date.

@description('Name of the system topic.')
param name string

@description('Region of the vault.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the vault.')
param vaultId string

@description('Action group that is told.')
param actionGroupId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    source: vaultId
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource notice 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'secret-expiry'
  properties: {
    eventDeliverySchema: 'CloudEventSchemaV1_0'
    filter: {
      includedEventTypes: [
        'Microsoft.KeyVault.SecretNearExpiry'
        'Microsoft.KeyVault.SecretExpired'
      ]
    }
    destination: {
      endpointType: 'MonitorAlert'
      properties: {
        severity: 'Sev2'
        description: 'The Pipeliner key expires soon or has expired. Make a new key in Pipeliner and put it into the vault; see docs/operations.md, "Secret near expiry".'
        actionGroups: [
          actionGroupId
        ]
      }
    }
  }
}
