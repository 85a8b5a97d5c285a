// A company that relies on the sync: zones, a network of its own, locks, longer memory, every storage request logged.
// The values of the environment are set by: export PIPELINER_SERVICE_URL=... PIPELINER_SPACE_ID=... (infra/README.md)
using 'main.bicep'

param environmentName = 'production'
param pipelinerServiceUrl = readEnvironmentVariable('PIPELINER_SERVICE_URL')
param pipelinerSpaceId = readEnvironmentVariable('PIPELINER_SPACE_ID')
param alertEmails = readEnvironmentVariable('ALERT_EMAILS')
param administratorPrincipalId = readEnvironmentVariable('ADMINISTRATOR_ID', '')
param administratorPrincipalType = readEnvironmentVariable('ADMINISTRATOR_TYPE', 'Group')
param signInClientId = readEnvironmentVariable('SIGN_IN_CLIENT_ID')
param requiresSignIn = true

param storageSku = 'Standard_ZRS'
param softDeleteDays = 30
param storageLogCategories = [
  'StorageRead'
  'StorageWrite'
  'StorageDelete'
]
param telemetryDays = 90
param telemetryCapGb = 5
param maximumInstances = 40
param alwaysReadyInstances = 2
param isZoneRedundant = true
param isPrivate = true
param networkPrefix = '10.90.0.0/24'
param appSubnetPrefix = '10.90.0.0/26'
param endpointSubnetPrefix = '10.90.0.64/26'
param isLocked = true
param budgetAmount = 200
param budgetStart = readEnvironmentVariable('BUDGET_START')
