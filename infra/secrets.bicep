// Puts the Pipeliner key into the vault through Azure Resource Manager. Only needed where the vault is private and
// `az keyvault secret set` does not reach it; the values travel as secure parameters and stay out of the history.

@description('Name of the vault: the output vaultName of main.bicep.')
param vaultName string

@description('Pipeliner: Administration > Applications > Show API Access, API token.')
@secure()
@minLength(1)
param pipelinerApiToken string

@description('Pipeliner: Administration > Applications > Show API Access, API password.')
@secure()
@minLength(1)
param pipelinerApiPassword string

@description('How long the key is meant to be used; the vault gives notice thirty days before (ISO 8601 duration).')
param lifetime string = 'P1Y'

@description('Leave this out: it is the time of the deployment.')
param now string = utcNow()

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

resource token 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = {
  parent: vault
  name: 'pipeliner-api-token'
  properties: {
    value: pipelinerApiToken
    contentType: 'API token of the Pipeliner space'
    attributes: {
      enabled: true
      exp: dateTimeToEpoch(dateTimeAdd(now, lifetime))
    }
  }
}

resource password 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = {
  parent: vault
  name: 'pipeliner-api-password'
  properties: {
    value: pipelinerApiPassword
    contentType: 'API password of the Pipeliner space'
    attributes: {
      enabled: true
      exp: dateTimeToEpoch(dateTimeAdd(now, lifetime))
    }
  }
}
