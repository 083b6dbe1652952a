import { randomBytes } from 'node:crypto';
import { CosmosClient } from '@azure/cosmos';
import type { TokenCredential } from '@azure/identity';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { z } from 'zod';
import { relayNamespaceId } from '#local/samples/sample-data.ts';
import type { TwinAddresses } from '#local/twin.ts';
import {
  containerDefinitions,
  cosmosNames,
  keyNames,
  queueNames,
  ruleNames,
  secretNames,
  topicNames,
} from '#shared/protocol/resource-names.ts';

/** The rule that Azure makes with each namespace. */
export const rootRule = 'RootManageSharedAccessKey';

export interface ProvisionOptions {
  addresses: TwinAddresses;
  credential: TokenCredential;
  cosmosKey: string;
}

/**
 * Makes what infrastructure code makes in Azure (database, queue, topic, keys and secrets), through the official
 * clients. What is there already stays as it is.
 */
export async function provision(options: ProvisionOptions): Promise<{ relayKey: string }> {
  const [relayKey] = await Promise.all([
    readRelayKey(options),
    provisionCosmos(options),
    provisionServiceBus(options),
    provisionVault(options),
  ]);
  return { relayKey };
}

const keysReply = z.object({ primaryKey: z.string() });

/** The key of the relay namespace's own rule, for clients that are given keys and not identities. */
async function readRelayKey({ addresses, credential }: ProvisionOptions): Promise<string> {
  const token = await credential.getToken('https://management.azure.com/.default');
  const path = `${relayNamespaceId}/authorizationRules/${rootRule}/listKeys?api-version=2021-11-01`;
  const response = await fetch(`${addresses.arm}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token?.token}` },
  });
  if (!response.ok)
    throw new Error(`the keys of the relay cannot be read: ${response.status} ${await response.text()}`);
  return keysReply.parse(await response.json()).primaryKey;
}

async function provisionCosmos({ addresses, cosmosKey }: ProvisionOptions): Promise<void> {
  const client = new CosmosClient({
    endpoint: addresses.cosmos,
    key: cosmosKey,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  const { database } = await client.databases.createIfNotExists({ id: cosmosNames.database });
  for (const { id, partitionKey, defaultTtl } of containerDefinitions) {
    await database.containers.createIfNotExists({
      id,
      partitionKey: { paths: [...partitionKey.paths] },
      defaultTtl,
    });
  }
  client.dispose();
}

async function provisionServiceBus({ addresses, credential }: ProvisionOptions): Promise<void> {
  const admin = new ServiceBusAdministrationClient(new URL(addresses.serviceBus).host, credential);
  if (!(await admin.queueExists(queueNames.agentReports))) {
    await admin.createQueue(queueNames.agentReports, {
      requiresSession: true,
      defaultMessageTimeToLive: 'P1D',
      authorizationRules: [
        {
          claimType: 'SharedAccessKey',
          keyName: ruleNames.agentSend,
          accessRights: ['Send'],
          primaryKey: randomBytes(32).toString('base64'),
          secondaryKey: randomBytes(32).toString('base64'),
        },
      ],
    });
  }
  if (!(await admin.topicExists(topicNames.proxyControl))) {
    await admin.createTopic(topicNames.proxyControl, { defaultMessageTimeToLive: 'PT1H' });
  }
  if (!(await admin.topicExists(topicNames.notifications))) {
    await admin.createTopic(topicNames.notifications, {
      defaultMessageTimeToLive: 'P14D',
      requiresDuplicateDetection: true,
    });
  }
}

async function provisionVault({ addresses, credential }: ProvisionOptions): Promise<void> {
  const secrets = new SecretClient(addresses.vault, credential);
  for (const name of Object.values(secretNames)) {
    if (await isAbsent(secrets.getSecret(name)))
      await secrets.setSecret(name, randomBytes(32).toString('base64url'));
  }
  const keys = new KeyClient(addresses.vault, credential);
  for (const name of Object.values(keyNames)) {
    if (await isAbsent(keys.getKey(name))) await keys.createEcKey(name, { curve: 'P-256' });
  }
}

async function isAbsent(reading: Promise<unknown>): Promise<boolean> {
  try {
    await reading;
    return false;
  } catch (error) {
    if (error !== null && typeof error === 'object' && 'statusCode' in error && error.statusCode === 404)
      return true;
    throw error;
  }
}
