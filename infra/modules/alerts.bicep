// What whoever runs the app has to know, and what to do then. One entry is one alert; `heading` is its section in
// docs/operations.md. A log alert fires when its query returns a row; thresholds therefore stand in the queries.
// `name` is part of the rule's name in Azure: under another one the old rule would stay beside the new one.

@description('Prefix of the alerts\' names.')
param prefix string

@description('Region of the log alerts: that of the workspace.')
param location string

@description('Tags of every resource.')
param tags object

@description('Addresses that get the alerts.')
param addresses array

@description('Log Analytics workspace that holds the telemetry.')
param workspaceId string

@description('Resource id of the storage account.')
param storageId string

@description('Resource id of the vault.')
param vaultId string

var byConnection = [
  {
    name: 'connection_id'
    operator: 'Include'
    values: [
      '*'
    ]
  }
]

var logAlerts = [
  {
    name: 'no-tick'
    heading: 'No successful tick'
    action: 'No tick has succeeded for 30 minutes, so nothing is synced. Look at the app\'s failed requests and settings, then restart it.'
    severity: 0
    frequency: 'PT5M'
    window: 'PT30M'
    dimensions: []
    query: '''
      AppMetrics
      | where Name == 'sync.tick.completed'
      | summarize ticks = count()
      | where ticks == 0
    '''
  }
  {
    name: 'poison'
    heading: 'Poison messages'
    action: 'A message was given up after five tries, or its poison function failed. Read the attention items of the connection and run a sync by hand.'
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: []
    query: '''
      let given_up = AppMetrics
      | where Name == 'sync.poison'
      | summarize messages = sum(Sum);
      let not_reported = AppRequests
      | where Success == false and (Name has 'poison' or OperationName has 'poison')
      | summarize messages = todouble(count());
      union given_up, not_reported
      | where messages > 0
    '''
  }
  {
    name: 'queue-old'
    heading: 'Oldest queue message too old'
    action: 'A run has waited for more than 15 minutes. Look whether runs fail or Pipeliner throttles; if neither, allow more instances.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: []
    query: '''
      AppMetrics
      | where Name == 'sync.queue.oldest'
      | summarize arg_max(TimeGenerated, Sum)
      | where Sum > 900
    '''
  }
  {
    name: 'passes-failing'
    heading: 'Runs failing'
    action: 'Three or more runs of a connection failed within an hour. Read the last one: it names the cause and the remedy.'
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    dimensions: byConnection
    query: '''
      AppMetrics
      | where Name == 'sync.pass.finished'
      | extend connection_id = tostring(Properties.connection_id), outcome = tostring(Properties.outcome)
      | where outcome in ('failed', 'unavailable', 'error')
      | summarize failed = sum(Sum) by connection_id
      | where failed >= 3
    '''
  }
  {
    name: 'connections-paused'
    heading: 'Connections paused'
    action: 'A connection is paused and does not sync. Its attention item says why; remove the cause and resume it.'
    severity: 2
    frequency: 'PT15M'
    window: 'PT30M'
    dimensions: []
    query: '''
      AppMetrics
      | where Name == 'sync.connections'
      | extend status = tostring(Properties.standing)
      | where status == 'paused'
      | summarize arg_max(TimeGenerated, Sum)
      | where Sum > 0
    '''
  }
  {
    name: 'attention-growing'
    heading: 'Attention growing'
    action: 'A connection has ten more contacts that wait for a person than a day before. Read its attention items: the same reason in many of them points to one cause.'
    severity: 3
    frequency: 'PT1H'
    window: 'P1D'
    dimensions: byConnection
    query: '''
      AppMetrics
      | where Name == 'sync.attention'
      | extend connection_id = tostring(Properties.connection_id), reason = tostring(Properties.reason)
      | summarize arg_max(TimeGenerated, Sum) by connection_id, reason, hour = bin(TimeGenerated, 1h)
      | summarize waiting = sum(Sum) by connection_id, hour
      | summarize earlier = coalesce(maxif(waiting, hour <= ago(23h)), 0.0), (seen, waiting_now) = arg_max(hour, waiting) by connection_id
      | where seen >= ago(2h) and waiting_now - earlier >= 10
    '''
  }
  {
    name: 'throttling'
    heading: 'Remote throttling'
    action: 'Microsoft Graph or Pipeliner answered "too many requests" fifty times within 30 minutes. Lower PIPELINER_REQUESTS_PER_SECOND, or wait if a first sync of a large folder is under way.'
    severity: 3
    frequency: 'PT15M'
    window: 'PT30M'
    dimensions: [
      {
        name: 'service'
        operator: 'Include'
        values: [
          '*'
        ]
      }
    ]
    query: '''
      AppMetrics
      | where Name == 'sync.requests'
      | extend service = tostring(Properties.service), outcome = tostring(Properties.outcome)
      | where outcome == 'throttled'
      | summarize throttled = sum(Sum) by service
      | where throttled >= 50
    '''
  }
  {
    name: 'held'
    heading: 'Deletes and changes waiting for approval'
    action: 'Deletes or changes of a connection wait until a person approves them. Check that they are meant, then approve them.'
    severity: 2
    frequency: 'PT15M'
    window: 'PT30M'
    dimensions: byConnection
    query: '''
      AppMetrics
      | where Name == 'sync.held'
      | extend connection_id = tostring(Properties.connection_id)
      | summarize arg_max(TimeGenerated, Sum) by connection_id
      | where Sum > 0
    '''
  }
  {
    name: 'server-errors'
    heading: 'App answers with errors'
    action: 'HTTP functions answered with a server error at least five times within 15 minutes. Read the failed requests in Application Insights and ask GET /api/health.'
    severity: 2
    frequency: 'PT5M'
    window: 'PT15M'
    dimensions: []
    query: '''
      AppRequests
      | where toint(ResultCode) >= 500 and toint(ResultCode) < 600
      | summarize failed = count()
      | where failed >= 5
    '''
  }
]

var metricAlerts = [
  {
    name: 'storage-failures'
    heading: 'Storage failures'
    action: 'Table, queue or blob storage refused or failed at least twenty requests within 15 minutes. Authorization errors: deploy the roles again. Busy or timeout errors: look at Azure Service Health.'
    severity: 1
    target: storageId
    namespace: 'Microsoft.Storage/storageAccounts'
    metric: 'Transactions'
    aggregation: 'Total'
    threshold: 20
    dimension: 'ResponseType'
    values: [
      'AuthorizationError'
      'AuthenticationError'
      'NetworkError'
      'ServerBusyError'
      'ServerOtherError'
      'ServerTimeoutError'
    ]
  }
  {
    name: 'vault-failures'
    heading: 'Vault failures'
    action: 'The vault refused or failed requests, so the Pipeliner key may be out of reach after the next restart. Check the role Key Vault Secrets User, the network of the vault and Azure Service Health.'
    severity: 1
    target: vaultId
    namespace: 'Microsoft.KeyVault/vaults'
    metric: 'ServiceApiResult'
    aggregation: 'Count'
    threshold: 3
    dimension: 'StatusCode'
    values: [
      '403'
      '429'
      '500'
      '503'
    ]
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'sync'
    enabled: true
    emailReceivers: [
      for (address, i) in addresses: {
        name: 'operator-${i}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource logRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in logAlerts: {
    name: '${prefix}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Contacts sync: ${toLower(alert.heading)}'
      description: '${alert.action} See docs/operations.md, "${alert.heading}".'
      severity: alert.severity
      enabled: true
      scopes: [
        workspaceId
      ]
      evaluationFrequency: alert.frequency
      windowSize: alert.window
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: alert.dimensions
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: true
      // The rules are deployed together with a workspace whose tables nothing was written to yet, and Azure refuses
      // a query of a table that it does not find. So Azure looks at no query; tests/telemetry/test_kql.py does, with
      // Microsoft's own parser.
      skipQueryValidation: true
      actions: {
        actionGroups: [
          operators.id
        ]
      }
    }
  }
]

resource metricRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [
  for alert in metricAlerts: {
    name: '${prefix}-${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: '${alert.action} See docs/operations.md, "${alert.heading}".'
      severity: alert.severity
      enabled: true
      scopes: [
        alert.target
      ]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: alert.name
            criterionType: 'StaticThresholdCriterion'
            metricNamespace: alert.namespace
            metricName: alert.metric
            timeAggregation: alert.aggregation
            operator: 'GreaterThanOrEqual'
            threshold: alert.threshold
            dimensions: [
              {
                name: alert.dimension
                operator: 'Include'
                values: alert.values
              }
            ]
          }
        ]
      }
      autoMitigate: true
      actions: [
        {
          actionGroupId: operators.id
        }
      ]
    }
  }
]

@description('Resource id of the action group.')
output actionGroupId string = operators.id
