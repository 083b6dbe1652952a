/** What a machine runs to get the agent or to lose it. Everything that is not ours is data in it, never code. */

/** SHA-256 of each file of the agent package, lower-case hex. */
export type PackageHashes = Readonly<Record<string, string>>;

export interface PackageSource {
  /** URL of the folder that serves the package. */
  url: string;
  hashes: PackageHashes;
}

/** Where the script finds the agent's settings: written into it, or given beside it by the platform. */
export type SettingsSource = { kind: 'inline'; settings: object } | { kind: 'parameter' };

const sumsFile = 'SHA256SUMS';

/** The name of the protected parameter that carries the settings. */
export const settingsParameter = 'settings';

/** A word of POSIX sh that is exactly this text. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A string of PowerShell that is exactly this text; to PowerShell four more characters are single quotes. */
export const powerShellString = (text: string): string => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;

export const encodeSettings = (settings: object): string =>
  Buffer.from(JSON.stringify(settings), 'utf8').toString('base64');

function hashOf({ hashes }: PackageSource, file: string): string {
  const hash = hashes[file];
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash)) throw new Error(`the agent package has no ${file}`);
  return hash;
}

/** Two packages that differ in any file have different ones. */
export const versionOf = (source: PackageSource): string => hashOf(source, sumsFile).slice(0, 16);

const fileUrl = (source: PackageSource, file: string): string =>
  `${source.url}/${file}?sha256=${hashOf(source, file)}`;

/** Fetches one script of the package and checks it; what comes after runs it as `$work/<file>`. */
const fetchForShell = (source: PackageSource, file: string): string => `set -eu
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v curl >/dev/null 2>&1; then
  curl -fsSL --retry 3 -o "$work/${file}" ${shellWord(fileUrl(source, file))}
else
  wget -q -O "$work/${file}" ${shellWord(fileUrl(source, file))}
fi
echo "${hashOf(source, file)}  $work/${file}" | sha256sum -c - >/dev/null
`;

export function linuxInstall(source: PackageSource, settings: SettingsSource): string {
  const given =
    settings.kind === 'inline'
      ? shellWord(encodeSettings(settings.settings))
      : // A named parameter is a variable of the environment; a handler that passes it on as an argument is understood too.
        `"\${${settingsParameter}:-\${1#${settingsParameter}=}}"`;
  return `${fetchForShell(source, 'install.sh')}printf '%s' ${given} | base64 -d |
  sh "$work/install.sh" --package ${shellWord(source.url)} --sums ${hashOf(source, sumsFile)}
`;
}

export const linuxUninstall = (source: PackageSource): string =>
  `${fetchForShell(source, 'uninstall.sh')}sh "$work/uninstall.sh"\n`;

/** Checked in memory: on the disk somebody could change it between check and use. */
const fetchForPowerShell = (source: PackageSource, file: string): string => `$ErrorActionPreference = 'Stop'
[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
$bytes = (New-Object Net.WebClient).DownloadData(${powerShellString(fileUrl(source, file))})
$hash = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($bytes)).Replace('-', '')
if ($hash -ne '${hashOf(source, file)}') { throw '${file} is not the file that was announced' }
$script = [ScriptBlock]::Create([Text.Encoding]::UTF8.GetString($bytes))
`;

export function windowsInstall(source: PackageSource, settings: SettingsSource): string {
  const isInline = settings.kind === 'inline';
  const parameters = isInline ? '' : `param([string]$${settingsParameter})\n`;
  const given = isInline ? powerShellString(encodeSettings(settings.settings)) : `$${settingsParameter}`;
  return `${parameters}${fetchForPowerShell(source, 'install.ps1')}& $script -Package ${powerShellString(source.url)} -Sums '${hashOf(source, sumsFile)}' -Settings ${given}
`;
}

export const windowsUninstall = (source: PackageSource): string =>
  `${fetchForPowerShell(source, 'uninstall.ps1')}& $script\n`;

/** One command line for a PowerShell script, without a character that cmd.exe would read. */
export const powerShellCommand = (script: string): string =>
  `powershell.exe -NoProfile -NonInteractive -EncodedCommand ${Buffer.from(script, 'utf16le').toString('base64')}`;
