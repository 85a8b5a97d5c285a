param name string
param location string
param accountName string
param schedule string
param memory int
param tenantId string
param alertEmails string[]

@allowed(['small', 'production'])
param size string

@secure()
param token string

var roles = {
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
}
var isLarge = size == 'production'

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' existing = {
  name: accountName
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-id'
  location: location
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(roles): {
    name: guid(account.id, identity.id, role.value)
    scope: account
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: take('kv${uniqueString(resourceGroup().id, name)}', 24)
  location: location
  properties: {
    tenantId: tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    softDeleteRetentionInDays: 90
  }

  resource secret 'secrets' = {
    name: 'pipeliner-token'
    properties: {
      value: token
    }
  }
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: '${name}-plan'
  location: location
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
      appSettings: [
        { name: 'SYNC_SCHEDULE', value: schedule }
        { name: 'PIPELINER_API_TOKEN', value: '@Microsoft.KeyVault(SecretUri=${vault::secret.properties.secretUri})' }
      ]
    }
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: memory
        maximumInstanceCount: isLarge ? 100 : 40
      }
    }
  }
  dependsOn: [assignment]

  resource basicPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmails)) {
  name: '${name}-actions'
  location: 'global'
  properties: {
    groupShortName: 'sync'
    enabled: true
    emailReceivers: map(alertEmails, email => { name: email, emailAddress: email })
  }
}

output workbook string = loadTextContent('workbook.json')
