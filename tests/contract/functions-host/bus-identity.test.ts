import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { startFunctionsHost } from '#local/functions-host/host.ts';
import { createHostLog } from '#local/functions-host/host-log.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { credential, type Started, startServiceBus } from '../service-bus/start.ts';

// https://learn.microsoft.com/azure/azure-functions/functions-bindings-service-bus#identity-based-connections
const header = 'secret-of-the-app';
const folder = mkdtempSync(join(tmpdir(), 'bus-identity-'));
let bus: Started;
let identity: ManagedIdentity;
const askedFor: string[] = [];

beforeEach(async () => {
  bus = await startServiceBus();
  await bus.admin.createQueue('letters');
  identity = await createManagedIdentity({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    identities: [{ header, objectId: 'app', clientId: 'client-of-the-app' }],
    async issue() {
      askedFor.push('token');
      const { token } = await credential().getToken();
      return token;
    },
  });
  vi.stubEnv('IDENTITY_ENDPOINT', identity.endpoint);
  vi.stubEnv('IDENTITY_HEADER', header);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bus.close();
  await identity.close();
  rmSync(folder, { recursive: true, force: true });
});

it('a connection that names its namespace receives by the managed identity of the app', async () => {
  const runsFile = join(folder, 'runs');
  const host = await startFunctionsHost({
    appDirectory: new URL('../../fixtures/bus-app', import.meta.url).pathname,
    port: 0,
    store: openStore(':memory:'),
    clock: systemClock,
    env: {
      ...process.env,
      BUS__fullyQualifiedNamespace: bus.authority,
      LETTERS: 'letters',
      SUBSCRIPTION: 'all',
      RUNS_FILE: runsFile,
      AzureFunctionsJobHost__functions: '["onLetter"]',
    },
    log: createHostLog({ write: () => {}, now: () => Date.now() }),
  });
  const sender = bus.connect().createSender('letters');
  await sender.sendMessages({ body: { to: 'you' }, contentType: 'application/json' });
  const queue = () => bus.admin.getQueueRuntimeProperties('letters');
  await expect.poll(async () => (await queue()).totalMessageCount, { timeout: 10_000 }).toBe(0);
  expect(JSON.parse(readFileSync(runsFile, 'utf8'))).toMatchObject({ by: 'queue', message: { to: 'you' } });
  expect(askedFor).not.toHaveLength(0);
  await host.close();
});
