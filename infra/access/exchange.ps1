# What grant.ps1, test.ps1 and revoke.ps1 share; loaded by them.

# The one role that sync_core/outlook needs: contacts and contact folders, read and written.
$Role = 'Application Contacts.ReadWrite'

function Assert-ExchangeSession {
    <# .SYNOPSIS Stops with the command to run when there is no session with Exchange Online. #>
    $open = @(Get-ConnectionInformation | Where-Object State -EQ 'Connected')
    if (-not $open) {
        throw 'There is no session with Exchange Online. Run: Connect-ExchangeOnline'
    }
}

function Get-GroupName {
    <# .SYNOPSIS Gives the distinguished name of a mail-enabled security group; stops when it is none. #>
    param([Parameter(Mandatory)] [string] $Group)

    $found = Get-Recipient -Identity $Group -ErrorAction SilentlyContinue
    if (-not $found) {
        throw "There is no group $Group. Make a mail-enabled security group first: New-DistributionGroup -Type Security"
    }
    if ($found.RecipientTypeDetails -ne 'MailUniversalSecurityGroup') {
        throw "$Group is a $($found.RecipientTypeDetails), not a mail-enabled security group; a scope cannot be limited to it."
    }
    $found.DistinguishedName
}

function Find-Principal {
    <# .SYNOPSIS Gives the identity as Exchange Online knows it, or nothing. #>
    param([Parameter(Mandatory)] [guid] $AppId)

    Get-ServicePrincipal | Where-Object { [guid] $_.AppId -eq $AppId }
}

function Get-Assignment {
    <# .SYNOPSIS Gives the assignments of the role to the identity, in whatever scope. #>
    param([Parameter(Mandatory)] [guid] $ObjectId)

    if (Get-ServicePrincipal | Where-Object { [guid] $_.ObjectId -eq $ObjectId }) {
        Get-ManagementRoleAssignment -RoleAssignee $ObjectId | Where-Object Role -EQ $Role
    }
}
