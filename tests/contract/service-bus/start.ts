import { createHmac } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  ServiceBusAdministrationClient,
  ServiceBusClient,
  type ServiceBusClientOptions,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import WebSocket from 'ws';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import { createServiceBus, type ServiceBusOptions } from '#local/service-bus/service-bus.ts';

export const host = 'local.servicebus.localhost';
export const rootKey = { name: 'RootManageSharedAccessKey', key: 'cm9vdCBrZXkgb2YgdGhlIGNvbnRyYWN0IHRlc3Rz' };

const issuer = 'https://login.localhost/tenant';
const root = await createLocalRoot(Date.now());
export const tls = await issueServerIdentity(root, [host, '*.servicebus.localhost'], Date.now());
setDefaultCACertificates([...getCACertificates('default'), root.cert]);
const signing = await generateKeyPair('ES256');
const publicKey = { ...(await exportJWK(signing.publicKey)), alg: 'ES256', kid: 'test' };

export interface TokenOptions {
  audience?: string;
  lifetimeSeconds?: number;
  claims?: Record<string, unknown>;
}

/** A credential as `@azure/identity` makes them; its tokens name the caller in `oid`. */
export function credential({ audience, lifetimeSeconds = 3600, claims = {} }: TokenOptions = {}) {
  return {
    async getToken() {
      const expiresAt = Math.floor(Date.now() / 1000) + lifetimeSeconds;
      const token = await new SignJWT({ oid: 'app', ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'test' })
        .setIssuer(issuer)
        .setAudience(audience ?? 'https://servicebus.azure.net/')
        .setExpirationTime(expiresAt)
        .sign(signing.privateKey);
      return { token, expiresOnTimestamp: expiresAt * 1000 };
    },
  };
}

export interface SignOptions {
  resource: string;
  keyName: string;
  key: string;
  expiresAtMs: number;
}

/** A shared access signature, as whoever holds the key makes it. */
export function sign({ resource, keyName, key, expiresAtMs }: SignOptions): string {
  const [sr, se] = [encodeURIComponent(resource), Math.floor(expiresAtMs / 1000)];
  const sig = encodeURIComponent(createHmac('sha256', key).update(`${sr}\n${se}`).digest('base64'));
  return `SharedAccessSignature sr=${sr}&sig=${sig}&se=${se}&skn=${keyName}`;
}

/** A namespace with its clients; `close` ends them all. */
export async function startServiceBus(overrides: Partial<ServiceBusOptions> = {}) {
  const clock = overrides.clock ?? systemClock;
  const bus = await createServiceBus({
    clock,
    store: overrides.store ?? openStore(':memory:'),
    port: overrides.port ?? 0,
    tls,
    namespace: 'local',
    rootKey,
    verifyToken: createTokenVerifier({
      keys: () => ({ keys: [publicKey] }),
      issuers: [issuer],
      clock: systemClock,
    }),
    ...(overrides.rightsOf && { rightsOf: overrides.rightsOf }),
  });
  const authority = `${host}:${bus.port}`;
  const endpoint = `sb://${authority}/`;
  const connectionString = `Endpoint=${endpoint};SharedAccessKeyName=${rootKey.name};SharedAccessKey=${rootKey.key}`;
  const clients: ServiceBusClient[] = [];
  const quick: ServiceBusClientOptions = { retryOptions: { maxRetries: 0, timeoutInMs: 10_000 } };
  const keep = (client: ServiceBusClient) => {
    clients.push(client);
    return client;
  };
  return {
    bus,
    authority,
    endpoint,
    connectionString,
    admin: new ServiceBusAdministrationClient(connectionString),
    connect: (text = connectionString, options: ServiceBusClientOptions = {}) =>
      keep(new ServiceBusClient(text, { ...quick, ...options })),
    connectAs: (token: ReturnType<typeof credential>, options: ServiceBusClientOptions = {}) =>
      keep(new ServiceBusClient(authority, token, { ...quick, ...options })),
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await bus.close();
    },
  };
}

export const overWebSockets: ServiceBusClientOptions = { webSocketOptions: { webSocket: WebSocket } };
export type Started = Awaited<ReturnType<typeof startServiceBus>>;

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 5_000 });
  if (!message) throw new Error('no message came');
  return message;
}

export const receiveNothing = (receiver: ServiceBusReceiver) =>
  receiver.receiveMessages(1, { maxWaitTimeInMs: 50 });
