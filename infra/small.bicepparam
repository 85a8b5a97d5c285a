// A small company or a trial: everything as cheap as it can be, reached over the internet by Entra sign-in.
// The values of the environment are set by: export PIPELINER_SERVICE_URL=... PIPELINER_SPACE_ID=... (infra/README.md)
using 'main.bicep'

param environmentName = 'small'
param pipelinerServiceUrl = readEnvironmentVariable('PIPELINER_SERVICE_URL')
param pipelinerSpaceId = readEnvironmentVariable('PIPELINER_SPACE_ID')
param alertEmails = readEnvironmentVariable('ALERT_EMAILS', '')
param administratorPrincipalId = readEnvironmentVariable('ADMINISTRATOR_ID', '')
param administratorPrincipalType = readEnvironmentVariable('ADMINISTRATOR_TYPE', 'User')
param signInClientId = readEnvironmentVariable('SIGN_IN_CLIENT_ID', '')

param storageSku = 'Standard_LRS'
param softDeleteDays = 7
param storageLogCategories = [
  'StorageDelete'
]
param telemetryDays = 30
param telemetryCapGb = 1
param maximumInstances = 40
param alwaysReadyInstances = 0
param isZoneRedundant = false
param isPrivate = false
param isLocked = false
param budgetAmount = 20
param budgetStart = readEnvironmentVariable('BUDGET_START', '')
