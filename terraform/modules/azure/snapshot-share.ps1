# Takes a snapshot of a file share, and deletes the snapshots that are older than `days`.
param(
    [Parameter(Mandatory = $true)][string]$resourcegroup,
    [Parameter(Mandatory = $true)][string]$account,
    [Parameter(Mandatory = $true)][string]$share,
    [Parameter(Mandatory = $true)][int]$days
)
$ErrorActionPreference = "Stop"
Connect-AzAccount -Identity | Out-Null

New-AzRmStorageShare -ResourceGroupName $resourcegroup -StorageAccountName $account -Name $share -Snapshot | Out-Null

$oldest = (Get-Date).ToUniversalTime().AddDays(-$days)
Get-AzRmStorageShare -ResourceGroupName $resourcegroup -StorageAccountName $account -IncludeSnapshot |
    Where-Object { $_.Name -eq $share -and $null -ne $_.SnapshotTime -and $_.SnapshotTime.ToUniversalTime() -lt $oldest } |
    ForEach-Object {
        # -SnapshotTime is what keeps this from being the share itself.
        Remove-AzRmStorageShare -ResourceGroupName $resourcegroup -StorageAccountName $account -Name $share -SnapshotTime $_.SnapshotTime -Force
    }
