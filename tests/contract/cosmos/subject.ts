import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, type ContainerDefinition, CosmosClient } from '@azure/cosmos';
import { openAccount } from './account.ts';

/** An account that the documented behaviour is asked of. */
export interface Subject {
  newContainer(definition?: Partial<ContainerDefinition>): Promise<Container>;
  /** Lets this much of the account's time pass. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * The stand-in; or, never by default, the account in Azure that COSMOS_CONTRACT_ENDPOINT and COSMOS_CONTRACT_KEY name.
 * There a database of its own is made, which costs money until it is deleted at the end.
 */
export async function openSubject(env: NodeJS.ProcessEnv): Promise<Subject> {
  const { COSMOS_CONTRACT_ENDPOINT: endpoint, COSMOS_CONTRACT_KEY: key } = env;
  const account = endpoint && key ? undefined : await openAccount();
  const client = account?.client() ?? new CosmosClient({ endpoint: endpoint ?? '', key: key ?? '' });
  const { database } = await client.databases.create({ id: `contract-${randomUUID()}` });
  return {
    async newContainer(definition) {
      const id = `c-${randomUUID()}`;
      const { container } = await database.containers.create({
        id,
        partitionKey: { paths: ['/pk'] },
        ...definition,
      });
      return container;
    },
    wait: async (ms) => (account ? account.clock.advance(ms) : sleep(ms)),
    async close() {
      await database.delete();
      client.dispose();
      await account?.close();
    },
  };
}
