import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { CheckHookFile } from './hook-file.ts';

const timeoutMs = 20_000;
/** After it was ended. */
const pipesMs = 500;
const maxOutputBytes = 16 * 1024;
/** Of what it says when it fails. */
const maxReason = 200;

/** On its standard input, as JSON. */
export interface HookInput {
  action: 'create' | 'remove';
  /** UPN. */
  user: string;
  /** Object id in Entra, or null. */
  objectId: string | null;
  sessionId: string;
  /** ARM id of this machine. */
  machine: string;
  group: 'administrators';
  /** Of the same user, open on this machine now: an account that they share is still needed. */
  otherSessions: number;
  /** What `create` answered; null before. */
  account: string | null;
}

const visible = /^[^\p{C}]{1,256}$/u;
const answerSchema = z.object({ account: z.string().regex(visible).optional() });

/** It was never started, so there is nothing to take back. */
class HookUnused extends Error {}

export const isHookUnused = (error: unknown): boolean => error instanceof HookUnused;

/** Runs the program once. Rejects with one sentence. */
export type RunHook = (input: HookInput) => Promise<{ account?: string | undefined }>;

export interface IdentityHookOptions {
  dataDirectory: string;
  /** Name of a file in the folder `hooks` of the data directory. */
  name: string;
  checkFile: CheckHookFile;
  environment: Readonly<Record<string, string | undefined>>;
  timeoutMs?: number;
}

/** What programs need to run at all, and nothing of ours. */
const passedOn = [
  'SystemRoot',
  'SystemDrive',
  'windir',
  'PATHEXT',
  'TEMP',
  'TMP',
  'ProgramFiles',
  'ProgramData',
];
const unixPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function environmentFor(given: IdentityHookOptions['environment'], dataDirectory: string): NodeJS.ProcessEnv {
  const kept = passedOn.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]));
  const isWindows = given['SystemRoot'] !== undefined;
  const path = isWindows ? join(given['SystemRoot'] ?? '', 'System32') : unixPath;
  return { ...Object.fromEntries(kept), PATH: path, LC_ALL: 'C', ADMIN_CENTER_DATA: dataDirectory };
}

/** PowerShell scripts are no programs of Windows; everything else is run as it is, never by a shell. */
function commandFor(file: string, environment: NodeJS.ProcessEnv): [string, string[]] {
  if (!file.toLowerCase().endsWith('.ps1')) return [file, []];
  const shell = join(environment['SystemRoot'] ?? '', 'System32/WindowsPowerShell/v1.0/powershell.exe');
  return [shell, ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-File', file]];
}

const firstLine = (text: string): string =>
  text.trim().split('\n', 1)[0]?.replaceAll(/\p{C}/gu, ' ').slice(0, maxReason) ?? '';

/** Its answer on standard output, or why there is none. */
function runProgram(
  command: readonly [string, string[]],
  input: string,
  options: { env: NodeJS.ProcessEnv; cwd: string; timeoutMs: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command[1], {
      env: options.env,
      cwd: options.cwd,
      stdio: 'pipe',
      shell: false,
      windowsHide: true,
      // What it started is ended with it.
      detached: process.platform !== 'win32',
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let errors = '';
    let failure: string | undefined;
    const end = (reason: string) => {
      failure ??= reason;
      try {
        if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
      // What it started may have left its group and hold the pipes.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, pipesMs).unref();
    };
    const timer = setTimeout(end, options.timeoutMs, `took longer than ${options.timeoutMs} ms`);
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) end('printed too much');
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(0, maxOutputBytes);
    });
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(
        new HookUnused(`the hook cannot be started: ${'code' in error ? String(error.code) : error.message}`),
      );
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (failure === undefined && code === 0) return resolve(Buffer.concat(chunks).toString('utf8'));
      const said = firstLine(errors);
      const how = failure ?? `ended with code ${code}`;
      return reject(new Error(`the hook ${how}${said === '' ? '' : `: ${said}`}`));
    });
    // One that does not read it ends before it is written.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function parseAnswer(text: string): z.infer<typeof answerSchema> {
  try {
    return answerSchema.parse(text.trim() === '' ? {} : JSON.parse(text));
  } catch {
    throw new Error('the hook answered something else than {"account": "name"}');
  }
}

/** The file is checked before each run: whoever could change it would be this machine's administrator. */
export const createIdentityHook = (options: IdentityHookOptions): RunHook => {
  const { dataDirectory, name } = options;
  const folder = join(dataDirectory, 'hooks');
  const file = join(folder, name);
  const env = environmentFor(options.environment, dataDirectory);
  return async (input) => {
    const fault = await options.checkFile(folder, file);
    if (fault !== undefined) throw new HookUnused(`the hook is not run: ${fault}`);
    const text = await runProgram(commandFor(file, env), JSON.stringify(input), {
      env,
      cwd: folder,
      timeoutMs: options.timeoutMs ?? timeoutMs,
    });
    return parseAnswer(text);
  };
};
