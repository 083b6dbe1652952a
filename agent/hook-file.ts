import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { join } from 'node:path/win32';
import type { RunTool } from './run-tool.ts';

/** Why a program may not be run with the agent's rights; undefined when it may. */
export type CheckHookFile = (folder: string, file: string) => Promise<string | undefined>;

/** Root and the agent's own account are the only ones that may change what is run. */
export const checkUnixHookFile: CheckHookFile = async (folder, file) => {
  for (const path of [dirname(folder), folder, file]) {
    const found = await lstat(path).catch(() => undefined);
    if (!found) return `${path} is not there`;
    if (path === file ? !found.isFile() : !found.isDirectory())
      return `${path} is no ${path === file ? 'file' : 'folder'}`;
    if (found.uid !== 0 && found.uid !== process.getuid?.()) return `${path} belongs to somebody else`;
    if ((found.mode & 0o022) !== 0) return `others may write ${path}`;
    if (path === file && (found.mode & 0o100) === 0) return `${path} is not executable`;
  }
  return undefined;
};

/** SYSTEM, Administrators and TrustedInstaller. */
const owners = [
  'SY',
  'BA',
  'S-1-5-18',
  'S-1-5-32-544',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
];
/** Reading and running, in letters and as one number. */
const harmless = /^(?:FR|FX|GR|GX|RC|LC|RP|LO|0x1200a9|0x120089)+$/i;

/** Whether only administrators may change what has this security descriptor (SDDL of owner and DACL). */
export function isAdministratorsOnly(sddl: string): boolean {
  const owner = /^O:(S-[\d-]+|[A-Z]{2})/.exec(sddl)?.[1] ?? '';
  const list = /D:[A-Z]*((?:\([^()]*\))+)/.exec(sddl)?.[1];
  if (!owners.includes(owner) || list === undefined) return false;
  const entries = [...list.matchAll(/\(([^()]*)\)/g)].map(([, entry = '']) => entry.split(';'));
  return entries.every(([kind, flags = '', rights = '', , , account = '']) => {
    if (kind !== 'A') return kind === 'D';
    return owners.includes(account) || flags.includes('IO') || harmless.test(rights);
  });
}

/** The same on Windows, from the security descriptors of folder and file. */
export const createWindowsHookCheck =
  (run: RunTool, environment: Readonly<Record<string, string | undefined>>): CheckHookFile =>
  async (folder, file) => {
    const shell = join(
      environment['SystemRoot'] ?? String.raw`C:\Windows`,
      String.raw`System32\WindowsPowerShell\v1.0\powershell.exe`,
    );
    for (const path of [folder, file]) {
      const quoted = path.replaceAll("'", "''");
      const command = `$i = Get-Item -LiteralPath '${quoted}' -Force -ErrorAction Stop; if ($i.Attributes -band 1024) { exit 3 }; (Get-Acl -LiteralPath '${quoted}').Sddl`;
      const output = await run(shell, ['-NoProfile', '-NonInteractive', '-Command', command], 15_000);
      if (!('exitCode' in output)) return `${path} cannot be looked at`;
      if (output.exitCode === 3) return `${path} is a link`;
      if (output.exitCode !== 0) return `${path} is not there`;
      if (!isAdministratorsOnly(output.stdout.trim())) return `others than administrators may write ${path}`;
    }
    return undefined;
  };
