import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const repository = new URL('../../../', import.meta.url).pathname;

interface Ready {
  event: 'ready';
  origin: string;
  masterKey: string;
  pid: number;
}

/** A host process on the fixture app, with its state in a folder of its own. */
export interface HostProcess {
  origin: string;
  masterKey: string;
  process: ChildProcess;
  /** Messages of the log so far. */
  log: string[];
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

export interface HostFolder {
  start(app?: string, env?: Record<string, string>): Promise<HostProcess>;
  /** SQLite, to be read while no host runs. */
  stateFile: string;
  /** What the fixture's activities wrote, in order. */
  runs(): string[];
  remove(): Promise<void>;
}

export function createHostFolder(): HostFolder {
  const folder = mkdtempSync(join(tmpdir(), 'functions-host-'));
  const runsFile = join(folder, 'runs');
  const stateFile = join(folder, 'state.db');
  const started: HostProcess[] = [];
  return {
    stateFile,
    async start(app = join(repository, 'tests/fixtures/functions-app'), env = {}) {
      const child = spawn(
        process.execPath,
        ['local/functions-host/main.ts', '--app', app, '--port', '0', '--state', stateFile, '--json'],
        {
          cwd: repository,
          stdio: ['ignore', 'pipe', 'pipe'],
          env: {
            ...process.env,
            NODE_ENV: 'test',
            'AzureWebJobs.leftOut.Disabled': 'true',
            ...env,
            RUNS_FILE: runsFile,
          },
        },
      );
      const log: string[] = [];
      const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      createInterface(child.stderr).on('line', (line) => log.push(line));
      const ready = await new Promise<Ready>((resolve, reject) => {
        createInterface(child.stdout).on('line', (line) => {
          const record = JSON.parse(line) as Ready | { event?: undefined; message: string };
          if (record.event === 'ready') resolve(record);
          else log.push(record.message);
        });
        void exited.then((code) => reject(new Error(`the host ended with ${code}: ${log.join('\n')}`)));
      });
      const host: HostProcess = {
        origin: ready.origin,
        masterKey: ready.masterKey,
        process: child,
        log,
        kill(signal) {
          child.kill(signal);
          return exited;
        },
      };
      started.push(host);
      return host;
    },
    runs() {
      try {
        return readFileSync(runsFile, 'utf8').trim().split('\n');
      } catch {
        return [];
      }
    },
    async remove() {
      await Promise.all(
        started
          .filter(({ process: { exitCode, signalCode } }) => exitCode === null && signalCode === null)
          .map((host) => host.kill('SIGKILL')),
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface DurableStatus {
  runtimeStatus: string;
  output: unknown;
  customStatus: unknown;
}

/** Polls the app's own status route until the instance has this status. */
export async function untilStatus(origin: string, id: string, wanted = 'Completed'): Promise<DurableStatus> {
  for (;;) {
    const response = await fetch(`${origin}/status/${id}`);
    const status = (await response.json().catch(() => undefined)) as DurableStatus | undefined;
    if (status?.runtimeStatus === wanted) return status;
    if (status && /Completed|Failed|Terminated/.test(status.runtimeStatus))
      throw new Error(`'${id}' ended ${status.runtimeStatus}: ${JSON.stringify(status.output)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function post(
  url: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
