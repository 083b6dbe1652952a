import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { receiveNothing, receiveOne, type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging, pages "message-transfers-locks-settlement",
// "message-expiration" and "message-sequencing" (scheduled messages).

describe('time in a queue', () => {
  let started: Started;
  let clock: ManualClock;
  beforeEach(async () => {
    // The lock renewal of the client reads the real clock, so the two must be near each other.
    clock = createManualClock(Date.now());
    started = await startServiceBus({ clock });
  });
  afterEach(() => started.close());

  it('gives a message to another receiver when its lock ran out, and the first can no longer settle it', async () => {
    await started.admin.createQueue('q', { lockDuration: 'PT1M' });
    const client = started.connect();
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
    await client.createSender('q').sendMessages({ body: 'slow' });
    const message = await receiveOne(receiver);
    clock.advance(59_999);
    expect(await receiveNothing(client.createReceiver('q'))).toEqual([]);
    clock.advance(1);
    expect((await receiveOne(client.createReceiver('q'))).deliveryCount).toBe(1);
    await expect(receiver.completeMessage(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
  });

  it('extends a lock that is renewed by the full lock duration', async () => {
    await started.admin.createQueue('q', { lockDuration: 'PT1M' });
    const client = started.connect();
    const receiver = client.createReceiver('q', { maxAutoLockRenewalDurationInMs: 0 });
    await client.createSender('q').sendMessages({ body: 'slow' });
    const message = await receiveOne(receiver);
    clock.advance(40_000);
    const until = await receiver.renewMessageLock(message);
    expect(until.getTime()).toBe(clock.now() + 60_000);
    clock.advance(40_000);
    await receiver.completeMessage(message);
    clock.advance(60_000);
    await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
  });

  it('drops a message whose time to live ran out', async () => {
    await started.admin.createQueue('q');
    const client = started.connect();
    await client.createSender('q').sendMessages([{ body: 'short', timeToLive: 1_000 }, { body: 'long' }]);
    clock.advance(1_000);
    expect((await receiveOne(client.createReceiver('q'))).body).toBe('long');
    expect((await started.admin.getQueueRuntimeProperties('q')).deadLetterMessageCount).toBe(0);
  });

  it('dead-letters an expired message when the queue says so, the shorter time to live counting', async () => {
    await started.admin.createQueue('q', {
      defaultMessageTimeToLive: 'PT10S',
      deadLetteringOnMessageExpiration: true,
    });
    const client = started.connect();
    await client.createSender('q').sendMessages({ body: 'late', timeToLive: 60_000 });
    clock.advance(10_000);
    const dead = await receiveOne(client.createReceiver('q', { subQueueType: 'deadLetter' }));
    expect(dead.deadLetterReason).toBe('TTLExpiredException');
  });

  it('delivers a scheduled message at its time, unless it was cancelled', async () => {
    await started.admin.createQueue('q');
    const client = started.connect();
    const [sender, receiver] = [client.createSender('q'), client.createReceiver('q')];
    const at = new Date(clock.now() + 30_000);
    await sender.scheduleMessages({ body: 'kept' }, at);
    const [cancelled] = await sender.scheduleMessages({ body: 'cancelled' }, at);
    if (cancelled) await sender.cancelScheduledMessages(cancelled);
    expect((await started.admin.getQueueRuntimeProperties('q')).scheduledMessageCount).toBe(1);
    expect(await receiveNothing(receiver)).toEqual([]);
    clock.advance(30_000);
    const message = await receiveOne(receiver);
    expect(message).toMatchObject({ body: 'kept', enqueuedTimeUtc: at });
  });

  it('has one timer waiting however many messages are locked', async () => {
    await started.admin.createQueue('q');
    const client = started.connect();
    await client.createSender('q').sendMessages(Array.from({ length: 50 }, (_, body) => ({ body })));
    const messages = await client.createReceiver('q').receiveMessages(50);
    expect(messages.length).toBeGreaterThan(0);
    const first = clock.next() ?? 0;
    expect(first).toBeLessThanOrEqual(clock.now() + 60_000);
    clock.advance(60_000);
    expect((await started.admin.getQueueRuntimeProperties('q')).activeMessageCount).toBe(50);
  });
});
