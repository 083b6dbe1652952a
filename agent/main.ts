import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { createRelayListener } from '#shared/adapters/relay/relay-tunnel-listener.ts';
import { createLogger, type Logger } from '#shared/runtime/logger.ts';
import { runAgent } from './agent.ts';
import { readSettings } from './settings.ts';
import { agentVersion } from './version.ts';

const usage = 'usage: agent run --config FILE';
/** The last report has this long; the platform ends a service that takes longer to stop. */
const stopMs = 3_000;

export interface ProgramContext {
  arguments: string[];
  logger: Logger;
  signal: AbortSignal;
}

/** Adds roots to those that every TLS client of this process trusts. */
function trust(caFile: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(caFile, 'utf8')]);
}

/** Answers the exit code. */
export async function run({ arguments: args, logger, signal }: ProgramContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { config: { type: 'string' } },
    allowPositionals: true,
  });
  if (positionals.join() !== 'run' || values.config === undefined) {
    process.stderr.write(`${usage}\n`);
    return 2;
  }
  const settings = await readSettings(values.config);
  if (settings.caFile !== undefined) trust(settings.caFile);
  logger.log('process.started', { program: 'agent', version: agentVersion });
  await runAgent({
    settings,
    logger,
    signal,
    openTunnel: (relay, token, now) => createRelayListener({ ...relay, token, now, random: Math.random }),
  });
  return 0;
}

const logger = createLogger({
  write: (line) => process.stdout.write(line),
  level: process.env['ADMIN_CENTER_LOG_LEVEL'] === 'debug' ? 'debug' : 'info',
  now: Date.now,
});
const stopping = new AbortController();

function end(code: number): void {
  logger.log('process.stopped', { code });
  process.exit(code);
}

function fail(error: unknown): void {
  logger.log('process.failed', { error });
  process.exit(1);
}

function stop(): void {
  stopping.abort();
  setTimeout(end, stopMs, 0);
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
run({ arguments: process.argv.slice(2), logger, signal: stopping.signal }).then(end, fail);
