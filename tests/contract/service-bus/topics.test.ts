import { ServiceBusAdministrationClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { credential, type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging, pages "service-bus-queues-topics-subscriptions" and
// "topic-filters"; rest/api/servicebus for AutoDeleteOnIdle.

describe('a topic', () => {
  let started: Started;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = createManualClock(Date.now());
    started = await startServiceBus({ clock });
    await started.admin.createTopic('t');
  });
  afterEach(() => started.close());

  const drain = async (subscription: string) => {
    const receiver = started.connect().createReceiver('t', subscription, { receiveMode: 'receiveAndDelete' });
    const messages = await receiver.receiveMessages(10, { maxWaitTimeInMs: 100 });
    return messages.map(({ body }) => body);
  };

  it('copies a message to each subscription, and to none that is made later', async () => {
    await started.admin.createSubscription('t', 'a');
    await started.admin.createSubscription('t', 'b');
    await started
      .connect()
      .createSender('t')
      .sendMessages([{ body: 1 }, { body: 2 }]);
    await started.admin.createSubscription('t', 'c');
    expect(await drain('a')).toEqual([1, 2]);
    expect(await drain('b')).toEqual([1, 2]);
    expect(await drain('c')).toEqual([]);
  });

  it('gives a subscription what its correlation filter selects by all of its conditions', async () => {
    await started.admin.createSubscription('t', 's', {
      defaultRuleOptions: {
        name: 'chosen',
        filter: { subject: 'order', applicationProperties: { region: 'eu', size: 3, urgent: true } },
      },
    });
    const applicationProperties = { region: 'eu', size: 3, urgent: true };
    await started
      .connect()
      .createSender('t')
      .sendMessages([
        { body: 'all', subject: 'order', applicationProperties },
        { body: 'other subject', subject: 'bill', applicationProperties },
        {
          body: 'other size',
          subject: 'order',
          applicationProperties: { ...applicationProperties, size: 4 },
        },
        { body: 'no properties', subject: 'order' },
      ]);
    expect(await drain('s')).toEqual(['all']);
  });

  it('lets rules be added, listed and removed, a message matching any of them once', async () => {
    const { admin } = started;
    await admin.createSubscription('t', 's');
    await admin.deleteRule('t', 's', '$Default');
    await admin.createRule('t', 's', 'one', { correlationId: '1' });
    await admin.createRule('t', 's', 'also-one', { correlationId: '1' });
    await admin.createRule('t', 's', 'nothing', { sqlExpression: '1=0' });
    const names: string[] = [];
    for await (const rule of admin.listRules('t', 's')) names.push(rule.name);
    expect(names.sort()).toEqual(['also-one', 'nothing', 'one']);
    expect((await admin.getRule('t', 's', 'one')).filter).toMatchObject({ correlationId: '1' });
    await started
      .connect()
      .createSender('t')
      .sendMessages([
        { body: 'yes', correlationId: '1' },
        { body: 'no', correlationId: '2' },
      ]);
    expect(await drain('s')).toEqual(['yes']);
  });

  it('lets a proxy make its own subscription with its identity and hear within its time', async () => {
    const admin = new ServiceBusAdministrationClient(started.authority, credential());
    await admin.createSubscription('t', 'proxy-1', {
      autoDeleteOnIdle: 'PT5M',
      defaultMessageTimeToLive: 'PT1M',
    });
    const bodies: unknown[] = [];
    started
      .connectAs(credential())
      .createReceiver('t', 'proxy-1')
      .subscribe({
        async processMessage({ body }) {
          bodies.push(body);
        },
        async processError() {},
      });
    await started.connect().createSender('t').sendMessages({ body: 'revoked' });
    await expect.poll(() => bodies).toEqual(['revoked']);
    const counts = await admin.getSubscriptionRuntimeProperties('t', 'proxy-1');
    expect(counts.totalMessageCount).toBe(0);
  });

  it('deletes a subscription that was idle for its time, and keeps one that has a receiver', async () => {
    // The client signs tokens of five minutes by the real clock; this test goes beyond them.
    const admin = new ServiceBusAdministrationClient(started.authority, credential());
    await admin.createSubscription('t', 'idle', { autoDeleteOnIdle: 'PT5M' });
    await admin.createSubscription('t', 'busy', { autoDeleteOnIdle: 'PT5M' });
    const receiver = started.connect().createReceiver('t', 'busy');
    await receiver.receiveMessages(1, { maxWaitTimeInMs: 20 });
    clock.advance(5 * 60_000 - 1);
    expect((await admin.getSubscription('t', 'idle')).autoDeleteOnIdle).toBe('PT5M');
    clock.advance(1);
    expect(await admin.subscriptionExists('t', 'idle')).toBe(false);
    expect(await admin.subscriptionExists('t', 'busy')).toBe(true);
    await receiver.close();
    clock.advance(10 * 60_000);
    expect(await admin.subscriptionExists('t', 'busy')).toBe(false);
  });

  it('goes with its subscriptions and their messages', async () => {
    await started.admin.createSubscription('t', 's');
    await started.connect().createSender('t').sendMessages({ body: 1 });
    await started.admin.deleteTopic('t');
    expect(await started.admin.topicExists('t')).toBe(false);
    await started.admin.createTopic('t');
    await started.admin.createSubscription('t', 's');
    expect(await drain('s')).toEqual([]);
  });
});
