#Requires -Version 5.1
<#
Makes and removes the accounts of visitors on Windows, for the setting identityHook (docs/sign-in.md).

One JSON object comes on standard input. create answers {"account":"name"}: a local account named after the user, member
of Administrators, with a password that nobody knows. remove removes it with its profile, unless another session of the
same user needs it. Only accounts that this script made are ever touched. For Windows PowerShell 5.1.
#>
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$prefix = 'ac-'
# A local account has at most 20 characters; the prefix, the hash and the dash before it take 12 of them.
$readable = 8
$mark = 'Admin Center visitor'
# The same in every language.
$administrators = 'S-1-5-32-544'
$utf8 = New-Object Text.UTF8Encoding($false)

function Get-Hash([string]$Text) {
    $bytes = [Security.Cryptography.SHA256]::Create().ComputeHash($utf8.GetBytes($Text))
    return [BitConverter]::ToString($bytes).Replace('-', '').ToLowerInvariant().Substring(0, 8)
}

# The part before the @ in what Windows takes, and a hash of the whole: two users never share an account.
function Get-AccountName([string]$User) {
    $local = ($User -split '@')[0] -replace '[^a-z0-9_]', '-'
    if ($local.Length -gt $readable) { $local = $local.Substring(0, $readable) }
    return '{0}{1}-{2}' -f $prefix, $local, (Get-Hash $User)
}

# 48 random bytes, with one of each kind of character in front, for the rules of the machine.
function New-UnknownPassword {
    $bytes = New-Object byte[] 48
    $source = [Security.Cryptography.RandomNumberGenerator]::Create()
    try { $source.GetBytes($bytes) } finally { $source.Dispose() }
    return ConvertTo-SecureString -String ('aA1!' + [Convert]::ToBase64String($bytes)) -AsPlainText -Force
}

function Find-Account([string]$Name, [string]$User) {
    $account = Get-LocalUser -Name $Name -ErrorAction SilentlyContinue
    if ($account -and ($account.Description -ne $mark -or $account.FullName -ne $User)) {
        throw "the account $Name belongs to somebody else"
    }
    return $account
}

function New-Account([string]$Name, [string]$User) {
    $account = Find-Account $Name $User
    if (-not $account) {
        $account = New-LocalUser -Name $Name -FullName $User -Description $mark -Password (New-UnknownPassword) `
            -PasswordNeverExpires -UserMayNotChangePassword
    }
    $members = @(Get-LocalGroupMember -SID $administrators -ErrorAction SilentlyContinue | ForEach-Object { $_.SID.Value })
    if ($members -notcontains $account.SID.Value) { Add-LocalGroupMember -SID $administrators -Member $account.SID }
    Write-Output (@{ account = $Name } | ConvertTo-Json -Compress)
}

function Remove-Account([string]$Name, [string]$User, [int]$Others) {
    $account = Find-Account $Name $User
    if (-not $account -or $Others -gt 0) { return }
    $sid = $account.SID.Value
    Disable-LocalUser -SID $account.SID
    Get-CimInstance -ClassName Win32_UserProfile -Filter "SID = '$sid'" | Remove-CimInstance
    Remove-LocalUser -SID $account.SID
}

$reader = New-Object IO.StreamReader([Console]::OpenStandardInput(), $utf8)
$given = $reader.ReadToEnd() | ConvertFrom-Json
$user = "$($given.user)".ToLowerInvariant()
if (-not $user) { throw 'the user has no name' }
$name = Get-AccountName $user

switch ($given.action) {
    'create' { New-Account $name $user }
    'remove' { Remove-Account $name $user ([int]$given.otherSessions) }
    default { throw 'the action is neither create nor remove' }
}
