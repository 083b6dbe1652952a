import { randomUUID } from 'node:crypto';
import {
  type AppProcess,
  AppProcessLost,
  FunctionTimedOut,
  InvocationFailed,
} from './app/app-process-channel.ts';
import type { HostedFunction } from './function-table.ts';
import type { HostLog } from './host-log.ts';
import type { InvocationRequest, InvocationResponse, RpcData } from './rpc-data.ts';
import type { LogLevel } from './worker/app-log.ts';

export interface InvokerOptions {
  app(): AppProcess;
  log: HostLog;
  now(): number;
  /** What a durable client input is given. */
  clientInput(): string;
}

export interface Invocation {
  target: HostedFunction;
  data: RpcData;
  triggerMetadata?: Record<string, RpcData>;
  /** Why it runs, as the log says it. */
  reason: string;
}

/** Node draws identifiers from a store of random bytes, and asks the system only when that is used up. */
const randomHex = () => randomUUID().replaceAll('-', '');
const traceContext = () => ({
  traceParent: `00-${randomHex()}-${randomHex().slice(0, 16)}-00`,
  traceState: '',
  attributes: {},
});

/** Calls functions of the app and logs each call as Core Tools does. */
export interface Invoker {
  /** Rejects with InvocationFailed, AppProcessLost or FunctionTimedOut. */
  invoke(invocation: Invocation): Promise<InvocationResponse>;
  /**
   * For work that the engine must see to its end: runs it again when the process is lost. An orchestrator is
   * run again after a timeout too, for it has no effects of its own; it is logged by the engine alone.
   */
  invokeDurably(invocation: Invocation): Promise<InvocationResponse>;
}

export function createInvoker({ app, log, now, clientInput }: InvokerOptions): Invoker {
  function call({ target, data, triggerMetadata = {} }: Invocation, invocationId: string) {
    const request: InvocationRequest = {
      inputData: [
        { name: target.bindingName, data },
        ...target.clientInputs.map((name) => ({ name, data: { string: clientInput() } })),
      ],
      triggerMetadata,
      traceContext: traceContext(),
    };
    return app().invoke(target.name, request, invocationId);
  }

  async function invoke(invocation: Invocation): Promise<InvocationResponse> {
    const { target, reason } = invocation;
    const invocationId = randomUUID();
    const startedMs = now();
    const line = (level: LogLevel, text: string) => log.line(level, text, `Function.${target.name}`);
    const ended = (outcome: string) =>
      `Executed 'Functions.${target.name}' (${outcome}, Id=${invocationId}, Duration=${now() - startedMs}ms)`;
    line('information', `Executing 'Functions.${target.name}' (Reason='${reason}', Id=${invocationId})`);
    try {
      const response = await call(invocation, invocationId);
      line('information', ended('Succeeded'));
      return response;
    } catch (error) {
      line('error', ended('Failed'));
      // What an activity says may hold what it was given; its error belongs to the orchestration's status.
      const name = error instanceof InvocationFailed ? error.errorName : 'Error';
      const text = error instanceof Error && target.kind !== 'activity' ? `${name}: ${error.message}` : name;
      line('error', `Exception while executing function: Functions.${target.name}. ${text}`);
      throw error;
    }
  }

  return {
    invoke,
    async invokeDurably(invocation) {
      const isOrchestrator = invocation.target.kind === 'orchestration';
      for (;;) {
        try {
          return await (isOrchestrator ? call(invocation, randomUUID()) : invoke(invocation));
        } catch (error) {
          if (error instanceof AppProcessLost && !app().closing()) continue;
          if (error instanceof FunctionTimedOut && isOrchestrator) continue;
          throw error;
        }
      }
    },
  };
}
