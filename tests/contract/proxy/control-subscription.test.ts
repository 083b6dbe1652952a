import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createServiceBus, type ServiceBus } from '#local/service-bus/service-bus.ts';
import { createControlSubscriber } from '#proxy/control-subscription.ts';
import { topicNames } from '#shared/protocol/resource-names.ts';

const credential = { getToken: async () => ({ token: 'proxy', expiresOnTimestamp: Date.now() + 3_600_000 }) };
const hostName = 'local.servicebus.localhost';
const topic = topicNames.proxyControl;
let bus: ServiceBus;
let endpoint: string;
let administration: ServiceBusAdministrationClient;
let client: ServiceBusClient;

beforeAll(async () => {
  const root = await createLocalRoot(Date.now());
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  bus = await createServiceBus({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    tls: await issueServerIdentity(root, [hostName], Date.now()),
    namespace: 'local',
    rootKey: { name: 'root', key: 'key' },
    verifyToken: async () => ({ oid: 'proxy', exp: Math.floor(Date.now() / 1000) + 3600 }),
  });
  endpoint = `https://${hostName}:${bus.port}`;
  administration = new ServiceBusAdministrationClient(`${hostName}:${bus.port}`, credential);
  client = new ServiceBusClient(hostName, credential, { customEndpointAddress: endpoint });
  await administration.createTopic(topic);
});
afterAll(async () => {
  await client.close();
  await bus.close();
});

const subscriptionNames = async () => {
  const names: string[] = [];
  for await (const { subscriptionName } of administration.listSubscriptions(topic))
    names.push(subscriptionName);
  return names;
};

test('gives each proxy a subscription of its own that removes itself when idle and at close', async () => {
  const received: unknown[][] = [[], []];
  const subscribe = createControlSubscriber({ host: hostName, endpoint, credential });
  const subscriptions = await Promise.all(
    received.map((events) =>
      subscribe({ onEvent: (event) => events.push(event), onLost: (error) => events.push(error) }),
    ),
  );
  const [first = '', second] = await subscriptionNames();
  expect([first, second]).toEqual([
    expect.stringMatching(/^proxy-[0-9a-f]{16}$/),
    expect.stringMatching(/^proxy-[0-9a-f]{16}$/),
  ]);
  expect(await administration.getSubscription(topic, first)).toMatchObject({ autoDeleteOnIdle: 'PT5M' });

  await client.createSender(topic).sendMessages({ body: { type: 'x' }, contentType: 'application/json' });
  await expect.poll(() => received, { timeout: 5000 }).toEqual([[{ type: 'x' }], [{ type: 'x' }]]);

  await Promise.all(subscriptions.map((subscription) => subscription.close()));
  expect(await subscriptionNames()).toEqual([]);
});

test('reports a subscription that was taken away', async () => {
  const lost = new Promise((resolve, reject) => {
    createControlSubscriber({ host: hostName, endpoint, credential })({
      onEvent: () => {},
      onLost: resolve,
    }).catch(reject);
  });
  await expect.poll(subscriptionNames).toHaveLength(1);
  const [name = ''] = await subscriptionNames();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await administration.deleteSubscription(topic, name);
  expect(await lost).toBeInstanceOf(Error);
});
