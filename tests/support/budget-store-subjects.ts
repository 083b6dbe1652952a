import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CosmosClient } from '@azure/cosmos';
import { type Cosmos, createCosmos } from '#local/cosmos/server.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createCosmosBudgetStore } from '#shared/adapters/azure/cosmos-budget-store.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import { containerDefinitions, cosmosNames } from '#shared/protocol/resource-names.ts';
import { createMemoryBudgetStore } from './memory-budget-store.ts';

/** A budget store under test, with the clock that its records age by. */
export interface BudgetStoreSubject {
  store: BudgetStore;
  clock: ManualClock;
  close(): Promise<void>;
}

export async function openMemoryBudgets(): Promise<BudgetStoreSubject> {
  const clock = createManualClock(Date.now());
  return { clock, store: createMemoryBudgetStore(clock.now), close: async () => {} };
}

/** The adapter on the stand-in, in a container as a deployment makes it. */
export async function openCosmosBudgets(): Promise<BudgetStoreSubject & { cosmos: Cosmos }> {
  const clock = createManualClock(Date.now());
  const root = await createLocalRoot(Date.now());
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  const masterKey = Buffer.from('a key for tests').toString('base64');
  const database = openStore(':memory:');
  const cosmos = await createCosmos({
    clock,
    store: database,
    port: 0,
    tls: await issueServerIdentity(root, ['cosmos.localhost'], Date.now()),
    verifyToken: async () => ({ oid: 'app' }),
    masterKey,
  });
  const endpoint = `https://cosmos.localhost:${cosmos.port}`;
  const connectionPolicy = { enableEndpointDiscovery: false };
  const client = new CosmosClient({ endpoint, key: masterKey, connectionPolicy });
  const made = await client.databases.create({ id: cosmosNames.database });
  const [, { id, partitionKey, defaultTtl }] = containerDefinitions;
  await made.database.containers.create({
    id,
    partitionKey: { paths: [...partitionKey.paths] },
    defaultTtl,
  });
  client.dispose();
  const credential = {
    getToken: async () => ({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return {
    clock,
    cosmos,
    store: createCosmosBudgetStore({ endpoint, credential, now: clock.now }),
    async close() {
      await cosmos.close();
      database.close();
    },
  };
}
