// The whole deployment in one resource group.
// Resource-group scope, because whoever deploys then needs rights on this one group and none on the subscription.
targetScope = 'resourceGroup'

@description('Name of the environment, such as prod: letters, digits and hyphens; part of the resources\' names.')
@minLength(2)
@maxLength(20)
param environmentName string

@description('Region; it must offer Flex Consumption (az functionapp list-flexconsumption-locations).')
param location string = resourceGroup().location

@description('Service URL of the Pipeliner space (Administration > Applications > Show API Access).')
@minLength(1)
param pipelinerServiceUrl string

@description('Id of the Pipeliner space (the same page).')
@minLength(1)
param pipelinerSpaceId string

@description('Name of the Pipeliner space for people; empty: taken from its id.')
param pipelinerSpaceName string = ''

@description('Requests a second that one instance sends to Pipeliner at most.')
param pipelinerRequestsPerSecond string = '5'

@description('Root of Microsoft Graph in the company\'s cloud.')
param graphBaseUrl string = 'https://graph.microsoft.com'

@description('Addresses that get alerts and budget notices, separated by commas.')
param alertEmails string = ''

@description('Object id of the person or group that puts the Pipeliner key into the vault; empty for nobody.')
param administratorPrincipalId string = ''

@description('What administratorPrincipalId names.')
@allowed([
  'User'
  'Group'
  'ServicePrincipal'
])
param administratorPrincipalType string = 'User'

@description('Client id of the app registration for Entra sign-in of the HTTP functions; empty: function keys.')
param signInClientId string = ''

@description('Whether a deployment without signInClientId is refused, so that no blank variable brings shared keys back.')
param requiresSignIn bool = false

@description('When the tick comes: NCRONTAB with six fields, seconds first, UTC.')
param tickSchedule string = '0 */5 * * * *'

@description('When the nightly reconciliation comes: NCRONTAB with six fields, seconds first, UTC.')
param sweepSchedule string = '0 30 2 * * *'

@description('Seconds after which a run hands over to the next one; host.json stops a function after 600.')
@minValue(10)
@maxValue(540)
param passBudgetSeconds int = 480

@description('HTTP requests that one caller may send in a minute, per instance.')
@minValue(1)
@maxValue(6000)
param requestsPerMinute int = 120

@description('Days for which history, with the old values in it, is kept.')
@minValue(30)
@maxValue(3650)
param historyDays int = 365

@description('Days for which the records of runs are kept.')
@minValue(7)
@maxValue(3650)
param runDays int = 90

@description('Days for which the audit trail is kept.')
@minValue(30)
@maxValue(3650)
param auditDays int = 400

@description('Days for which it is remembered who had a deleted Pipeliner contact.')
@minValue(1)
@maxValue(90)
param tombstoneDays int = 7

@description('Memory of one instance, in MB.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMb int = 2048

@description('Most instances at a time. Each may send pipelinerRequestsPerSecond to Pipeliner.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances that always wait for HTTP requests; each is billed all day. With zones at least 2.')
@minValue(0)
param alwaysReadyInstances int = 0

@description('Whether the plan spreads over availability zones (not in every region).')
param isZoneRedundant bool = false

@description('Replication of the storage account.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GZRS'
])
param storageSku string = 'Standard_LRS'

@description('Days for which deleted blobs and containers can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 7

@description('Categories of storage requests that are logged: StorageRead, StorageWrite, StorageDelete.')
param storageLogCategories array = [
  'StorageDelete'
]

@description('Days for which telemetry is kept.')
@minValue(30)
@maxValue(730)
param telemetryDays int = 30

@description('Gigabytes of telemetry a day after which nothing more is taken until the next day.')
@minValue(1)
param telemetryCapGb int = 1

@description('Whether storage and vault are reached only from a network of the app\'s own.')
param isPrivate bool = false

@description('Address space of that network; it need only be free where the network is joined with others.')
param networkPrefix string = '10.90.0.0/24'

@description('Part of it that the app joins: /27 or larger.')
param appSubnetPrefix string = '10.90.0.0/26'

@description('Part of it for the private endpoints: /28 or larger.')
param endpointSubnetPrefix string = '10.90.0.64/26'

@description('Whether locks keep storage and vault from being deleted.')
param isLocked bool = false

@description('Budget a month in the currency of the subscription; 0 for none.')
@minValue(0)
param budgetAmount int = 0

@description('First day of the month in which the budget is made (YYYY-MM-01); never change it later. Empty: no budget.')
param budgetStart string = ''

@description('More tags for every resource.')
param extraTags object = {}

var suffix = uniqueString(resourceGroup().id, environmentName)
var prefix = 'contacts-sync-${environmentName}'
var tags = union(extraTags, {
  'azd-env-name': environmentName
})
// Where the client is missing and must not be, there is no such choice: the deployment fails, and says these words.
var signInChoices = {
  signInClientId: signInClientId
}
var signInChoice = requiresSignIn && empty(signInClientId) ? 'signInClientId (SIGN_IN_CLIENT_ID) is blank, and this deployment requires sign-in with Entra: name the app registration, or set requiresSignIn to false' : 'signInClientId'
var addresses = filter(split(replace(alertEmails, ' ', ''), ','), address => !empty(address))
var hasBudget = budgetAmount > 0 && !empty(budgetStart)
// In plain characters, because azd hands outputs on as variables of a shell.
var possibleNotices = [
  {
    isOpen: empty(signInClientId)
    says: 'No sign-in with Entra: signInClientId (SIGN_IN_CLIENT_ID) is blank, so whoever has a function key may call the app.'
  }
  {
    isOpen: empty(addresses)
    says: 'No receiver of alerts: alertEmails (ALERT_EMAILS) is blank, so an alert reaches nobody.'
  }
  {
    isOpen: empty(administratorPrincipalId)
    says: 'No administrator of the vault: administratorPrincipalId (ADMINISTRATOR_ID) is blank, so nobody got the right to put in the Pipeliner key.'
  }
  {
    isOpen: !hasBudget
    says: 'No budget: budgetAmount is 0 or budgetStart (BUDGET_START) is blank, so nobody is told when the group becomes dear.'
  }
]
var givenNotices = filter(possibleNotices, notice => notice.isOpen)

module identity 'modules/identity.bicep' = {
  name: 'identity'
  params: {
    name: 'id-${prefix}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    workspaceName: 'log-${prefix}'
    insightsName: 'appi-${prefix}'
    location: location
    tags: tags
    retentionDays: telemetryDays
    dailyCapGb: telemetryCapGb
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  params: {
    name: 'st${suffix}'
    location: location
    tags: tags
    sku: storageSku
    softDeleteDays: softDeleteDays
    logCategories: storageLogCategories
    isPrivate: isPrivate
    isLocked: isLocked
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  params: {
    name: 'kv-${suffix}'
    location: location
    tags: tags
    isPrivate: isPrivate
    isLocked: isLocked
    principalId: identity.outputs.principalId
    administratorPrincipalId: administratorPrincipalId
    administratorPrincipalType: administratorPrincipalType
    workspaceId: monitoring.outputs.workspaceId
  }
}

module network 'modules/network.bicep' = if (isPrivate) {
  name: 'network'
  params: {
    name: 'vnet-${prefix}'
    location: location
    tags: tags
    addressPrefix: networkPrefix
    appSubnetPrefix: appSubnetPrefix
    endpointSubnetPrefix: endpointSubnetPrefix
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    name: 'func-${prefix}-${suffix}'
    planName: 'plan-${prefix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    insightsName: monitoring.outputs.insightsName
    workspaceId: monitoring.outputs.workspaceId
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    packageContainer: storage.outputs.containerName
    vaultUri: vault.outputs.uri
    subnetId: isPrivate ? network!.outputs.appSubnetId : ''
    instanceMemoryMb: instanceMemoryMb
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    isZoneRedundant: isZoneRedundant
    signInClientId: signInChoices[signInChoice]
    pipelinerServiceUrl: pipelinerServiceUrl
    pipelinerSpaceId: pipelinerSpaceId
    pipelinerSpaceName: pipelinerSpaceName
    pipelinerRequestsPerSecond: pipelinerRequestsPerSecond
    graphBaseUrl: graphBaseUrl
    tickSchedule: tickSchedule
    sweepSchedule: sweepSchedule
    passBudgetSeconds: passBudgetSeconds
    requestsPerMinute: requestsPerMinute
    historyDays: historyDays
    runDays: runDays
    auditDays: auditDays
    tombstoneDays: tombstoneDays
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  params: {
    prefix: prefix
    location: location
    tags: tags
    addresses: addresses
    workspaceId: monitoring.outputs.workspaceId
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module expiry 'modules/expiry.bicep' = {
  name: 'expiry'
  params: {
    name: 'evgt-${prefix}'
    location: location
    tags: tags
    vaultId: vault.outputs.id
    actionGroupId: alerts.outputs.actionGroupId
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  params: {
    displayName: 'Contacts sync (${environmentName})'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'modules/budget.bicep' = if (hasBudget) {
  name: 'budget'
  params: {
    name: 'budget-${prefix}'
    // A budget takes no amount under 1, and the compiler does not see that the condition excludes it.
    amount: max(budgetAmount, 1)
    start: budgetStart
    addresses: addresses
  }
}

@description('What this deployment leaves open because a parameter is blank; empty where nothing is.')
output notices array = [
  for notice in givenNotices: notice.says
]

@description('Name of the function app, to publish to.')
output functionAppName string = app.outputs.name

@description('Address of the function app.')
output functionAppUrl string = app.outputs.url

@description('Name of the vault, to put the Pipeliner key into.')
output vaultName string = vault.outputs.name

@description('Name of the storage account.')
output storageName string = storage.outputs.name

@description('Client id of the app\'s identity: -AppId of infra/access/grant.ps1.')
output identityClientId string = identity.outputs.clientId

@description('Object id of the app\'s identity: -ObjectId of infra/access/grant.ps1.')
output identityObjectId string = identity.outputs.principalId

@description('Resource id of the workbook.')
output workbookId string = workbook.outputs.id
