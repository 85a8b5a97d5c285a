<#
.SYNOPSIS
Takes the app's access to contacts back.

.DESCRIPTION
Removes the app's role assignments, the management scope and the registration of the identity in Exchange Online.
What is already gone is passed over. Disconnect the connections first: without access the app can take nothing back.

.EXAMPLE
./revoke.ps1 -AppId 11111111-1111-1111-1111-111111111111 -WhatIf
#>
#Requires -Version 7.2
#Requires -Modules ExchangeOnlineManagement
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
param(
    # Client id of the app's identity.
    [Parameter(Mandatory)] [guid] $AppId,

    # Name of the scope, as given to grant.ps1.
    [ValidatePattern('^[A-Za-z0-9 _-]{1,60}$')] [string] $Name = 'Contacts sync'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'exchange.ps1')

Assert-ExchangeSession
$principal = Find-Principal -AppId $AppId
if ($principal) {
    foreach ($assignment in @(Get-Assignment -ObjectId $principal.ObjectId)) {
        if ($PSCmdlet.ShouldProcess($assignment.Name, 'Remove the role assignment')) {
            Remove-ManagementRoleAssignment -Identity $assignment.Identity -Confirm:$false
        }
    }
}

if (Get-ManagementScope | Where-Object Name -EQ $Name) {
    if ($PSCmdlet.ShouldProcess($Name, 'Remove the management scope')) {
        Remove-ManagementScope -Identity $Name -Confirm:$false
    }
}

if ($principal) {
    if ($PSCmdlet.ShouldProcess($principal.DisplayName, 'Remove the identity from Exchange Online')) {
        Remove-ServicePrincipal -Identity $principal.ObjectId -Confirm:$false
    }
}

if ($WhatIfPreference) {
    Write-Output 'Nothing was changed.'
    return
}
Write-Output "The app $AppId has no access through Exchange Online any more. A consent in Entra ID is taken back separately: README.md says how."
