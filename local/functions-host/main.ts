/**
 * `node main.ts --app DIR --port N --state FILE [--quiet] [--json] [--no-admin-key] [--max-body BYTES]`: serves one
 * app until SIGTERM or SIGINT. Prints `ready http://localhost:PORT` when it serves (with --json an object).
 */
import '../kit/preload.mjs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../kit/clock.ts';
import { refuseProduction } from '../kit/stand-in.ts';
import { openStore } from '../kit/store.ts';
import { localHttpPort } from './app-environment.ts';
import { startFunctionsHost } from './host.ts';
import { createHostLog } from './host-log.ts';
import { createLineWriter } from './line-writer.ts';

const usage =
  'usage: node local/functions-host/main.ts --app DIR --port N --state FILE [--quiet] [--json] [--no-admin-key] [--max-body BYTES]';

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      app: { type: 'string' },
      port: { type: 'string' },
      state: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-admin-key': { type: 'boolean', default: false },
      'max-body': { type: 'string' },
    },
  });
  const { app, state, quiet, json } = values;
  const port = values.port === undefined ? app && localHttpPort(resolve(app)) : Number(values.port);
  if (!app || !state || !Number.isInteger(port ?? 0)) throw new Error(usage);
  refuseProduction(process.env);

  const store = openStore(resolve(state));
  const out = createLineWriter((text) => process.stdout.write(text));
  process.on('exit', out.flush);
  const host = await startFunctionsHost({
    appDirectory: resolve(app),
    port: Number(port ?? 0),
    store,
    clock: systemClock,
    env: process.env,
    log: createHostLog({ write: out.line, now: () => Date.now(), quiet, json }),
    openAdmin: values['no-admin-key'],
    ...(values['max-body'] !== undefined && { maxBodyBytes: Number(values['max-body']) }),
  });
  const ready = { event: 'ready', origin: host.origin, masterKey: host.masterKey, pid: process.pid };
  out.line(json ? JSON.stringify(ready) : `ready ${host.origin}`);
  out.flush();

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    host
      .close()
      .then(() => {
        store.close();
        process.exit(0);
      })
      .catch((error: unknown) => {
        console.error(error);
        process.exit(1);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
