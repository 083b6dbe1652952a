#Requires -Version 5.1
<#
Removes the Admin Center agent from Windows: service, program, settings and keys; local-policy.json and hooks are the
owner's and stay. What is gone already is success.
#>
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$name = 'AdminCenterAgent'
$programs = Join-Path $env:ProgramFiles $name
$data = Join-Path $env:ProgramData $name

$service = Get-Service -Name $name -ErrorAction SilentlyContinue
if ($service) {
    if ($service.Status -ne 'Stopped') { Stop-Service -Name $name -Force }
    & (Join-Path $env:SystemRoot 'System32\sc.exe') delete $name | Out-Null
    # 1072: it is marked for deletion already, and goes when the last window that shows it closes.
    if ($LASTEXITCODE -ne 0 -and $LASTEXITCODE -ne 1072) { throw "sc.exe ended with code $LASTEXITCODE" }
}

# Accounts of visitors that are left; a hook of the owner's made them, and it alone removes them.
$service = Join-Path $programs 'service.txt'
if ((Test-Path -LiteralPath (Join-Path $data 'agent\virtual-accounts.json')) -and (Test-Path -LiteralPath $service)) {
    $lines = @(Get-Content -LiteralPath $service -Encoding UTF8)
    & $lines[0] $lines[1] 'forget' '--config' $lines[2]
    if ($LASTEXITCODE -ne 0) { Write-Warning 'accounts of visitors are left' }
}

# The port in the registry: what stood there before the first install comes back.
$machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
$ours = $machine.OpenSubKey("SOFTWARE\$name")
if ($ours) {
    $before = $ours.GetValue('SmePortBefore', $null)
    $gateway = $machine.OpenSubKey('SOFTWARE\Microsoft\ServerManagementGateway', $true)
    if ($gateway -and $null -ne $before) { $gateway.SetValue('SmePort', $before, $ours.GetValueKind('SmePortBefore')) }
    elseif ($gateway) { $gateway.DeleteValue('SmePort', $false) }
    $ours.Close()
    $machine.DeleteSubKeyTree("SOFTWARE\$name", $false)
}

# What the owner wrote stays: whoever may uninstall from afar must not open what he closed.
$kept = @('local-policy.json', 'hooks') | ForEach-Object { Join-Path $data "agent\$_" } | Where-Object { Test-Path -LiteralPath $_ }
$leftovers = if ($kept) {
    @(Get-ChildItem -LiteralPath $data -Force | Where-Object { $_.Name -ne 'agent' }) +
        @(Get-ChildItem -LiteralPath (Join-Path $data 'agent') -Force | Where-Object { $kept -notcontains $_.FullName }) |
        ForEach-Object { $_.FullName }
}
else { $data }

foreach ($folder in @($programs) + @($leftovers)) {
    if (-not (Test-Path -LiteralPath $folder)) { continue }
    $item = Get-Item -LiteralPath $folder -Force
    # Somebody else's link: what it points to is not ours.
    if ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) { $item.Delete() }
    # A service that has stopped may hold its files for a moment longer.
    for ($try = 1; Test-Path -LiteralPath $folder; $try++) {
        try { Remove-Item -LiteralPath $folder -Recurse -Force }
        catch { if ($try -eq 20) { throw } else { Start-Sleep -Milliseconds 500 } }
    }
}
Write-Output "$name is removed"
