import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** Waits before a start after an exit; the last one stays. */
const restartWaitsMs = [500, 1000, 2000, 5000, 10_000, 30_000];
/** An agent that ran this long was well: the next wait is the first again. */
const wellAfterMs = 60_000;
const killAfterMs = 5_000;

export interface AgentProcessOptions {
  entry: string;
  /** It has no token and proves by the machine's identity who it is. */
  usesIdentity?(): boolean;
  configFile: string;
  /** The agent's root of the machine. */
  root: string;
  pidFile: string;
  logFile: string;
  /** Of what the agent logs. */
  onEvent(event: string, fields: Record<string, unknown>): void;
  onExit(code: number | null, waitMs: number): void;
}

/** Keeps one agent running: started again when it dies, stopped with SIGTERM. */
export interface AgentProcess {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const logLine = z.looseObject({ event: z.string() });

function parseLine(line: string): z.infer<typeof logLine> | undefined {
  try {
    return logLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/** Ends an agent that outlived the process that started it, so that there are never two on one directory. */
async function endLeftover(options: AgentProcessOptions): Promise<void> {
  const pid = Number(await readText(options.pidFile));
  if (!pid) return;
  const commandLine = await readText(`/proc/${pid}/cmdline`);
  if (!commandLine.includes(options.configFile)) return;
  process.kill(pid, 'SIGKILL');
}

/** What the agent needs of our environment; our own identity is its business only when it has no token. */
const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'ADMIN_CENTER_LOCAL_CA_FILE',
  'LOCAL_RUN_CLOCK',
  'NODE_EXTRA_CA_CERTS',
  'NODE_OPTIONS',
];

const identity = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'];

export function createAgentProcess(options: AgentProcessOptions): AgentProcess {
  let child: ChildProcess | undefined;
  let isWanted = false;
  let exits = 0;
  let timer: NodeJS.Timeout | undefined;

  async function launch(): Promise<void> {
    const startedAt = Date.now();
    const names = options.usesIdentity?.() ? [...passedOn, ...identity] : passedOn;
    const given = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    const env = { ...given, ADMIN_CENTER_ROOT: options.root };
    // Our own flags carry the preload that makes *.localhost known.
    const args = [...process.execArgv, options.entry, 'run', '--config', options.configFile];
    const started = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
    started.stderr.pipe(log, { end: false });
    createInterface({ input: started.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      const parsed = parseLine(line);
      if (parsed) options.onEvent(parsed.event, parsed);
    });
    started.once('error', () => undefined);
    started.once('close', (code) => {
      log.end();
      if (child !== started) return;
      child = undefined;
      if (!isWanted) return;
      exits = Date.now() - startedAt > wellAfterMs ? 0 : exits + 1;
      const waitMs = restartWaitsMs[Math.min(exits, restartWaitsMs.length) - 1] ?? restartWaitsMs[0] ?? 0;
      options.onExit(code, waitMs);
      timer = setTimeout(() => void launch(), waitMs);
    });
    if (started.pid !== undefined) await writeFile(options.pidFile, String(started.pid));
  }

  return {
    async start() {
      if (isWanted) return;
      isWanted = true;
      exits = 0;
      await endLeftover(options);
      await launch();
    },
    async stop() {
      isWanted = false;
      clearTimeout(timer);
      const ending = child;
      child = undefined;
      if (ending && ending.exitCode === null && ending.signalCode === null) {
        const closed = new Promise((resolve) => ending.once('close', resolve));
        ending.kill('SIGTERM');
        const killer = setTimeout(() => ending.kill('SIGKILL'), killAfterMs);
        await closed;
        clearTimeout(killer);
      }
      await rm(options.pidFile, { force: true });
    },
  };
}
