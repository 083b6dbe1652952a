import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../kit/clock.ts';
import { type AppProcess, startAppProcess } from './app/app-process-channel.ts';
import { appEnvironment, readLocalSettings } from './app-environment.ts';
import { clientPayload } from './durable/client-payload.ts';
import { createDurableEngine } from './durable/engine.ts';
import { createManagementApi } from './durable/management-api.ts';
import { serveRpc } from './durable/rpc-listener.ts';
import { traceLine } from './durable/trace-lines.ts';
import { createFunctionTable, type HostedFunction, type TriggerKind } from './function-table.ts';
import type { HostLog } from './host-log.ts';
import { readHostSettings } from './host-settings.ts';
import { createAdminEndpoints } from './http/admin.ts';
import { reply } from './http/exchange.ts';
import { createFrontDoor } from './http/front-door.ts';
import { hasKey, loadHostKeys } from './http/host-keys.ts';
import { listen } from './http/listener.ts';
import { createRoutes, overlappingRoutes } from './http/routes.ts';
import { createInvoker } from './invoker.ts';
import { filterLog } from './log-levels.ts';
import { type RpcData, valueOf } from './rpc-data.ts';
import type { MessageSource } from './service-bus/message-source.ts';
import { startServiceBusTrigger } from './service-bus/service-bus-trigger.ts';
import { createTimerTrigger } from './timers/timer-trigger.ts';

export interface FunctionsHostOptions {
  /** Folder of host.json and of the package.json whose `main` is loaded. */
  appDirectory: string;
  /** 0 takes a free port; always 127.0.0.1. */
  port: number;
  /** Keys, timers and orchestrations are kept here. */
  store: DatabaseSync;
  clock: Clock;
  env: NodeJS.ProcessEnv;
  log: HostLog;
  /** Admin endpoints and durable webhooks without a key. */
  openAdmin?: boolean;
  /** Default 100 MB, as the real host. */
  maxBodyBytes?: number;
  /** Default: the official Service Bus client. */
  messageSource?: MessageSource;
}

export interface FunctionsHost {
  port: number;
  /** `http://localhost:PORT` */
  origin: string;
  masterKey: string;
  appProcessId(): number | undefined;
  /** Takes nothing new, lets handlers run on for at most `withinMs` (default 10 s), and ends. */
  close(withinMs?: number): Promise<void>;
}

/** Runs `work` for one function; what it throws names the function. */
function naming<T>({ name }: HostedFunction, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`function '${name}': ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

const defaultMaxBodyBytes = 100 * 1024 * 1024;
const drainMs = 10_000;

/** Starts the app and serves it. Rejects with what the app uses and this host does not serve. */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const { appDirectory, store, clock, openAdmin = false } = options;
  const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
  const env = { ...readLocalSettings(appDirectory), ...options.env };
  const settings = readHostSettings(appDirectory, env);
  const log = filterLog(options.log, settings.logLevels);
  const keys = loadHostKeys(store);

  // The listener answers 503 until the app is loaded: the app must know the port when it loads.
  let door: ReturnType<typeof createFrontDoor> = async (exchange) => reply(exchange, 503);
  const onError = (error: unknown) =>
    log.line('error', `The host failed on a request: ${error instanceof Error ? error.stack : error}`);
  const listener = await listen({ port: options.port, handle: (exchange) => door(exchange), onError });
  const origin = `http://localhost:${listener.port}`;

  /** What was begun, to be ended when the start fails. */
  const begun: (() => unknown)[] = [
    () => {
      const drained = listener.drain();
      listener.close();
      return drained;
    },
  ];
  try {
    const started = await startAppProcess({
      appDirectory,
      env: appEnvironment(env, appDirectory, listener.port),
      log,
      functionTimeoutMs: settings.functionTimeoutMs,
    });
    begun.push(() => started.process.close());
    return await serve(started.process, createFunctionTable(started.app, env, settings.functions));
  } catch (error) {
    for (const end of begun.toReversed()) await end();
    throw error;
  }

  async function serve(process: AppProcess, functions: HostedFunction[]): Promise<FunctionsHost> {
    const ofKind = (kind: TriggerKind) => functions.filter((each) => each.kind === kind);
    const named = (kind: TriggerKind, name: string) => {
      const found = ofKind(kind).find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (!found) throw new Error(`the app has no ${kind} function '${name}'`);
      return found;
    };
    const routes = createRoutes(functions, settings.routePrefix);
    for (const [winner, loser] of overlappingRoutes(routes))
      log.line(
        'warning',
        `Functions '${winner.target.name}' and '${loser.target.name}' can match the same request: '${winner.template.source}' wins over '${loser.template.source}' by its function's name.`,
      );
    const timeZone = env['WEBSITE_TIME_ZONE'] ?? env['TZ'];
    const run = (target: HostedFunction, data: RpcData, reason: string) => invoke({ target, data, reason });
    const timers = ofKind('timer').map((target) => ({
      target,
      timer: naming(target, () => createTimerTrigger({ target, store, clock, timeZone, run })),
    }));

    // Served before the engine exists: the engine takes up old work at once, and that may use the client.
    const rpc = await serveRpc((request) => management(request), maxBodyBytes);
    begun.push(() => rpc.close());
    const { hubName } = settings;
    const payload = clientPayload({ origin, hubName, key: keys.durable, rpcBaseUrl: rpc.baseUrl });
    const clientInput = JSON.stringify(payload);
    const { invoke, invokeDurably } = createInvoker({
      app: () => process,
      log,
      now: () => clock.now(),
      clientInput: () => clientInput,
    });

    const catalog = {
      orchestrators: () => ofKind('orchestration').map(({ name }) => name),
      activities: () => ofKind('activity').map(({ name }) => name),
    };
    const { maxConcurrentActivities, maxConcurrentOrchestrators } = settings;
    const engine = createDurableEngine({
      store,
      clock,
      catalog,
      limits: {
        ...(maxConcurrentActivities !== undefined && { maxConcurrentActivities }),
        ...(maxConcurrentOrchestrators !== undefined && { maxConcurrentOrchestrators }),
      },
      onTrace(trace) {
        const { level, text } = traceLine(trace);
        log.line(level, text, 'Host.Triggers.DurableTask');
      },
      async invokeOrchestrator(name, text) {
        const target = named('orchestration', name);
        const { returnValue } = await invokeDurably({ target, data: { string: text }, reason: '' });
        return valueOf(returnValue);
      },
      async invokeActivity(name, input, instanceId) {
        const { returnValue } = await invokeDurably({
          target: named('activity', name),
          data: input === null ? {} : { string: input },
          triggerMetadata: { instanceId: { string: instanceId } },
          reason: '(null)',
        });
        return valueOf(returnValue);
      },
    });
    begun.push(() => engine.close());
    const management = createManagementApi(engine, payload, clock);

    const admin = createAdminEndpoints({
      functions: () => functions,
      hostId: randomUUID(),
      isAuthorized: ({ request, url }) => openAdmin || hasKey(request, url, [keys.master]),
      runNow(target, input) {
        const timer = timers.find((each) => each.target === target)?.timer;
        if (timer) void timer.runNow();
        else if (target.kind === 'service-bus' || target.kind === 'activity') {
          const reason = 'This function was programmatically called via the host APIs.';
          invoke({ target, data: input === undefined ? {} : { string: input }, reason }).catch(() => {});
        } else return false;
        return true;
      },
    });
    door = createFrontDoor({
      routes,
      keys,
      openAdmin,
      showHomePage: env['AzureWebJobsDisableHomepage'] === 'false',
      maxBodyBytes,
      admin,
      management,
      invoke,
      settings: settings.http,
    });

    const messageSource = async (): Promise<MessageSource> => {
      if (options.messageSource) return options.messageSource;
      // The client takes a third of a second to load: only an app with such a trigger pays for it.
      const { createSdkMessageSource } = await import('./service-bus/sdk-message-source.ts');
      return createSdkMessageSource({ env, settings: settings.serviceBus, log });
    };
    const receivers = await Promise.all(
      ofKind('service-bus').map(async (target) =>
        startServiceBusTrigger({
          target,
          source: await messageSource(),
          run: (each, data, triggerMetadata, reason) =>
            invoke({ target: each, data, triggerMetadata, reason }),
        }),
      ),
    );
    for (const { timer } of timers) timer.start();

    return {
      port: listener.port,
      origin,
      masterKey: keys.master,
      appProcessId: () => process.processId(),
      async close(withinMs = drainMs) {
        for (const { timer } of timers) timer.close();
        const drained = Promise.all([
          listener.drain(),
          engine.drain(),
          ...receivers.map((receiver) => receiver.close()),
        ]);
        await Promise.race([drained, sleep(withinMs, undefined, { ref: false })]);
        engine.close();
        listener.close();
        await rpc.close();
        await process.close();
      },
    };
  }
}
