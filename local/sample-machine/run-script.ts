import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from './private-file.ts';

/** A script of ours takes seconds; one that takes longer than this is ended. */
const longestMs = 120_000;
const outputLength = 4_000;

export interface ScriptRun {
  /** Null when it was ended, or never started. */
  exitCode: number | null;
  /** The end of what it printed. */
  output: string;
}

export interface ScriptOptions {
  name: string;
  script: string;
  /** Where the script is kept while it runs, its temporary files, and where it works. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  timeoutMs: number | undefined;
  signal: AbortSignal;
}

/** Runs a script with `/bin/sh`, bounded in time and output; whatever it left running is ended with it. Never rejects. */
export async function runScript(options: ScriptOptions): Promise<ScriptRun> {
  const { name, script, folder, environment, timeoutMs = longestMs, signal } = options;
  const temporary = join(folder, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const file = join(folder, `${encodeURIComponent(name)}.sh`);
  await writePrivate(file, script);
  const child = spawn('/bin/sh', [file], {
    cwd: folder,
    env: { ...environment, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-outputLength);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const endGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const timer = setTimeout(endGroup, Math.min(timeoutMs, longestMs));
  signal.addEventListener('abort', endGroup, { once: true });
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      output = error.message;
      resolve(null);
    });
    child.once('exit', (code) => resolve(code));
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', endGroup);
  endGroup();
  await rm(file, { force: true });
  return { exitCode, output: output.trim() };
}
