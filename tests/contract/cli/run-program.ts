import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runProgram as runInProcess } from '#cli/program.ts';

const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

export interface ProgramRun {
  /** What was written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Writes to its standard input. */
  type(text: string): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when standard output or error has it; rejects when the program has ended without. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** The sources unless told: the bundle starts sooner. */
  program?: string;
  /** Arguments of Node itself. */
  nodeArgs?: readonly string[];
  /** Under a terminal of its own: standard output and error are one there. */
  isTerminal?: boolean;
}

/** A folder that is not there: whatever the person at this computer keeps is none of ours. */
export const nowhere = '/nonexistent/wacctl';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `script` of util-linux gives a program a terminal; there is none to have by Node alone. */
export const hasTerminals = process.platform === 'linux';

/** The real program as a process of its own, with nothing of our own environment that it reads. */
export function startProgram(args: readonly string[], options: RunOptions = {}): ProgramRun {
  const { env = {}, program = main, nodeArgs = [], isTerminal = false } = options;
  const line = [process.execPath, ...nodeArgs, program, ...args];
  const [file = '', ...rest] = isTerminal
    ? ['script', '--quiet', '--return', '--flush', '--command', line.map(quoted).join(' '), '/dev/null']
    : line;
  const child = spawn(file, rest, {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TERM: 'xterm',
      ADMIN_CENTER_CONFIG_DIR: nowhere,
      ...env,
    },
    // A terminal's input that ends would be an end of input for the program.
    stdio: [isTerminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      written[name] += chunk;
      for (const look of listeners) look();
    });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return {
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    type: (text) => void child.stdin?.write(text),
    kill: (signal) => void child.kill(signal),
    ended,
    async shows(pattern) {
      const { promise, resolve } = Promise.withResolvers<RegExpExecArray>();
      const look = () => {
        const found = pattern.exec(written.stdout) ?? pattern.exec(written.stderr);
        if (found) resolve(found);
      };
      listeners.add(look);
      look();
      const lost = ended.then((code) => {
        throw new Error(
          `it ended with ${code} and did not show ${pattern}\n${written.stdout}${written.stderr}`,
        );
      });
      return Promise.race([promise, lost]).finally(() => listeners.delete(look));
    },
  };
}

/** Runs it to its end, signed in as far as a fake API looks. */
export async function runProgram(args: readonly string[], api: string, options: RunOptions = {}) {
  const run = startProgram(args, {
    ...options,
    env: { ADMIN_CENTER_API_URL: api, ADMIN_CENTER_TOKEN: 'a-token', ...options.env },
  });
  const code = await run.ended;
  return { code, stdout: run.stdout, stderr: run.stderr };
}

/** The same in this process, without a terminal: for what needs no process of its own. */
export async function runHere(args: readonly string[], api: string, env: Record<string, string> = {}) {
  const written = { stdout: '', stderr: '' };
  const code = await runInProcess(args, {
    env: {
      ADMIN_CENTER_API_URL: api,
      ADMIN_CENTER_TOKEN: 'a-token',
      ADMIN_CENTER_CONFIG_DIR: nowhere,
      ...env,
    },
    stdin: Readable.from([]),
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    signal: new AbortController().signal,
    openBrowser: () => false,
  });
  return { code, ...written };
}
