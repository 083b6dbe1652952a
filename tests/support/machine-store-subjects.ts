import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CosmosClient } from '@azure/cosmos';
import { type Cosmos, createCosmos } from '#local/cosmos/server.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createCosmosMachineStore } from '#shared/adapters/azure/cosmos-machine-store.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import { containerDefinitions, cosmosNames } from '#shared/protocol/resource-names.ts';
import { createMemoryMachineStore } from './memory-machine-store.ts';

/** A machine store under test, with the clock that its documents age by. */
export interface MachineStoreSubject {
  store: MachineStore;
  clock: ManualClock;
  close(): Promise<void>;
}

export async function openMemory(): Promise<MachineStoreSubject> {
  const clock = createManualClock(Date.now());
  return { clock, store: createMemoryMachineStore(clock.now), close: async () => {} };
}

/** The adapter on the stand-in, in a container as a deployment makes it. */
export async function openCosmos(): Promise<MachineStoreSubject & { cosmos: Cosmos }> {
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
  const [{ id, partitionKey, defaultTtl }] = containerDefinitions;
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
    store: createCosmosMachineStore({ endpoint, credential }),
    async close() {
      await cosmos.close();
      database.close();
    },
  };
}
