import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import {
  credential,
  host,
  overWebSockets,
  rootKey,
  type SignOptions,
  type Started,
  sign,
  startServiceBus,
} from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging, pages "service-bus-sas",
// "service-bus-authentication-and-authorization", "service-bus-amqp-protocol-guide" (claims-based security).

const hour = 3_600_000;
const agentQueue = 'agent-abc';
const agentRule = {
  claimType: 'SharedAccessKey',
  keyName: 'agent',
  primaryKey: Buffer.from('primary key of the agent queue..').toString('base64'),
  secondaryKey: Buffer.from('secondary key of the agent queue').toString('base64'),
  accessRights: ['Listen' as const],
};
const unauthorized = { code: 'UnauthorizedAccess' };

describe('access to a namespace', () => {
  let started: Started;
  beforeAll(async () => {
    started = await startServiceBus({
      rightsOf: (claims, path) =>
        claims['oid'] === 'app' || path === 'proxy-control' ? ['Listen', 'Send', 'Manage'] : [],
    });
    await started.admin.createQueue(agentQueue, { authorizationRules: [agentRule] });
    await started.admin.createQueue('other');
    await started.connect().createSender(agentQueue).sendMessages({ body: 'for the agent' });
  });
  afterAll(() => started.close());

  const signed = (changes: Partial<SignOptions> = {}) =>
    sign({
      resource: `https://${started.authority}/${agentQueue}`,
      keyName: agentRule.keyName,
      key: agentRule.primaryKey,
      expiresAtMs: Date.now() + hour,
      ...changes,
    });
  const agentString = (token: string) =>
    `Endpoint=${started.endpoint};SharedAccessSignature=${token};EntityPath=${agentQueue}`;
  const peek = (client: ServiceBusClient, queue = agentQueue) => client.createReceiver(queue).peekMessages(1);

  it('opens with a connection string whose endpoint has a port', async () => {
    expect(await peek(started.connect())).toHaveLength(1);
  });

  it('opens with a custom endpoint address beside an endpoint without a port', async () => {
    const text = started.connectionString.replace(`:${started.bus.port}`, '');
    const client = started.connect(text, { customEndpointAddress: `sb://${started.authority}` });
    expect(await peek(client)).toHaveLength(1);
  });

  it('opens with a named key credential', async () => {
    const client = new ServiceBusClient(started.authority, rootKey);
    expect(await peek(client)).toHaveLength(1);
    await client.close();
  });

  it('opens with a token credential, by host and port or by a custom endpoint address', async () => {
    expect(await peek(started.connectAs(credential()))).toHaveLength(1);
    const client = new ServiceBusClient(host, credential(), {
      customEndpointAddress: `sb://${started.authority}`,
    });
    expect(await peek(client)).toHaveLength(1);
    await client.close();
  });

  it('opens over WebSockets with a key, a signature and a token credential', async () => {
    expect(await peek(started.connect(started.connectionString, overWebSockets))).toHaveLength(1);
    expect(await peek(started.connect(agentString(signed()), overWebSockets))).toHaveLength(1);
    expect(await peek(started.connectAs(credential(), overWebSockets))).toHaveLength(1);
    const options = { ...overWebSockets, customEndpointAddress: `sb://${started.authority}` };
    const portless = started.connectionString.replace(`:${started.bus.port}`, '');
    expect(await peek(started.connect(portless, options))).toHaveLength(1);
    const client = new ServiceBusClient(host, credential(), options);
    expect(await peek(client)).toHaveLength(1);
    await client.close();
  });

  it('opens with a signature for one queue, by either key of its policy', async () => {
    expect(await peek(started.connect(agentString(signed())))).toHaveLength(1);
    expect(await peek(started.connect(agentString(signed({ key: agentRule.secondaryKey }))))).toHaveLength(1);
    const sas = { signature: signed({ resource: `sb://${host}/${agentQueue}` }) };
    const client = new ServiceBusClient(started.authority, sas);
    expect(await peek(client)).toHaveLength(1);
    await client.close();
  });

  it('serves plain AMQP to the development emulator string', async () => {
    const text = `Endpoint=sb://localhost:${started.bus.port};SharedAccessKeyName=${rootKey.name};SharedAccessKey=${rootKey.key};UseDevelopmentEmulator=true`;
    expect(await peek(started.connect(text))).toHaveLength(1);
  });

  it('refuses a policy without the Send right to send', async () => {
    const sender = started.connect(agentString(signed())).createSender(agentQueue);
    await expect(sender.sendMessages({ body: 1 })).rejects.toMatchObject(unauthorized);
  });

  it.each<[string, Partial<SignOptions>]>([
    ['an expired signature', { expiresAtMs: Date.now() - 1_000 }],
    ['a signature by another key', { key: rootKey.key }],
    ['a signature by an unknown policy', { keyName: 'nobody' }],
    [
      'a signature for another queue',
      { resource: `https://${host}/other`, keyName: rootKey.name, key: rootKey.key },
    ],
    [
      'a signature for another namespace',
      { resource: `https://foreign.servicebus.windows.net/${agentQueue}` },
    ],
    ["a queue's policy for the whole namespace", { resource: `https://${host}/` }],
  ])('refuses %s', async (_, changes) => {
    await expect(peek(started.connect(agentString(signed(changes))))).rejects.toMatchObject(unauthorized);
  });

  it('refuses a signature for one queue on another queue', async () => {
    const text = agentString(signed()).replace(/;EntityPath=.*/, '');
    await expect(peek(started.connect(text), 'other')).rejects.toMatchObject(unauthorized);
  });

  it('refuses a token for another audience, and one that has expired', async () => {
    const elsewhere = started.connectAs(credential({ audience: 'https://vault.azure.net' }));
    await expect(peek(elsewhere)).rejects.toMatchObject(unauthorized);
    await expect(peek(started.connectAs(credential({ lifetimeSeconds: -60 })))).rejects.toMatchObject(
      unauthorized,
    );
  });

  it('gives a token the rights that its bearer has on the entity', async () => {
    const proxy = started.connectAs(credential({ claims: { oid: 'proxy' } }));
    await expect(peek(proxy)).rejects.toMatchObject(unauthorized);
    await started.admin.createTopic('proxy-control');
    await started.admin.createSubscription('proxy-control', 'replica');
    await proxy.createSender('proxy-control').sendMessages({ body: 'x' });
  });

  it('refuses administration without the Manage right', async () => {
    const proxy = new ServiceBusAdministrationClient(
      started.authority,
      credential({ claims: { oid: 'proxy' } }),
    );
    await expect(proxy.createQueue('not-mine')).rejects.toMatchObject({ statusCode: 401 });
    const wrong = new ServiceBusAdministrationClient(
      started.connectionString.replace(rootKey.key, agentRule.primaryKey),
    );
    await expect(wrong.getQueue(agentQueue)).rejects.toMatchObject({ statusCode: 401 });
  });

  it('serves administration to a token credential', async () => {
    const admin = new ServiceBusAdministrationClient(started.authority, credential());
    await admin.createQueue('by-identity', { authorizationRules: [agentRule] });
    const queue = await admin.getQueue('by-identity');
    expect(queue.authorizationRules).toEqual([expect.objectContaining(agentRule)]);
    await admin.deleteQueue('by-identity');
    expect(await admin.queueExists('by-identity')).toBe(false);
  });
});

describe('a token that expires', () => {
  let started: Started;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = createManualClock(Date.now());
    started = await startServiceBus({ clock });
    await started.admin.createQueue(agentQueue, { authorizationRules: [agentRule] });
  });
  afterEach(() => started.close());

  it('closes the links that it opened', async () => {
    const token = sign({
      resource: `https://${started.authority}/${agentQueue}`,
      keyName: agentRule.keyName,
      key: agentRule.primaryKey,
      expiresAtMs: clock.now() + 60_000,
    });
    const client = started.connect(
      `Endpoint=${started.endpoint};SharedAccessSignature=${token};EntityPath=${agentQueue}`,
    );
    const bodies: unknown[] = [];
    const failed = new Promise<unknown>((resolve) => {
      client.createReceiver(agentQueue).subscribe({
        async processMessage({ body }) {
          bodies.push(body);
        },
        async processError({ error }) {
          resolve(error);
        },
      });
    });
    const sender = started.connect().createSender(agentQueue);
    await sender.sendMessages({ body: 'in time' });
    await expect.poll(() => bodies).toEqual(['in time']);
    clock.advance(61_000);
    expect(await failed).toMatchObject(unauthorized);
  });
});
