// The picture of the sync: runs, changes, conflicts, latency, requests, connections, attention.

@description('Name that people see.')
param displayName string

@description('Region of the workbook.')
param location string

@description('Tags of every resource.')
param tags object

@description('Log Analytics workspace that the workbook asks.')
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, displayName)
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: replace(loadTextContent('workbook.json'), 'WORKSPACE_ID', workspaceId)
  }
}

@description('Resource id of the workbook.')
output id string = workbook.id
