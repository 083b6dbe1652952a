import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadedApp } from '../function-metadata.ts';
import type { HostLog } from '../host-log.ts';
import type { InvocationRequest, InvocationResponse } from '../rpc-data.ts';
import type { FromApp, ToApp, WireError } from './messages.ts';

const entryFile = fileURLToPath(new URL('../app-process.ts', import.meta.url));
const preloadFile = fileURLToPath(new URL('../../kit/preload.mjs', import.meta.url));

const firstRestartDelayMs = 100;
const longestRestartDelayMs = 10_000;
/** A process that lived this long did not die of its start: the back-off begins anew. */
const settledAfterMs = 30_000;
const terminateWithinMs = 5_000;

/** The function's own code failed. `stack` is the app's. */
export class InvocationFailed extends Error {
  readonly errorName: string;
  constructor({ name, message, stack }: WireError) {
    super(message);
    this.errorName = name;
    this.stack = stack;
  }
}

/** The app process died while the function ran: nobody knows how far it got. */
export class AppProcessLost extends Error {}

/** The function ran longer than `functionTimeout`; its process was killed, for code cannot be interrupted. */
export class FunctionTimedOut extends Error {}

export interface AppProcess {
  invoke(
    functionName: string,
    request: InvocationRequest,
    invocationId?: string,
  ): Promise<InvocationResponse>;
  /** How many invocations wait for their answer. */
  running(): number;
  processId(): number | undefined;
  /** The process is on its way out: what is lost now stays lost. */
  closing(): boolean;
  close(): Promise<void>;
}

export interface AppProcessOptions {
  appDirectory: string;
  env: NodeJS.ProcessEnv;
  log: HostLog;
  /** `functionTimeout` of host.json; undefined is no limit. */
  functionTimeoutMs?: number | undefined;
}

interface Waiting {
  resolve(response: InvocationResponse): void;
  reject(error: Error): void;
  cancelTimeout(): void;
}

/**
 * Starts the app process and loads the app; rejects when the app does not load. A process that dies later is
 * started again with a growing delay, and invocations wait for it.
 */
export async function startAppProcess(
  options: AppProcessOptions,
): Promise<{ app: LoadedApp; process: AppProcess }> {
  const { appDirectory, env, log, functionTimeoutMs } = options;
  const waiting = new Map<string, Waiting>();
  let child: ChildProcess | undefined;
  let closing = false;
  let ready: Promise<ChildProcess>;

  const settle = (invocationId: string, act: (entry: Waiting) => void) => {
    const entry = waiting.get(invocationId);
    if (!entry) return;
    waiting.delete(invocationId);
    entry.cancelTimeout();
    act(entry);
  };

  /** Resolves once the app is loaded; `onExit` is called when that process ends afterwards. */
  function launch(onExit: () => void): Promise<{ started: ChildProcess; app: LoadedApp }> {
    return new Promise((resolve, reject) => {
      let loaded = false;
      const started = fork(entryFile, [], {
        cwd: appDirectory,
        env,
        execArgv: ['--import', preloadFile],
        serialization: 'advanced',
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      child = started;
      const consoleCategory = 'Host.Function.Console';
      const post = (message: ToApp) => started.send(message);
      if (started.stdout)
        createInterface(started.stdout).on('line', (line) => log.line('information', line, consoleCategory));
      if (started.stderr)
        createInterface(started.stderr).on('line', (line) => log.line('error', line, consoleCategory));
      started.on('message', (raw) => {
        const message = raw as FromApp;
        switch (message.type) {
          case 'loaded':
            loaded = true;
            return resolve({ started, app: message.app });
          case 'load-failed':
            reject(new InvocationFailed(message.error));
            return void started.kill('SIGKILL');
          case 'succeeded':
            return settle(message.invocationId, (entry) => entry.resolve(message.response));
          case 'failed':
            return settle(message.invocationId, (entry) => entry.reject(new InvocationFailed(message.error)));
          case 'log':
            return log.line(
              message.level,
              message.message,
              message.functionName === undefined
                ? 'Worker'
                : `Function.${message.functionName}${message.category === 'user' ? '.User' : ''}`,
            );
        }
      });
      started.on('error', reject);
      started.on('exit', (code, signal) => {
        reject(new Error(`the app process ended while it loaded the app (${signal ?? `code ${code}`})`));
        for (const id of waiting.keys())
          settle(id, (entry) => entry.reject(new AppProcessLost('the app process died')));
        if (loaded && !closing) log.line('error', `The app process ended (${signal ?? `code ${code}`}).`);
        if (loaded) onExit();
      });
      post({ type: 'load', appDirectory });
    });
  }

  let delayMs = firstRestartDelayMs;
  let startedAt = Date.now();
  async function restart(): Promise<ChildProcess> {
    if (Date.now() - startedAt > settledAfterMs) delayMs = firstRestartDelayMs;
    for (;;) {
      await sleep(delayMs, undefined, { ref: false });
      delayMs = Math.min(delayMs * 2, longestRestartDelayMs);
      if (closing) throw new AppProcessLost('the host is closing');
      try {
        const { started } = await launch(onExit);
        startedAt = Date.now();
        log.line('information', 'The app process was started again.');
        return started;
      } catch (error) {
        log.line('error', `The app does not load: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  function onExit(): void {
    child = undefined;
    if (closing) return;
    ready = restart();
    ready.catch(() => {});
  }

  /** Ends a process; from now on invocations wait for the next one, not for its exit to be noticed. */
  function replace(target: ChildProcess): void {
    ready = new Promise((resolve, reject) => {
      target.once('exit', () => {
        if (closing) reject(new AppProcessLost('the host is closing'));
        else ready.then(resolve, reject);
      });
    });
    ready.catch(() => {});
    target.kill('SIGKILL');
  }

  /** Counts real time, whatever a clock that jumps does to timers: it is the code that is given so long. */
  function whenTimedOut(act: () => void): () => void {
    if (functionTimeoutMs === undefined) return () => {};
    const dueAt = performance.now() + functionTimeoutMs;
    const arm = (): NodeJS.Timeout =>
      setTimeout(() => {
        if (performance.now() < dueAt) timer = arm();
        else act();
      }, dueAt - performance.now());
    let timer = arm();
    return () => clearTimeout(timer);
  }

  const { started: first, app } = await launch(onExit);
  ready = Promise.resolve(first);

  return {
    app,
    process: {
      async invoke(functionName, request, invocationId = randomUUID()) {
        const target = await ready;
        return new Promise((resolve, reject) => {
          const cancelTimeout = whenTimedOut(() => {
            const text = `Timeout value of ${functionTimeoutMs} ms was exceeded by function: Functions.${functionName}`;
            log.line('error', text);
            settle(invocationId, (entry) => entry.reject(new FunctionTimedOut(text)));
            replace(target);
          });
          waiting.set(invocationId, { resolve, reject, cancelTimeout });
          const message: ToApp = { type: 'invoke', invocationId, functionName, request };
          target.send(message, (error) => {
            if (error) settle(invocationId, (entry) => entry.reject(new AppProcessLost(error.message)));
          });
        });
      },
      running: () => waiting.size,
      processId: () => child?.pid,
      closing: () => closing,
      async close() {
        closing = true;
        const last = child;
        if (!last || last.exitCode !== null) return;
        const ended = new Promise((resolve) => last.once('exit', resolve));
        const message: ToApp = { type: 'terminate' };
        last.send(message, () => {});
        const forced = setTimeout(() => last.kill('SIGKILL'), terminateWithinMs);
        await ended;
        clearTimeout(forced);
      },
    },
  };
}
