import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createServiceBus, type ServiceBus } from '#local/service-bus/service-bus.ts';
import { python, requirePythonModules } from '../support/python-modules.ts';
import { failureOf, runProgram } from './run-program.ts';

const hasProton = requirePythonModules('Qpid Proton against service bus', [
  { module: 'proton', debianPackage: 'python3-qpid-proton' },
]);
const hasSdk = requirePythonModules('the Python SDK against service bus', [
  { module: 'azure.servicebus', debianPackage: 'python3-azure' },
]);

const rootKey = { name: 'RootManageSharedAccessKey', key: 'cm9vdCBrZXkgb2YgdGhlIHN0cmFuZ2Vycw==' };
/** The SDK for Python takes no other port than that of AMQP over TLS. */
const amqpsPort = 5671;

let bus: ServiceBus;
let folder: string;
let caFile: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'service-bus-strangers-'));
  caFile = join(folder, 'root.pem');
  const root = await createLocalRoot(Date.now());
  writeFileSync(caFile, root.cert);
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  bus = await createServiceBus({
    clock: systemClock,
    store: openStore(':memory:'),
    port: amqpsPort,
    // Native clients resolve `localhost` and no name below it.
    tls: await issueServerIdentity(root, ['localhost', 'local.servicebus.localhost'], Date.now()),
    namespace: 'local',
    rootKey,
    verifyToken: () => Promise.reject(new Error('there are no tokens here')),
  });
});
afterAll(async () => {
  await bus.close();
  rmSync(folder, { recursive: true });
});

const keys = `SharedAccessKeyName=${rootKey.name};SharedAccessKey=${rootKey.key}`;
const connectionString = () => `Endpoint=sb://localhost:${bus.port}/;${keys}`;

async function run(program: string): Promise<unknown> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const result = await runProgram(python, ['-B', '-W', 'ignore', file], {
    SERVICE_BUS_PORT: String(bus.port),
    SERVICE_BUS_CONNECTION_STRING: `Endpoint=sb://localhost/;${keys}`,
    SERVICE_BUS_CONNECTION_STRING_WITH_PORT: connectionString(),
    SERVICE_BUS_KEY_NAME: rootKey.name,
    SERVICE_BUS_KEY: rootKey.key,
    SERVICE_BUS_CA_FILE: caFile,
    REQUESTS_CA_BUNDLE: caFile,
  });
  expect(failureOf(result)).toBeUndefined();
  return JSON.parse(result.output.split('\n').findLast((line) => line.startsWith('{')) ?? '');
}

it.skipIf(!hasProton)('Qpid Proton shows a token, sends, receives and settles', async () => {
  await new ServiceBusAdministrationClient(connectionString()).createQueue('plain');
  expect(await run('./service-bus-proton.py')).toEqual({
    'wrong token': 401,
    token: 202,
    first: ['first', 'stranger', 5, 1],
    'delivery counts': { second: [0, 1], third: [0], fourth: [0] },
    'dead letter': 'third',
    nowhere: true,
  });
});

it.skipIf(!hasSdk)(
  'the SDK for Python administers, sends, receives, settles and holds sessions',
  async () => {
    expect(await run('./service-bus-sdk.py')).toMatchObject({
      queues: expect.arrayContaining(['forwarding', 'q', 'sessions', 'target']) as string[],
      rules: ['large', 'red'],
      rule: 'size > 3',
      again: ['d', 1],
      'dead letter': ['b', 'tired'],
      forwarded: ['on'],
      'in order': ['0', '1', '2'],
      filtered: ['big', 'red'],
      left: [0, 0, 0],
      gone: true,
    });
  },
);
