import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServiceBusMessageBus } from '#shared/adapters/azure/service-bus-message-bus.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import { type AgentEvent, agentEventSchema, type ProxyEvent } from '#shared/protocol/events.ts';
import { type Notification, notification } from '#shared/protocol/notifications.ts';
import { agentQueueName, queueNames, ruleNames, topicNames } from '#shared/protocol/resource-names.ts';
import { createMemoryMessageBus } from '../support/memory-message-bus.ts';
import {
  credential,
  host,
  overWebSockets,
  receiveNothing,
  receiveOne,
  type Started,
  startServiceBus,
} from './service-bus/start.ts';

const machineId = 'lpxvysfon5hw75noyqimipig5s';
const otherId = 'aaaaaaaaaaaaaaaaaaaaaaaaaa';
const unauthorized = { code: 'UnauthorizedAccess' };
let started: Started;
let bus: MessageBus;
const agents: ServiceBusClient[] = [];

const eventOf = (id: string): AgentEvent => ({
  specversion: '1.0',
  id,
  source: '/admin-center',
  time: '2026-10-01T12:00:00.000Z',
  type: 'admin-center.certificate.changed',
  data: { thumbprint: 'ab' },
});

/** As the agent connects: over WebSockets, with one token and nothing else. */
function connectAgent(token: string): ServiceBusClient {
  const client = new ServiceBusClient(
    host,
    { signature: token },
    {
      ...overWebSockets,
      customEndpointAddress: started.endpoint,
      // What is refused is refused: nobody waits for a second try.
      retryOptions: { maxRetries: 0, timeoutInMs: 10_000 },
    },
  );
  agents.push(client);
  return client;
}

beforeAll(async () => {
  started = await startServiceBus();
  // What infrastructure makes.
  await started.admin.createQueue(queueNames.agentReports, {
    requiresSession: true,
    authorizationRules: [
      {
        claimType: 'SharedAccessKey',
        keyName: ruleNames.agentSend,
        accessRights: ['Send'],
        primaryKey: Buffer.from('a key that may only send reports').toString('base64'),
        secondaryKey: Buffer.from('another that may only send them.').toString('base64'),
      },
    ],
  });
  await started.admin.createTopic(topicNames.proxyControl);
  await started.admin.createSubscription(topicNames.proxyControl, 'proxy-1');
  bus = createServiceBusMessageBus({
    host,
    endpoint: started.endpoint,
    credential: credential(),
    now: () => new Date(),
  });
  await Promise.all([bus.ensureAgentQueue(machineId), bus.ensureAgentQueue(otherId)]);
});
afterAll(async () => {
  await Promise.all(agents.map((client) => client.close()));
  await started.close();
});

describe('an agent’s queue', () => {
  it('is made once: making it again keeps what is in it and its key', async () => {
    const before = await bus.agentTokens(machineId, 600);
    await bus.sendToAgent(machineId, eventOf('kept'));
    await bus.ensureAgentQueue(machineId);
    const receiver = connectAgent(before.events).createReceiver(agentQueueName(machineId));
    const message = await receiveOne(receiver);
    expect(message.messageId).toBe('kept');
    await receiver.completeMessage(message);
  });

  it('requirement 10: delivers an event, as it was sent, to one who has nothing but its token', async () => {
    const { events } = await bus.agentTokens(machineId, 600);
    const receiver = connectAgent(events).createReceiver(agentQueueName(machineId));
    await bus.sendToAgent(machineId, eventOf('e-1'));
    const message = await receiveOne(receiver);
    expect(message.contentType).toBe('application/cloudevents+json; charset=utf-8');
    expect(agentEventSchema.parse(message.body)).toEqual(eventOf('e-1'));
    await receiver.completeMessage(message);
  });

  it('is no other agent’s: its token listens there and sends nowhere', async () => {
    const { events } = await bus.agentTokens(machineId, 600);
    const client = connectAgent(events);
    await bus.sendToAgent(otherId, eventOf('for the other'));
    const foreign = client.createReceiver(agentQueueName(otherId));
    await expect(receiveOne(foreign)).rejects.toMatchObject(unauthorized);
    const sender = client.createSender(agentQueueName(machineId));
    await expect(sender.sendMessages({ body: 'x' })).rejects.toMatchObject(unauthorized);
  });

  it('that is not there loses an event without a word, and one that comes back gets the next', async () => {
    const lateId = 'bbbbbbbbbbbbbbbbbbbbbbbbbb';
    await bus.sendToAgent(lateId, eventOf('lost'));
    await bus.ensureAgentQueue(lateId);
    await bus.sendToAgent(lateId, eventOf('found'));
    const { events } = await bus.agentTokens(lateId, 600);
    const receiver = connectAgent(events).createReceiver(agentQueueName(lateId));
    expect((await receiveOne(receiver)).messageId).toBe('found');
  });

  it('is removed, also when it is gone already, and its token is worth nothing after that', async () => {
    const goneId = 'cccccccccccccccccccccccccc';
    await bus.ensureAgentQueue(goneId);
    await bus.sendToAgent(goneId, eventOf('unread'));
    const { events } = await bus.agentTokens(goneId, 600);
    await bus.removeAgentQueue(goneId);
    await bus.removeAgentQueue(goneId);
    expect(await started.admin.queueExists(agentQueueName(goneId))).toBe(false);
    await bus.sendToAgent(goneId, eventOf('lost'));
    await bus.ensureAgentQueue(goneId);
    const receiver = connectAgent(events).createReceiver(agentQueueName(goneId));
    await expect(receiveOne(receiver)).rejects.toMatchObject(unauthorized);
  });

  it('has tokens only while it is there', async () => {
    await expect(bus.agentTokens('d'.repeat(26), 600)).rejects.toMatchObject({
      code: 'message_bus_unavailable',
    });
  });
});

describe('the reports’ queue', () => {
  it('takes reports by an agent’s token and gives none', async () => {
    const { reports } = await bus.agentTokens(machineId, 600);
    const client = connectAgent(reports);
    const sender = client.createSender(queueNames.agentReports);
    await sender.sendMessages({ body: { jws: 'a.b.c' }, sessionId: machineId });
    await expect(client.acceptSession(queueNames.agentReports, machineId)).rejects.toMatchObject(
      unauthorized,
    );
    const receiver = await started.connect().acceptSession(queueNames.agentReports, machineId);
    const message = await receiveOne(receiver);
    expect(message).toMatchObject({ sessionId: machineId, body: { jws: 'a.b.c' } });
    await receiver.completeMessage(message);
  });

  it('is all that this token opens', async () => {
    const { reports } = await bus.agentTokens(machineId, 600);
    const sender = connectAgent(reports).createSender(agentQueueName(otherId));
    await expect(sender.sendMessages({ body: 'x' })).rejects.toMatchObject(unauthorized);
  });

  it('takes nothing by a token that has ended', async () => {
    const early = createServiceBusMessageBus({
      host,
      endpoint: started.endpoint,
      credential: credential(),
      now: () => new Date(Date.now() - 3_600_000),
    });
    const { reports } = await early.agentTokens(machineId, 600);
    const sender = connectAgent(reports).createSender(queueNames.agentReports);
    await expect(sender.sendMessages({ body: {}, sessionId: machineId })).rejects.toMatchObject({
      message: expect.stringMatching(/expired/i),
    });
  });
});

describe('the topic of the proxies', () => {
  it('brings an event to every proxy that has subscribed', async () => {
    const event: ProxyEvent = {
      specversion: '1.0',
      id: 'r-1',
      source: '/admin-center',
      time: '2026-10-01T12:00:00.000Z',
      type: 'admin-center.session.revoked',
      data: { sessionId: 'abcdefghijklmnop', expiresAt: 1_790_000_000 },
    };
    await started.admin.createSubscription(topicNames.proxyControl, 'proxy-2');
    await bus.sendToProxies(event);
    for (const name of ['proxy-1', 'proxy-2']) {
      const receiver = started.connect().createReceiver(topicNames.proxyControl, name);
      const message = await receiveOne(receiver);
      expect(message.body).toEqual(event);
      await receiver.completeMessage(message);
      expect(await receiveNothing(receiver)).toEqual([]);
    }
  });

  it('that is not there is a failure: a revocation must not be lost in silence', async () => {
    await started.admin.deleteTopic(topicNames.proxyControl);
    const event: ProxyEvent = {
      specversion: '1.0',
      id: 'r-2',
      source: '/admin-center',
      time: '2026-10-01T12:00:00.000Z',
      type: 'admin-center.label-keys.changed',
      data: {},
    };
    await expect(bus.sendToProxies(event)).rejects.toMatchObject({ code: 'message_bus_unavailable' });
  });
});

describe.each([
  ['in memory', false],
  ['on Service Bus', true],
])('the topic of the notifications, %s', (_, isReal) => {
  const memory = createMemoryMessageBus();
  const newsOf = (id: string, purpose: string): Notification => ({
    specversion: '1.0',
    id,
    source: '/admin-center',
    type: 'admin-center.lease.requested',
    subject: 'machines/m/leases/aaaaaaaabbbbbbbb',
    time: '2026-10-01T12:00:00.000Z',
    datacontenttype: 'application/json',
    data: {
      leaseId: 'aaaaaaaabbbbbbbb',
      machineId: 'm',
      machine: 'web-01',
      resourceId: '/subscriptions/s/machines/web-01',
      service: 'WAC',
      requester: { id: '1', name: 'holder@example.test' },
      purpose,
      minutes: 60,
      link: 'https://api.test/portal/machines/m/leases/aaaaaaaabbbbbbbb',
    },
  });
  const subject = () => (isReal ? bus : memory);
  beforeAll(async () => {
    if (!isReal) return;
    await started.admin.createTopic(topicNames.notifications, { requiresDuplicateDetection: true });
    await started.admin.createSubscription(topicNames.notifications, 'chat');
  });

  /** What whoever has subscribed is told, in order. */
  async function told(): Promise<unknown[]> {
    if (!isReal) return memory.notifications;
    const receiver = started.connect().createReceiver(topicNames.notifications, 'chat');
    const messages = [await receiveOne(receiver)];
    await receiver.completeMessage(messages[0] as ServiceBusReceivedMessage);
    for (const message of await receiver.receiveMessages(5, { maxWaitTimeInMs: 300 })) {
      messages.push(message);
      await receiver.completeMessage(message);
    }
    return messages.map(({ body }) => body as unknown);
  }

  it('brings each of them once, also when it is told again', async () => {
    await subject().notify(newsOf('n-1', 'first'));
    await subject().notify(newsOf('n-1', 'first'));
    await subject().notify(newsOf('n-2', 'second'));
    const bodies = await told();
    expect(bodies).toEqual([newsOf('n-1', 'first'), newsOf('n-2', 'second')]);
    expect(bodies.map((body) => notification.parse(body))).toHaveLength(2);
  });
});

describe('a deployment without the topic of the notifications', () => {
  it('is a failure that may pass: what was to be told must not be lost in silence', async () => {
    await started.admin.deleteTopic(topicNames.notifications);
    const event = { id: 'n-3' } as Notification;
    await expect(bus.notify(event)).rejects.toMatchObject({
      code: 'message_bus_unavailable',
      isRetryable: true,
    });
  });
});
