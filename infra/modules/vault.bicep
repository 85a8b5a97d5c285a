// The vault of the Pipeliner key, which the administrator puts in, never this template (infra/README.md), and of the key
// by which the state hashes names and addresses: a random one that nobody needs to know, made by the first deployment.

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region of the vault.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether only private endpoints, and Azure Resource Manager, reach the vault.')
param isPrivate bool

@description('Whether a lock keeps the vault from being deleted.')
param isLocked bool

@description('Object id of the app\'s identity, which reads the secrets.')
param principalId string

@description('Object id of the person or group that puts the secrets in; empty for nobody.')
param administratorPrincipalId string

@description('What administratorPrincipalId names.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param administratorPrincipalType string

@description('Log Analytics workspace that takes the logs.')
param workspaceId string

@description('Leave this out: the key that the first deployment puts in, at random; later deployments leave it alone.')
@secure()
@minLength(32)
param newIdentityKey string = '${newGuid()}${newGuid()}'

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }
}

// Another key would make the index unreadable, and creates wait until it is built anew: never overwritten.
@onlyIfNotExists()
resource identityKey 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = {
  parent: vault
  name: 'sync-identity-key'
  properties: {
    value: newIdentityKey
    contentType: 'Key of the hashes that stand for names and addresses in the state'
    attributes: {
      enabled: true
    }
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, secretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    description: 'The app reads the Pipeliner key.'
  }
}

resource writer 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(administratorPrincipalId)) {
  name: guid(vault.id, administratorPrincipalId, secretsOfficer)
  scope: vault
  properties: {
    principalId: administratorPrincipalId
    principalType: administratorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
    description: 'The administrator puts in and rotates the Pipeliner key.'
  }
}

// Everybody uses this version: the only stable one, 2016-09-01, is older in shape.
#disable-next-line use-recent-api-versions
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  name: 'keep-the-key'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the Pipeliner key. Remove the lock only to take the sync down for good.'
  }
}

@description('Resource id of the vault.')
output id string = vault.id

@description('Name of the vault.')
output name string = vault.name

@description('Address of the vault, ending with a slash.')
output uri string = vault.properties.vaultUri
