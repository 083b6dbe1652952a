import { type Client, type ClientOptions, getClient } from '@azure-rest/core-client';
import { afterAll, vi } from 'vitest';
import type { Entra } from '#local/entra/entra.ts';
import { createManagedIdentity } from '#local/entra/managed-identity.ts';
import type { MintClaims } from '#local/entra/token-issuer.ts';
import { type Clock, systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import {
  createResourceManager,
  type ResourceManager,
  type ResourceManagerOptions,
} from '#local/resource-manager/resource-manager.ts';
import { arcMachine, dnsZone, relayNamespace, resourceGroup } from '#local/resource-manager/seeds.ts';
import { startEntra, tenantId, trustedTls } from '../entra/tenant.ts';

export { tenantId };
export const subscriptionId = '00000000-0000-4000-8000-000000000001';
export const groupId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local`;
export const machineId = `${groupId}/providers/Microsoft.HybridCompute/machines/sample-1`;
const machinePrincipal = '00000000-0000-4000-8000-0000000000d1';
const appPrincipal = '00000000-0000-4000-8000-0000000000d2';
export const zone = 'wac.localhost';

export const versions = {
  resources: '2021-04-01',
  connectivity: '2023-03-15',
  machines: '2024-07-10',
  dns: '2018-05-01',
  relay: '2021-11-01',
  authorization: '2022-04-01',
  twin: '2026-01-01',
};

export interface Cloud {
  entra: Entra;
  arm: ResourceManager;
  /** A client of the SDK's own pipeline whose token has these claims. */
  clientOf(claims?: Partial<MintClaims>, options?: ClientOptions): Client;
}

export const seed = [
  resourceGroup(subscriptionId, 'rg-local', 'westeurope'),
  dnsZone(groupId, zone),
  relayNamespace(groupId, 'local', 'westeurope'),
  arcMachine({
    groupId,
    name: 'sample-1',
    location: 'westeurope',
    osType: 'windows',
    osSku: 'Windows Server 2022 Datacenter',
    osVersion: '10.0.20348.1',
    memoryBytes: 8 * 1024 ** 3,
    cores: 2,
    agentVersion: '1.53.03132.2775',
    principalId: machinePrincipal,
    tenantId,
  }),
];

/** Entra, managed identity and Resource Manager together, ended after the test file. */
export async function startCloud({
  onCreated,
  ...options
}: Partial<ResourceManagerOptions> & {
  clock?: Clock;
  /** Given what the resource manager was made with, to make a second one. */
  onCreated?(options: ResourceManagerOptions): void;
} = {}): Promise<Cloud> {
  const clock = options.clock ?? systemClock;
  const identity = await trustedTls('login.localhost', 'arm.localhost');
  const entra = await startEntra(identity, clock);
  const app = { header: 'app-secret', objectId: appPrincipal, clientId: appPrincipal };
  const common = { clock, store: openStore(':memory:'), port: 0 };
  const msi = await createManagedIdentity({ ...common, issue: entra.mint, identities: [app] });
  const armOptions: ResourceManagerOptions = {
    ...common,
    tls: identity,
    verifyToken: createTokenVerifier({ keys: entra.jwks, issuers: entra.issuers, clock }),
    tenantId,
    subscriptionId,
    seed,
    registrationDelayMs: 30,
    retryAfterSeconds: 0,
    ...options,
  };
  const arm = await createResourceManager(armOptions);
  onCreated?.(armOptions);
  vi.stubEnv('IDENTITY_ENDPOINT', msi.endpoint);
  vi.stubEnv('IDENTITY_HEADER', app.header);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([arm.close(), msi.close(), entra.close()]);
  });
  return {
    entra,
    arm,
    clientOf: (claims = {}, clientOptions = {}) =>
      getClient(
        arm.origin,
        {
          getToken: async () => ({
            token: await entra.mint({
              aud: 'https://management.azure.com',
              oid: appPrincipal,
              idtyp: 'app',
              ...claims,
            }),
            expiresOnTimestamp: clock.now() + 3_600_000,
          }),
        },
        {
          retryOptions: { maxRetries: 0 },
          credentials: { scopes: ['https://management.azure.com/.default'] },
          ...clientOptions,
        },
      ),
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  body: unknown;
}

/** One call with its api-version; any status is an answer. */
export async function call(
  client: Client,
  method: 'get' | 'put' | 'post' | 'patch' | 'delete',
  path: string,
  version: string,
  options: { body?: unknown; headers?: Record<string, string>; query?: Record<string, string> } = {},
): Promise<Answer> {
  const reply = await client.pathUnchecked(path)[method]({
    queryParameters: { 'api-version': version, ...options.query },
    ...(options.body !== undefined && { body: options.body }),
    ...(options.headers && { headers: options.headers }),
  });
  return { status: Number(reply.status), headers: reply.headers, body: reply.body as unknown };
}
