import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CosmosClient } from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import { type Cosmos, createCosmos } from '#local/cosmos/server.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { type containerDefinitions, cosmosNames } from '#shared/protocol/resource-names.ts';

interface StandingContainer {
  cosmos: Cosmos;
  clock: ManualClock;
  /** What an adapter is given. */
  access: { endpoint: string; credential: TokenCredential };
  close(): Promise<void>;
}

/** The database stand-in with one container, made as a deployment makes it. */
export async function openCosmosContainer({
  id,
  partitionKey,
  defaultTtl,
}: (typeof containerDefinitions)[number]): Promise<StandingContainer> {
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
  await made.database.containers.create({ id, partitionKey: { paths: [...partitionKey.paths] }, defaultTtl });
  client.dispose();
  const credential = {
    getToken: async () => ({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return {
    cosmos,
    clock,
    access: { endpoint, credential },
    async close() {
      await cosmos.close();
      database.close();
    },
  };
}
