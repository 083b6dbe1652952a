import { randomUUID } from 'node:crypto';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiveOne, type Started, startServiceBus } from './start.ts';

/**
 * What the documentation promises, for this namespace or, by choice, for one in Azure (Standard tier or above):
 * SERVICE_BUS_CONTRACT_CONNECTION_STRING with the Manage right. Entities get names of their own and are deleted.
 */
const elsewhere = process.env['SERVICE_BUS_CONTRACT_CONNECTION_STRING'];
const page = 'learn.microsoft.com/azure/service-bus-messaging';

describe('a namespace as documented', () => {
  let started: Started | undefined;
  let admin: ServiceBusAdministrationClient;
  let client: ServiceBusClient;
  const name = `contract-${randomUUID().slice(0, 8)}`;
  const [queue, target, topic] = [`${name}-q`, `${name}-target`, `${name}-t`];

  beforeAll(async () => {
    started = elsewhere === undefined ? await startServiceBus() : undefined;
    const connectionString = elsewhere ?? started?.connectionString ?? '';
    admin = new ServiceBusAdministrationClient(connectionString);
    client = new ServiceBusClient(connectionString);
    await admin.createQueue(queue, { requiresDuplicateDetection: true });
    await admin.createQueue(target);
    await admin.createTopic(topic);
  });
  afterAll(async () => {
    await client.close();
    for (const each of [queue, target]) await admin.deleteQueue(each);
    await admin.deleteTopic(topic);
    await started?.close();
  });

  it(`counts an abandoned delivery and completes the next (${page}/message-transfers-locks-settlement)`, async () => {
    await client.createSender(target).sendMessages({ body: 'work' });
    const receiver = client.createReceiver(target);
    await receiver.abandonMessage(await receiveOne(receiver));
    const again = await receiveOne(receiver);
    expect(again.deliveryCount).toBe(1);
    await receiver.completeMessage(again);
    await receiver.close();
  });

  it(`drops a message with an id that it saw (${page}/duplicate-detection)`, async () => {
    const sender = client.createSender(queue);
    for (const body of ['first', 'again']) await sender.sendMessages({ body, messageId: 'same' });
    const receiver = client.createReceiver(queue, { receiveMode: 'receiveAndDelete' });
    const found = await receiver.receiveMessages(2, { maxWaitTimeInMs: 1_000 });
    expect(found.map(({ body }) => body as unknown)).toEqual(['first']);
    await receiver.close();
  });

  it(`selects by SQL and marks by an action (${page}/topic-filters)`, async () => {
    await admin.createSubscription(topic, 'red', { forwardTo: target });
    await admin.deleteRule(topic, 'red', '$Default');
    const filter = { sqlExpression: "colour = 'red' AND size > 3" };
    await admin.createRule(topic, 'red', 'rule', filter, { sqlExpression: "SET mark = 'seen'" });
    await client.createSender(topic).sendMessages([
      { body: 'small', applicationProperties: { colour: 'red', size: 1 } },
      { body: 'large', applicationProperties: { colour: 'red', size: 5 } },
    ]);
    const receiver = client.createReceiver(target);
    const message = await receiveOne(receiver);
    expect(message).toMatchObject({ body: 'large', applicationProperties: { mark: 'seen' } });
    await receiver.completeMessage(message);
  });

  it(`refuses an entity that is there already (${page}/service-bus-messaging-exceptions-latest)`, async () => {
    await expect(admin.createQueue(queue)).rejects.toMatchObject({ statusCode: 409 });
  });
});
