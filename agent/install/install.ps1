#Requires -Version 5.1
<#
Installs or updates the Admin Center agent as a Windows service. Running it again comes to the same end.

  install.ps1 -Package URL -Sums SHA256 -Settings BASE64 [-TargetScheme http|https]

Settings is the agent's settings as JSON in UTF-8, in base64, without dataDirectory. Package serves the files of the
package, and Sums is the hash of its SHA256SUMS, which vouches for all of them. For Windows PowerShell 5.1, which every
Windows Server since 2016 has.
#>
param(
    [Parameter(Mandatory = $true)][string]$Package,
    [Parameter(Mandatory = $true)][ValidatePattern('^[0-9a-f]{64}$')][string]$Sums,
    [Parameter(Mandatory = $true)][string]$Settings,
    [ValidateSet('http', 'https')][string]$TargetScheme = 'https'
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$name = 'AdminCenterAgent'
$programs = Join-Path $env:ProgramFiles $name
$data = Join-Path $env:ProgramData $name
$oldestNode = 22
$utf8 = New-Object Text.UTF8Encoding($false)
$system32 = Join-Path $env:SystemRoot 'System32'

# Runs one of the system's own tools, by its full path.
function Invoke-Tool([string]$Tool, [string[]]$Arguments) {
    & (Join-Path $system32 $Tool) @Arguments | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "$Tool ended with code $LASTEXITCODE" }
}

function Get-PackageFile([string]$File, [string]$Hash) {
    $client = New-Object Net.WebClient
    $bytes = $client.DownloadData(('{0}/{1}?sha256={2}' -f $Package.TrimEnd('/'), $File, $Hash))
    $found = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($bytes)).Replace('-', '')
    if ($found -ne $Hash) { throw "$File is not the file that was announced" }
    return , $bytes
}

# What SHA256SUMS says of a file; nothing if it is not in the package.
function Find-Hash([string]$File) {
    foreach ($line in $sumLines) {
        if ($line -match '^([0-9a-f]{64})  (\S+)$' -and $Matches[2] -eq $File) { return $Matches[1] }
    }
    return $null
}

function Get-Listed([string]$File) {
    $hash = Find-Hash $File
    if (-not $hash) { throw "the package has no $File" }
    return , (Get-PackageFile $File $hash)
}

# Replaces the target as a whole.
function Set-Bytes([string]$Path, [byte[]]$Bytes) {
    $new = "$Path.new"
    [IO.File]::WriteAllBytes($new, $Bytes)
    Move-Item -LiteralPath $new -Destination $Path -Force
}

# A folder for SYSTEM and Administrators alone. Anybody may make folders in ProgramData: what was there before is taken
# over, and a link to somewhere else is refused.
function New-PrivateFolder([string]$Path) {
    if (Test-Path -LiteralPath $Path) {
        $item = Get-Item -LiteralPath $Path -Force
        if ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) { throw "$Path is a link to another folder" }
        Invoke-Tool 'icacls.exe' @($Path, '/setowner', '*S-1-5-32-544', '/T', '/C', '/Q')
        Invoke-Tool 'icacls.exe' @($Path, '/reset', '/T', '/C', '/Q')
    }
    else {
        New-Item -ItemType Directory -Path $Path | Out-Null
    }
    Invoke-Tool 'icacls.exe' @($Path, '/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F', '/Q')
}

function Test-Node([string]$Path) {
    if (-not (Test-Path -LiteralPath $Path)) { return $false }
    return ("$(& $Path --version)" -match '^v(\d+)\.') -and ([int]$Matches[1] -ge $oldestNode)
}

# The Node that the service runs on: the machine's own where only administrators can change it, else the package's.
function Find-Node {
    $own = Join-Path $programs 'node.exe'
    foreach ($candidate in @((Join-Path $env:ProgramFiles 'nodejs\node.exe'), $own)) {
        if (Test-Node $candidate) { return $candidate }
    }
    $runtime = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'node-win-arm64.exe' } else { 'node-win-x64.exe' }
    if (-not (Find-Hash $runtime)) { throw "Node $oldestNode or newer is not on this machine, and the package has no $runtime" }
    Set-Bytes $own (Get-Listed $runtime)
    if (-not (Test-Node $own)) { throw "the package's $runtime does not run on this machine" }
    return $own
}

# Requirement 119: the port of the install in the registry, where everybody looks for it. What stood there before is kept
# beside it for the uninstall.
function Set-RegisteredPort([int]$Port) {
    $machine = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
    $gateway = $machine.CreateSubKey('SOFTWARE\Microsoft\ServerManagementGateway')
    $ours = $machine.CreateSubKey("SOFTWARE\$name")
    $before = $gateway.GetValue('SmePort', $null)
    if ($null -eq $ours.GetValue('SetsSmePort', $null)) {
        $ours.SetValue('SetsSmePort', 1, 'DWord')
        if ($null -ne $before) { $ours.SetValue('SmePortBefore', $before, $gateway.GetValueKind('SmePort')) }
    }
    $kind = if ($null -eq $before) { 'DWord' } else { $gateway.GetValueKind('SmePort') }
    if ("$kind" -eq 'String') { $gateway.SetValue('SmePort', "$Port", 'String') }
    else { $gateway.SetValue('SmePort', $Port, 'DWord') }
}

[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

$agentSettings = $utf8.GetString([Convert]::FromBase64String($Settings)) | ConvertFrom-Json
$port = [int]$agentSettings.port
if ($port -lt 1 -or $port -gt 65535) { throw 'the settings have no port' }

$sumLines = $utf8.GetString((Get-PackageFile 'SHA256SUMS' $Sums)) -split "`n"
$agent = Get-Listed 'agent.mjs'
$uninstall = Get-Listed 'uninstall.ps1'
$source = $utf8.GetString((Get-Listed 'service.cs'))

if (-not (Test-Path -LiteralPath $programs)) { New-Item -ItemType Directory -Path $programs | Out-Null }
New-PrivateFolder $data
New-PrivateFolder (Join-Path $data 'agent')
$node = Find-Node

$service = Get-Service -Name $name -ErrorAction SilentlyContinue
if ($service -and $service.Status -ne 'Stopped') { Stop-Service -Name $name -Force }

Set-Bytes (Join-Path $programs 'agent.mjs') $agent
Set-Bytes (Join-Path $programs 'uninstall.ps1') $uninstall
# For the owner to put into the folder of hooks: nothing there runs by itself.
if (Find-Hash 'virtual-account.ps1') {
    $hooks = Join-Path $programs 'hooks'
    if (-not (Test-Path -LiteralPath $hooks)) { New-Item -ItemType Directory -Path $hooks | Out-Null }
    Set-Bytes (Join-Path $hooks 'virtual-account.ps1') (Get-Listed 'virtual-account.ps1')
}
$program = Join-Path $programs 'service.exe'
# A service that has stopped may hold its program for a moment longer.
for ($try = 1; Test-Path -LiteralPath $program; $try++) {
    try { Remove-Item -LiteralPath $program -Force }
    catch { if ($try -eq 20) { throw } else { Start-Sleep -Milliseconds 500 } }
}
Add-Type -TypeDefinition $source -OutputAssembly $program -OutputType ConsoleApplication -ReferencedAssemblies 'System.ServiceProcess'

$agentSettings | Add-Member -NotePropertyName dataDirectory -NotePropertyValue (Join-Path $data 'agent') -Force
if (-not ($agentSettings.PSObject.Properties.Name -contains 'targetScheme')) {
    $agentSettings | Add-Member -NotePropertyName targetScheme -NotePropertyValue $TargetScheme
}
$configFile = Join-Path $data 'config.json'
# The owner of the machine has set it, and the service knows nothing of it.
if (Test-Path -LiteralPath $configFile) {
    $present = [IO.File]::ReadAllText($configFile, $utf8) | ConvertFrom-Json
    if ($present.PSObject.Properties.Name -contains 'identityHook') {
        $agentSettings | Add-Member -NotePropertyName identityHook -NotePropertyValue $present.identityHook -Force
    }
}
Set-Bytes $configFile $utf8.GetBytes(($agentSettings | ConvertTo-Json -Compress -Depth 5))
$lines = @($node, (Join-Path $programs 'agent.mjs'), $configFile, (Join-Path $data 'agent.log'))
Set-Bytes (Join-Path $programs 'service.txt') $utf8.GetBytes(($lines -join "`r`n"))
Set-RegisteredPort $port

if (-not $service) {
    New-Service -Name $name -BinaryPathName ('"{0}"' -f $program) -DisplayName 'Admin Center agent' -StartupType Automatic `
        -Description 'Lets people whom Azure allows to manage this computer in a browser.' | Out-Null
}
Invoke-Tool 'sc.exe' @('failure', $name, 'reset=', '86400', 'actions=', 'restart/5000/restart/30000/restart/60000')
Invoke-Tool 'sc.exe' @('failureflag', $name, '1')
Start-Service -Name $name
Start-Sleep -Seconds 2
if ((Get-Service -Name $name).Status -ne 'Running') { throw "the service does not stay up: $(Join-Path $data 'agent.log') tells why" }
Write-Output "$name is installed and runs"
