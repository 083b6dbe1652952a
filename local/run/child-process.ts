import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves with the code or signal when it ends, however it ends. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface ChildOptions {
  name: string;
  /** Arguments of this Node. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  logFile: string;
  /** Resolves the start when a line matches; a child that ends before fails the start. */
  ready: RegExp;
  readyTimeoutMs?: number;
}

const defaultReadyMs = 30_000;
const defaultGraceMs = 8_000;

/** Starts a process of ours with its output in a log file, and waits until it says that it is ready. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, args, env, cwd, logFile, ready, readyTimeoutMs = defaultReadyMs } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  // A group of its own: Ctrl-C in the terminal reaches only us, and we stop the children in order.
  // The channel carries nothing: it closes when this process is gone, however it went, and the child ends with it.
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...env, LOCAL_RUN_CHILD: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const last: string[] = [];
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  try {
    await whenReady(
      child,
      ended,
      (line) => {
        last.push(line);
        if (last.length > 15) last.shift();
        // The lines of one chunk in one write.
        if (log.writableCorked === 0) {
          log.cork();
          setImmediate(() => log.uncork());
        }
        log.write(`${line}\n`);
        return ready.test(line);
      },
      readyTimeoutMs,
    );
  } catch (error) {
    child.kill('SIGKILL');
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} did not start: ${why}\n${last.join('\n')}\nIts log is ${logFile}`, {
      cause: error,
    });
  }
  return {
    name,
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop(graceMs = defaultGraceMs) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
      log.end();
    },
  };
}

function whenReady(
  child: ChildProcess,
  ended: Promise<string>,
  onLine: (line: string) => boolean,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready after ${timeoutMs / 1000} s`)), timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (!onLine(line)) return;
        clearTimeout(timer);
        resolve();
      });
    }
    void ended.then((how) => {
      clearTimeout(timer);
      reject(new Error(`it ended with ${how}`));
    });
  });
}
