// The one identity of the app: for its storage, the vault, telemetry and Microsoft Graph. It has no secret.

@description('Name of the user-assigned identity.')
param name string

@description('Region of the identity.')
param location string

@description('Tags of every resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Resource id, as the site refers to the identity.')
output id string = identity.id

@description('Client id, as the settings AZURE_CLIENT_ID and AzureWebJobsStorage__clientId name the identity.')
output clientId string = identity.properties.clientId

@description('Object id of the service principal, to which roles are given.')
output principalId string = identity.properties.principalId
