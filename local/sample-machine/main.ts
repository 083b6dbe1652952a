import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { refuseProduction } from '#local/kit/stand-in.ts';
import { runExtensionHost } from './extension-host.ts';
import { createGoalStateClient } from './goal-state.ts';
import { readMachineConfig } from './machine-config.ts';
import { startWebApp } from './web-app.ts';

async function run(signal: AbortSignal): Promise<void> {
  refuseProduction(process.env);
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const endpoint = process.env['IDENTITY_ENDPOINT'];
  const header = process.env['IDENTITY_HEADER'];
  if (!values.config) throw new Error('usage: node local/sample-machine/main.ts --config FILE');
  if (!endpoint || !header) throw new Error('IDENTITY_ENDPOINT and IDENTITY_HEADER are not set');
  const config = await readMachineConfig(values.config);
  const log = (event: string, fields: Record<string, unknown> = {}) =>
    console.log(JSON.stringify({ time: new Date().toISOString(), machine: config.name, event, ...fields }));
  const app = await startWebApp({
    name: config.name,
    port: config.appPort,
    keysFile: join(config.dataDirectory, 'agent/service-identity-keys.json'),
  });
  log('machine.ready', { url: `http://127.0.0.1:${app.port}/` });
  const { machineId, armEndpoint } = config;
  const client = createGoalStateClient({ armEndpoint, machineId, identity: { endpoint, header }, signal });
  await runExtensionHost({ config, client, signal, log });
  await app.close();
  log('machine.stopped');
}

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
process.once('SIGINT', () => stopping.abort());
run(stopping.signal).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
