using 'main.bicep'

param prefix = 'sync'
param size = 'production'
param token = readEnvironmentVariable('PIPELINER_API_TOKEN')
param alertEmails = [
  'operations@example.com'
]
