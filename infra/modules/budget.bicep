// Tells people when the resource group becomes dearer than expected. It stops nothing.

@description('Name of the budget.')
param name string

@description('Amount a month, in the currency of the subscription.')
@minValue(1)
param amount int

@description('First day of the month in which the budget was made (YYYY-MM-01). Azure refuses to change it later.')
@minLength(10)
@maxLength(10)
param start string

@description('Addresses that are told.')
param addresses array

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: start
    }
    notifications: {
      spent80: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: addresses
        contactRoles: [
          'Owner'
        ]
      }
      spent100: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Actual'
        contactEmails: addresses
        contactRoles: [
          'Owner'
        ]
      }
      expected110: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 110
        thresholdType: 'Forecasted'
        contactEmails: addresses
        contactRoles: [
          'Owner'
        ]
      }
    }
  }
}
