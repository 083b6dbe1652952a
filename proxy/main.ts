import { DefaultAzureCredential } from '@azure/identity';
import { createRelayDialer } from '#shared/adapters/relay/relay-tunnel-dialer.ts';
import { AppError } from '#shared/domain/error.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { type ProxyConfig, parseProxyConfig } from './config.ts';
import { createStateReader } from './control-state.ts';
import { createControlSubscriber } from './control-subscription.ts';
import { runProxy } from './run.ts';
import { createTokenSource } from './token-source.ts';

/** Live connections get this long when the process is asked to stop; container platforms wait 10 s and more. */
const drainMs = 5000;
const relayScope = 'https://relay.azure.net/.default';

async function main(config: ProxyConfig): Promise<void> {
  const clock = systemClock;
  const logger = createLogger({
    write: (line) => process.stdout.write(line),
    level: config.ADMIN_CENTER_LOG_LEVEL,
    now: clock.now,
  }).with({ program: 'proxy' });
  const credential = new DefaultAzureCredential();
  const tokenFor = (scope: string) => createTokenSource(credential, scope, clock.now);

  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    // A second signal does not wait.
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort(signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  logger.log('process.started', { pid: process.pid });
  try {
    const proxy = await runProxy(
      {
        listen: config.ADMIN_CENTER_PROXY_LISTEN,
        dialer: createRelayDialer({
          host: config.ADMIN_CENTER_RELAY_HOST,
          token: tokenFor(relayScope),
        }),
        source: {
          readState: createStateReader({
            apiUrl: config.ADMIN_CENTER_API_URL,
            token: tokenFor(`${config.ADMIN_CENTER_API_AUDIENCE}/.default`),
          }),
          subscribe: createControlSubscriber({
            host: config.ADMIN_CENTER_SERVICE_BUS_HOST,
            endpoint: config.ADMIN_CENTER_SERVICE_BUS_ENDPOINT,
            credential,
          }),
        },
        clock,
        random: Math.random,
        logger,
      },
      stopping.signal,
    );
    if (!stopping.signal.aborted)
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }));
    await proxy.stop(drainMs);
  } catch (error) {
    if (!stopping.signal.aborted) {
      logger.log('process.failed', { error });
      process.exitCode = 1;
    }
  }
  logger.log('process.stopped');
  // A client library may keep a timer of its own; there is nothing left to wait for.
  process.exit();
}

try {
  await main(parseProxyConfig(process.env));
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
