import { readdir } from 'node:fs/promises';
import { join } from 'node:path/win32';
import { arcFolder, arcProgram, readArcConfiguration } from './arc-configuration.ts';
import {
  type HostChecks,
  processName,
  type Reading,
  registryKey,
  type ServiceState,
  serviceName,
} from './host-checks.ts';
import { readLocalStatus } from './local-status.ts';
import { type RunTool, reasonOf, type ToolOutput } from './run-tool.ts';

/** ERROR_SERVICE_DOES_NOT_EXIST, the exit code of `sc.exe query` for a name that no service has. */
const noSuchService = 1060;
/** dwCurrentState of SERVICE_STATUS: 1 to 7 are all there are; 3, 6 and 7 are on their way out or paused. */
const serviceStates: readonly (ServiceState | undefined)[] = [
  undefined,
  'stopped',
  'starting',
  'stopped',
  'running',
  'starting',
  'stopped',
  'stopped',
];

/** Where the platform unpacks the handlers of extensions, Arc machines and Azure VMs alike. */
const handlerFolder = String.raw`Packages\Plugins`;
const handlerName = /^Microsoft\.AdminCenter\.AdminCenter(\.|$)/i;

/**
 * dwCurrentState; undefined when it is no answer about this service. Words are in the language of the system, so
 * places and numbers are read: the line of the name, the line of the type, the line of the state.
 */
export function readStateNumber(output: ToolOutput): number | undefined {
  const lines = 'exitCode' in output && output.exitCode === 0 ? output.stdout.split(/\r?\n/) : [];
  const [name = '', , state = ''] = lines.filter((line) => line.trim() !== '');
  const found = /:\s*([1-7])\s/.exec(state)?.[1];
  const isOurs = name.trimEnd().endsWith(` ${serviceName}`);
  return isOurs && found !== undefined ? Number(found) : undefined;
}

export function parseServiceState(output: ToolOutput): Reading<ServiceState> {
  if ('exitCode' in output && output.exitCode === noSuchService) return { known: 'absent' };
  const found = serviceStates[readStateNumber(output) ?? 0];
  return found ? { known: found } : { unknown: reasonOf('sc.exe', output) };
}

/** A row per process; without one `tasklist` prints a remark in the language of the system, which has no quotes. */
export function parseTaskList(output: ToolOutput): Reading<boolean> {
  if (!('exitCode' in output) || output.exitCode !== 0) return { unknown: reasonOf('tasklist.exe', output) };
  const [row] = output.stdout.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (row === undefined || !row.startsWith('"')) return { known: false };
  const isOurs = row.toLowerCase().startsWith(`"${processName.toLowerCase()}","`);
  return isOurs ? { known: true } : { unknown: reasonOf('tasklist.exe', output) };
}

/** A number as `0x1974`, a text as `6516`. */
export function parsePortValue(output: ToolOutput): Reading<number> {
  const stdout = 'exitCode' in output && output.exitCode === 0 ? output.stdout : '';
  const text = /^\s*SmePort\s+REG_(?:DWORD|SZ)\s+(0x[0-9a-f]{1,8}|\d{1,5})\s*$/im.exec(stdout)?.[1];
  const port = Number(text ?? 0);
  return port >= 1 && port <= 65_535 ? { known: port } : { unknown: reasonOf('reg.exe', output) };
}

export interface WindowsHostOptions {
  run: RunTool;
  /** `SystemRoot`, `SystemDrive` and `ProgramFiles` are read. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Names in a folder; none where there is no such folder. */
  listFolder?(folder: string): Promise<string[]>;
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** By the tools that every Windows has, each by its full path: nothing else of that name is ever run. */
export function createWindowsHostChecks(options: WindowsHostOptions): HostChecks {
  const { run, environment, listFolder = readNames } = options;
  const drive = environment['SystemDrive'] ?? 'C:';
  const system = join(environment['SystemRoot'] ?? String.raw`C:\Windows`, 'System32');
  const query = (...args: string[]) => run(join(system, 'reg.exe'), ['query', ...args, '/reg:64']);

  /** `reg.exe` ends with 1 for what is not there and for what may not be read: the keys around it tell. */
  async function isPortAbsent(): Promise<boolean> {
    const parent = await query(registryKey.slice(0, registryKey.lastIndexOf('\\')));
    if (!('exitCode' in parent) || parent.exitCode !== 0) return false;
    const keys = parent.stdout.split(/\r?\n/).map((line) => line.trim().toLowerCase());
    if (!keys.includes(registryKey.toLowerCase())) return true;
    const own = await query(registryKey);
    return 'exitCode' in own && own.exitCode === 0;
  }

  return {
    isWindows: true,
    serviceState: async () => parseServiceState(await run(join(system, 'sc.exe'), ['query', serviceName])),
    isProcessRunning: async () =>
      parseTaskList(
        await run(join(system, 'tasklist.exe'), ['/FI', `IMAGENAME eq ${processName}`, '/FO', 'CSV', '/NH']),
      ),
    async registeredPort() {
      const output = await query(registryKey, '/v', 'SmePort');
      const isRefused = 'exitCode' in output && output.exitCode === 1;
      return isRefused && (await isPortAbsent()) ? { known: undefined } : parsePortValue(output);
    },
    async hasExtensionHandler() {
      try {
        const names = await listFolder(join(`${drive}\\`, handlerFolder));
        return { known: names.some((name) => handlerName.test(name)) };
      } catch {
        return { unknown: `${handlerFolder} may not be read by this account` };
      }
    },
    localStatus: readLocalStatus,
    arcFolder: arcFolder('win32', environment),
    arcConfiguration: () => readArcConfiguration(run, arcProgram('win32', environment)),
  };
}
