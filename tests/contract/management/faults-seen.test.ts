import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { DnsManagementClient } from '@azure/arm-dns';
import { CosmosClient } from '@azure/cosmos';
import { SecretClient } from '@azure/keyvault-secrets';
import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createReporter } from '#local/main-job/reporter.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { openDataFolder } from '#local/run/data-folder.ts';
import { type StandingTwin, startStandIns } from '#local/run/system.ts';

const report = createReporter({ json: false, write: () => {}, colours: false });
const once = { retryOptions: { maxRetries: 0 } };

/** What went wrong, as the client says it. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: unknown) => error,
  );

describe('a fault that is switched on at the management port of the twin', () => {
  let folder: string;
  let twin: StandingTwin;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'faults-'));
    const data = await openDataFolder(folder, { fresh: false });
    setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
    twin = await startStandIns(data, undefined, report);
  });
  afterEach(() => manage('DELETE', '/faults'));
  afterAll(async () => {
    await twin?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function manage(method: string, path: string, body?: object): Promise<void> {
    const { url, token } = twin.connection.management;
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(await response.text());
  }
  const credential = () => {
    const { endpoint, headers } = twin.connection.managedIdentity;
    return createSdkCredential(endpoint, headers.deployment);
  };

  it('throttles Key Vault for @azure/keyvault-secrets', async () => {
    await manage('PUT', '/faults/key-vault/GetSecret', { throttleMs: 1_000 });
    const client = new SecretClient(twin.connection.keyVault.url, credential(), once);
    expect(await failureOf(client.getSecret('enrolment-key'))).toMatchObject({ statusCode: 429 });
  });

  it('throttles Cosmos for @azure/cosmos', async () => {
    await manage('PUT', '/faults/cosmos/ReadDatabase', { throttleMs: 50 });
    const { endpoint, key, database } = twin.connection.cosmos;
    const client = new CosmosClient({
      endpoint,
      key,
      connectionPolicy: {
        enableEndpointDiscovery: false,
        retryOptions: {
          maxRetryAttemptCount: 0,
          fixedRetryIntervalInMilliseconds: 0,
          maxWaitTimeInSeconds: 1,
        },
      },
    });
    expect(await failureOf(client.database(database).read())).toMatchObject({ code: 429 });
    client.dispose();
  });

  it('breaks the resource manager for @azure/arm-dns', async () => {
    await manage('PUT', '/faults/resource-manager/*', { status: 503 });
    const { subscriptionId, resourceManager } = twin.connection;
    const client = new DnsManagementClient(credential(), subscriptionId, {
      endpoint: resourceManager.endpoint,
      ...once,
    });
    expect(await failureOf(client.zones.get('rg-local', 'wac.localhost'))).toMatchObject({ statusCode: 503 });
  });

  it('refuses administration of Service Bus for @azure/service-bus', async () => {
    await manage('PUT', '/faults/service-bus/*', { status: 503 });
    const client = new ServiceBusAdministrationClient(twin.connection.serviceBus.connectionString, once);
    expect(await failureOf(client.getQueue('agent-reports'))).toMatchObject({ statusCode: 503 });
  });

  it('lies in DNS to Node’s resolver', async () => {
    await manage('PUT', '/faults/dns/A', { answer: ['203.0.113.7'] });
    const resolver = new Resolver();
    resolver.setServers([`${twin.connection.dns.host}:${twin.connection.dns.port}`]);
    expect(await resolver.resolve4(`anything.${twin.connection.dns.zone}`)).toEqual(['203.0.113.7']);
  });

  it('refuses a sender at the relay for ws', async () => {
    await manage('PUT', '/faults/relay/connect', { status: 503 });
    const socket = new WebSocket(
      `wss://${twin.connection.relay.host}/$hc/anything?sb-hc-action=connect&sb-hc-id=1`,
    );
    expect(await failureOf(new Promise((_, reject) => socket.once('error', reject)))).toMatchObject({
      message: 'Unexpected server response: 503',
    });
  });

  it('drops the certificate authority’s connections', async () => {
    await manage('PUT', '/faults/certificate-authority/*', { drop: true, count: 1 });
    const { directory } = twin.connection.acme;
    expect(await failureOf(fetch(directory))).toBeInstanceOf(TypeError);
    expect((await fetch(directory)).status).toBe(200);
  });

  it.each(['entra', 'managed-identity'])('breaks %s for whoever asks it', async (name) => {
    await manage('PUT', `/faults/${name}/*`, { status: 500, count: 1 });
    const { entra } = twin.connection;
    const asked =
      name === 'entra'
        ? fetch(`${entra.authority}/v2.0/.well-known/openid-configuration`).then((response) => {
            if (!response.ok) throw new Error(`answered ${response.status}`);
          })
        : credential().getToken('https://management.azure.com/.default');
    expect(String(await failureOf(asked))).toContain('answered 500');
  });
});
