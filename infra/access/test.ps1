<#
.SYNOPSIS
Proves that the app may use the mailboxes it should, and none that it should not.

.DESCRIPTION
Asks Exchange Online whether the app's role holds for each given mailbox. The answer is of the rules as they are
written; the service itself follows within two hours. Ends with exit code 1 when an answer is not the expected one.

.EXAMPLE
./test.ps1 -AppId 11111111-1111-1111-1111-111111111111 -Allowed ada@example.com -Denied director@example.com
#>
#Requires -Version 7.2
#Requires -Modules ExchangeOnlineManagement
[CmdletBinding()]
param(
    # Client id of the app's identity.
    [Parameter(Mandatory)] [guid] $AppId,

    # Mailboxes that the app must reach.
    [Parameter(Mandatory)] [ValidatePattern('^[^@\s]+@[^@\s]+$')] [string[]] $Allowed,

    # Mailboxes that the app must not reach; name at least one that is outside the group.
    [Parameter(Mandatory)] [ValidatePattern('^[^@\s]+@[^@\s]+$')] [string[]] $Denied
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'exchange.ps1')

Assert-ExchangeSession
$principal = Find-Principal -AppId $AppId
if (-not $principal) {
    throw "Exchange Online does not know the app $AppId. Run grant.ps1 first."
}

$Word = @{ $true = 'reached'; $false = 'not reached' }

function Test-Mailbox {
    param([string] $Mailbox, [bool] $Expected)

    $answers = @(Test-ServicePrincipalAuthorization -Identity $principal.ObjectId -Resource $Mailbox)
    $inScope = [bool] @($answers | Where-Object { $_.RoleName -eq $Role -and "$($_.InScope)" -eq 'True' })
    [pscustomobject] @{
        Mailbox  = $Mailbox
        Expected = $Word[$Expected]
        Found    = $Word[$inScope]
        Ok       = $inScope -eq $Expected
    }
}

$results = @($Allowed | ForEach-Object { Test-Mailbox -Mailbox $_ -Expected $true }) +
@($Denied | ForEach-Object { Test-Mailbox -Mailbox $_ -Expected $false })
$results | Format-Table -AutoSize | Out-String | Write-Output

if ($results.Ok -contains $false) {
    Write-Output 'Not as expected: check the members of the group (direct members only) and run grant.ps1 again.'
    exit 1
}
Write-Output 'All as expected. This does not see a consent in Entra ID, which would reach every mailbox: README.md says how to check.'
