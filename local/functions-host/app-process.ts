/**
 * Entry of the app process: loads the app and serves invocations over the IPC channel. A process of its own,
 * because modules cannot be unloaded and because user code may exit, throw late, or never yield.
 */
import { type FromApp, type ToApp, toWireError } from './app/messages.ts';
import { createCoreRegistry } from './worker/core-api.ts';
import { provideCoreModule } from './worker/core-module.ts';
import { invokeFunction } from './worker/invoke-function.ts';
import { loadApp, terminateApp } from './worker/load-app.ts';

const send = (message: FromApp) => void process.send?.(message);

const registry = createCoreRegistry({
  write: (level, category, message, functionName) =>
    send({ type: 'log', level, category, message, ...(functionName !== undefined && { functionName }) }),
});
provideCoreModule(registry.api);

async function invoke(message: Extract<ToApp, { type: 'invoke' }>): Promise<void> {
  const { invocationId, functionName, request } = message;
  try {
    const registered = registry.functions.get(functionName);
    if (!registered) throw new Error(`the app has no function '${functionName}'`);
    const response = await invokeFunction(registry, registered, request, invocationId);
    send({ type: 'succeeded', invocationId, response });
  } catch (thrown) {
    send({ type: 'failed', invocationId, error: toWireError(thrown) });
  }
}

async function handle(message: ToApp): Promise<void> {
  switch (message.type) {
    case 'load':
      try {
        send({ type: 'loaded', app: await loadApp(registry, message.appDirectory) });
      } catch (thrown) {
        send({ type: 'load-failed', error: toWireError(thrown) });
      }
      return;
    case 'invoke':
      return invoke(message);
    case 'terminate':
      await terminateApp(registry).catch((thrown: unknown) => console.error(thrown));
      process.exit(0);
  }
}

process.on('message', (message) => void handle(message as ToApp));
// The host is gone (also after kill -9): nobody could hear an answer.
process.on('disconnect', () => process.exit(1));
// A terminal sends Ctrl-C to the whole group; the host drains first and then says `terminate`.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
