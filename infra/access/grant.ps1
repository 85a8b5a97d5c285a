<#
.SYNOPSIS
Lets the app read and write the contacts of some mailboxes, and of no others.

.DESCRIPTION
Uses Role Based Access Control for Applications in Exchange Online: registers the app's managed identity there, makes
a management scope of the direct members of a mail-enabled security group (or of the mailboxes that carry a value in
their custom attribute 1), and assigns the role "Application Contacts.ReadWrite" within that scope. Repeating the script
changes nothing that is already so; with another group it moves the scope. Takes effect within two hours.

Needs the module ExchangeOnlineManagement, a session (Connect-ExchangeOnline) and the role group Organization
Management.

.EXAMPLE
./grant.ps1 -AppId 11111111-1111-1111-1111-111111111111 -ObjectId 22222222-2222-2222-2222-222222222222 -Group contacts-sync@example.com -WhatIf
#>
#Requires -Version 7.2
#Requires -Modules ExchangeOnlineManagement
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Group')]
param(
    # Client id of the app's identity: output identityClientId of infra/main.bicep.
    [Parameter(Mandatory)] [guid] $AppId,

    # Object id of the identity's service principal: output identityObjectId of infra/main.bicep.
    [Parameter(Mandatory)] [guid] $ObjectId,

    # Address of the mail-enabled security group whose direct members are synced.
    [Parameter(Mandatory, ParameterSetName = 'Group')] [ValidatePattern('^[^@\s]+@[^@\s]+$')] [string] $Group,

    # Value of custom attribute 1 of the mailboxes that are synced.
    [Parameter(Mandatory, ParameterSetName = 'Attribute')] [ValidatePattern('^[A-Za-z0-9 ._-]{1,60}$')]
    [string] $CustomAttribute1,

    # Name of the identity and of the scope in Exchange Online.
    [ValidatePattern('^[A-Za-z0-9 _-]{1,60}$')] [string] $Name = 'Contacts sync'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'exchange.ps1')

Assert-ExchangeSession
if ($PSCmdlet.ParameterSetName -eq 'Group') {
    $members = "the direct members of $Group"
    $groupName = (Get-GroupName -Group $Group).Replace("'", "''")
    $filter = "MemberOfGroup -eq '$groupName'"
}
else {
    $members = "the mailboxes with custom attribute 1 '$CustomAttribute1'"
    $filter = "CustomAttribute1 -eq '$CustomAttribute1'"
}

$assignments = @(Get-Assignment -ObjectId $ObjectId)
$unscoped = @($assignments | Where-Object CustomResourceScope -NE $Name)
if ($unscoped) {
    throw "The app has the role $Role in another scope or in none ($($unscoped.Name -join ', ')), so this scope would not limit it. Run revoke.ps1 first."
}

$principal = Find-Principal -AppId $AppId
if (-not $principal) {
    if ($PSCmdlet.ShouldProcess($Name, 'Register the identity in Exchange Online')) {
        New-ServicePrincipal -AppId $AppId -ObjectId $ObjectId -DisplayName $Name | Out-Null
    }
}
elseif ([guid] $principal.ObjectId -ne $ObjectId) {
    throw "The app $AppId is registered with another object id, $($principal.ObjectId). Run revoke.ps1 for it first, or correct -ObjectId."
}

$scope = Get-ManagementScope | Where-Object Name -EQ $Name
if (-not $scope) {
    if ($PSCmdlet.ShouldProcess($Name, "Make a management scope of $members")) {
        New-ManagementScope -Name $Name -RecipientRestrictionFilter $filter | Out-Null
    }
}
elseif ($scope.RecipientFilter -ne $filter) {
    if ($PSCmdlet.ShouldProcess($Name, "Move the management scope to $members")) {
        Set-ManagementScope -Identity $Name -RecipientRestrictionFilter $filter
    }
}

if (-not $assignments) {
    if ($PSCmdlet.ShouldProcess($Name, "Assign $Role within the scope")) {
        New-ManagementRoleAssignment -App $ObjectId -Role $Role -CustomResourceScope $Name | Out-Null
    }
}

if ($WhatIfPreference) {
    Write-Output 'Nothing was changed.'
}
else {
    Write-Output "The app $AppId has $Role for $members. Check it with test.ps1; it takes effect within two hours."
}
