// A small set-up of the shape of infra/, for the seeded faults.
targetScope = 'subscription'

@description('Begins the names of all resources.')
@minLength(2)
@maxLength(12)
param prefix string

@allowed(['small', 'production'])
param size string = 'small'

param location string = deployment().location

@minLength(11)
param schedule string = '0 */5 * * * *'
param alertEmails string[] = []

@minValue(0)
@maxValue(365)
param retentionDays int = 14

@secure()
param token string

var tags = {
  application: 'contacts-sync'
  size: size
}
var memory = {
  small: 512
  production: 2048
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: '${prefix}-rg'
  location: location
  tags: tags
}

module storage 'storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    zoneRedundant: size == 'production'
    tables: ['connections', 'sync']
    retentionDays: max(retentionDays, 1)
  }
}

module app 'app.bicep' = {
  scope: group
  params: {
    name: '${prefix}-app'
    location: location
    accountName: storage.outputs.name
    schedule: schedule
    memory: memory[size]
    size: size
    token: token
    alertEmails: alertEmails
    tenantId: subscription().tenantId
  }
}

output groupName string = group.name
output storageEndpoint string = storage.outputs.tableEndpoint
