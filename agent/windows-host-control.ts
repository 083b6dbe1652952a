import { join } from 'node:path/win32';
import { setTimeout as sleep } from 'node:timers/promises';
import { registryKey, serviceName } from './host-checks.ts';
import type { HostControl } from './host-control.ts';
import { type RunTool, reasonOf, type ToolOutput } from './run-tool.ts';
import { readStateNumber } from './windows-host-checks.ts';

/** dwCurrentState of SERVICE_STATUS at rest. */
const atRest = { stop: 1, start: 4 } as const;
const paused = 7;
/** ERROR_SERVICE_ALREADY_RUNNING, _CANNOT_ACCEPT_CTRL and _NOT_ACTIVE: it got there, or is on its way. */
const harmlessCodes: readonly number[] = [1056, 1061, 1062];
const lookEveryMs = 500;
/** Thirty seconds, as long as Windows itself waits for a service. */
const looks = 60;

export interface WindowsControlOptions {
  run: RunTool;
  /** `SystemRoot` is read. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Waits between two looks at the service. */
  wait?: (ms: number) => Promise<unknown>;
}

const succeeded = (output: ToolOutput): boolean => 'exitCode' in output && output.exitCode === 0;

/** By `reg.exe` and `sc.exe`, each by its full path. The value keeps its type: both are in use. */
export function createWindowsHostControl(options: WindowsControlOptions): HostControl {
  const { run, environment, wait = (ms) => sleep(ms) } = options;
  const system = join(environment['SystemRoot'] ?? String.raw`C:\Windows`, 'System32');
  const registry = (...args: string[]) => run(join(system, 'reg.exe'), args);
  const service = (...args: string[]) => run(join(system, 'sc.exe'), args);

  async function setPort(port: number): Promise<string | undefined> {
    const present = await registry('query', registryKey, '/v', 'SmePort', '/reg:64');
    const stdout = 'exitCode' in present && present.exitCode === 0 ? present.stdout : '';
    const type = /^\s*SmePort\s+(REG_DWORD|REG_SZ)\s/im.exec(stdout)?.[1] ?? 'REG_DWORD';
    const value = ['/v', 'SmePort', '/t', type, '/d', String(port), '/f', '/reg:64'];
    const added = await registry('add', registryKey, ...value);
    return succeeded(added) ? undefined : `SmePort was not set: ${reasonOf('reg.exe', added)}`;
  }

  /** Asks for it, and once more when the service has come to rest elsewhere. */
  async function bring(command: 'stop' | 'start'): Promise<string | undefined> {
    for (let look = 0; look < looks; look += 1) {
      const output = await service('query', serviceName);
      const state = readStateNumber(output);
      if (state === undefined) return `the service could not be looked at: ${reasonOf('sc.exe', output)}`;
      if (state === atRest[command]) return undefined;
      if (state === atRest.stop || state === atRest.start || state === paused) {
        const asked = await service(command, serviceName);
        const isHarmless = 'exitCode' in asked && harmlessCodes.includes(asked.exitCode);
        if (!succeeded(asked) && !isHarmless)
          return `the service did not ${command}: ${reasonOf('sc.exe', asked)}`;
      }
      await wait(lookEveryMs);
    }
    return `the service did not ${command} within ${(looks * lookEveryMs) / 1000} s`;
  }

  return {
    async takeOver(port) {
      const failure = (await setPort(port)) ?? (await bring('stop')) ?? (await bring('start'));
      return failure === undefined
        ? { done: `SmePort is ${port} and ${serviceName} was restarted` }
        : { failure };
    },
  };
}
