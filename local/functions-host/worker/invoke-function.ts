import type { InvocationRequest, InvocationResponse } from '../rpc-data.ts';
import type { LogCategory, LogLevel } from './app-log.ts';
import type {
  CoreInvocationContext,
  CoreRegistry,
  FunctionCallback,
  LibraryContext,
  RegisteredFunction,
} from './core-api.ts';
import { hookContext } from './hook-context.ts';

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : JSON.stringify(thrown));
}

/**
 * One invocation in the worker's own order: arguments, preInvocation hooks, handler, postInvocation hooks
 * (also after a failure), response. Rejects with what the handler or a hook threw, always as an Error.
 */
export async function invokeFunction(
  registry: CoreRegistry,
  { id, metadata, callback }: RegisteredFunction,
  request: InvocationRequest,
  invocationId: string,
): Promise<InvocationResponse> {
  if (!registry.model) throw new Error('the app registered no function through @azure/functions');
  const hookData = {};
  const invocation: { context?: LibraryContext } = {};

  const log = (level: LogLevel, category: LogCategory, message: string) => {
    // An orchestrator runs from its start at every step: a line is printed the first time alone.
    if (category === 'user' && invocation.context?.df?.isReplaying) return;
    const entry = hookContext(
      { category, invocationContext: invocation.context, hookData, appHookData: registry.appHookData },
      { level, message },
    );
    for (const hook of registry.hooks.log) hook(entry);
    registry.log.write(entry.level, category, entry.message, metadata.name);
  };
  const core: CoreInvocationContext = {
    invocationId,
    request: { invocationId, functionId: id, ...request },
    metadata,
    state: undefined,
    log,
  };
  const during = async <T>(state: CoreInvocationContext['state'], work: () => Promise<T>): Promise<T> => {
    core.state = state;
    try {
      return await work();
    } finally {
      core.state = undefined;
    }
  };

  const model = registry.model.getInvocationModel(core);
  const prepared = await model.getArguments();
  invocation.context = prepared.context;
  const fixed = { hookData, appHookData: registry.appHookData, invocationContext: prepared.context };

  const before = hookContext(fixed, { inputs: prepared.inputs, functionCallback: callback });
  await during('preInvocationHooks', async () => {
    for (const hook of registry.hooks.preInvocation) await hook(before);
  });
  const after = hookContext<{ inputs: unknown[]; result: unknown; error: unknown }>(fixed, {
    inputs: before.inputs,
    result: null,
    error: null,
  });
  try {
    const handler: FunctionCallback = before.functionCallback;
    after.result = await during('invocation', () =>
      model.invokeFunction(prepared.context, before.inputs, handler),
    );
  } catch (thrown) {
    // `throw null` must not look like success.
    after.error = thrown ?? new Error(`function '${metadata.name}' threw ${String(thrown)}`);
  }
  await during('postInvocationHooks', async () => {
    for (const hook of registry.hooks.postInvocation) await hook(after);
  });
  if (after.error !== null && after.error !== undefined) throw asError(after.error);
  return model.getResponse(prepared.context, after.result);
}
