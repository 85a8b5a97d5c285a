// The function app on Flex Consumption, with every setting that its code and its host read.

@description('Name of the app.')
param name string

@description('Name of the plan.')
param planName string

@description('Region of the app.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('Name of the Application Insights component, in this resource group.')
param insightsName string

@description('Log Analytics workspace that takes the logs.')
param workspaceId string

@description('Address of the blob service.')
param blobEndpoint string

@description('Address of the queue service.')
param queueEndpoint string

@description('Address of the table service.')
param tableEndpoint string

@description('Container of the package.')
param packageContainer string

@description('Address of the vault with the Pipeliner key, ending with a slash.')
param vaultUri string

@description('Subnet that the app joins; empty without a private network.')
param subnetId string

@description('Memory of one instance.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMb int

@description('Most instances at a time.')
@minValue(1)
@maxValue(1000)
param maximumInstances int

@description('Instances that always wait for HTTP requests; each is billed all day.')
@minValue(0)
param alwaysReadyInstances int

@description('Whether the plan spreads over availability zones.')
param isZoneRedundant bool

@description('Client id of the app registration for Entra sign-in; empty: function keys.')
param signInClientId string

@description('Service URL of the Pipeliner space.')
param pipelinerServiceUrl string

@description('Id of the Pipeliner space.')
param pipelinerSpaceId string

@description('Name of the Pipeliner space for people; empty: taken from its id.')
param pipelinerSpaceName string

@description('Requests a second that one instance sends to Pipeliner at most.')
param pipelinerRequestsPerSecond string

@description('Root of Microsoft Graph in the company\'s cloud.')
param graphBaseUrl string

@description('When the tick comes: NCRONTAB with six fields, seconds first, UTC.')
param tickSchedule string

@description('When the nightly reconciliation comes: NCRONTAB with six fields, seconds first, UTC.')
param sweepSchedule string

@description('Seconds after which a run hands over to the next one.')
param passBudgetSeconds int

@description('HTTP requests that one caller may send in a minute, per instance.')
param requestsPerMinute int

@description('Days for which history is kept.')
param historyDays int

@description('Days for which the records of runs are kept.')
param runDays int

@description('Days for which the audit trail is kept.')
param auditDays int

@description('Days for which it is remembered who had a deleted Pipeliner contact.')
param tombstoneDays int

var isEntraSignIn = !empty(signInClientId)
var signInAudiences = [
  signInClientId
  'api://${signInClientId}'
]
var alwaysReadyGroups = [
  {
    name: 'http'
    instanceCount: alwaysReadyInstances
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: isZoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd finds the app of azure.yaml by this tag.
  tags: union(tags, {
    'azd-service-name': 'api'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      runtime: {
        name: 'python'
        version: '3.13'
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMb
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : alwaysReadyGroups
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'appsettings'
  properties: {
    // Read by sync_core/settings.py, under the same names.
    PIPELINER_SERVICE_URL: pipelinerServiceUrl
    PIPELINER_SPACE_ID: pipelinerSpaceId
    PIPELINER_SPACE_NAME: pipelinerSpaceName
    PIPELINER_API_TOKEN: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/pipeliner-api-token)'
    PIPELINER_API_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/pipeliner-api-password)'
    SYNC_IDENTITY_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/sync-identity-key)'
    PIPELINER_REQUESTS_PER_SECOND: pipelinerRequestsPerSecond
    GRAPH_BASE_URL: graphBaseUrl
    SYNC_STATE__tableServiceUri: tableEndpoint
    SYNC_SCHEDULE: tickSchedule
    SYNC_SWEEP_SCHEDULE: sweepSchedule
    SYNC_PASS_BUDGET_S: string(passBudgetSeconds)
    SYNC_SIGN_IN: isEntraSignIn ? 'entra' : 'keys'
    SYNC_TENANT_ID: tenant().tenantId
    SYNC_MAX_REQUESTS_PER_MINUTE: string(requestsPerMinute)
    SYNC_HISTORY_DAYS: string(historyDays)
    SYNC_RUN_DAYS: string(runDays)
    SYNC_AUDIT_DAYS: string(auditDays)
    SYNC_TOMBSTONE_DAYS: string(tombstoneDays)

    // Read by azure-identity (DefaultAzureCredential): which identity the app is to Graph and to its storage.
    AZURE_CLIENT_ID: identityClientId

    // Read by the Functions host; the queue address also by sync_core/settings.py. The table service is left out:
    // the host would only keep diagnostic events there, in tables that the identity may not make.
    AzureWebJobsStorage__blobServiceUri: blobEndpoint
    AzureWebJobsStorage__queueServiceUri: queueEndpoint
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId

    // Read by the host and by azure-monitor-opentelemetry, which the worker starts.
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY: 'true'
    // Only the app's own log lines are sent.
    PYTHON_APPLICATIONINSIGHTS_LOGGER_NAME: 'sync_core'
    // Libraries whose requests are not traced, because their addresses hold values.
    OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: 'azure_sdk,django,fastapi,flask,httpx,httpx2,psycopg2,requests,urllib,urllib3'
  }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

// Declared in both cases, so that emptying signInClientId also switches the sign-in off again; after the settings,
// because the site takes one change of its configuration at a time.
resource signIn 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: site
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: isEntraSignIn
    }
    globalValidation: {
      requireAuthentication: isEntraSignIn
      unauthenticatedClientAction: isEntraSignIn ? 'Return401' : 'AllowAnonymous'
    }
    httpSettings: {
      requireHttps: true
    }
    // Callers bring a token of their own: there is no sign-in page, so no client secret, and no token is stored.
    login: {
      tokenStore: {
        enabled: false
      }
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: isEntraSignIn
        registration: {
          clientId: signInClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: isEntraSignIn ? signInAudiences : []
        }
      }
    }
  }
  dependsOn: [
    settings
  ]
}

// Everybody uses this version: the only stable one, 2016-09-01, is older in shape.
#disable-next-line use-recent-api-versions
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: site
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'FunctionAppLogs'
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

@description('Name of the app.')
output name string = site.name

@description('Address of the app.')
output url string = 'https://${site.properties.defaultHostName}'
