import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { receiveOne, type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging, pages "service-bus-auto-forwarding",
// "service-bus-dead-letter-queues" (transfer dead-letter queue) and "duplicate-detection".

let started: Started;
let clock: ManualClock;
beforeEach(async () => {
  clock = createManualClock(Date.now());
  started = await startServiceBus({ clock });
});
afterEach(() => started.close());

type SubQueue = 'deadLetter' | 'transferDeadLetter';
/** What is in the queue; a peek answers at once. */
const take = (queue: string, subQueueType?: SubQueue) =>
  started
    .connect()
    .createReceiver(queue, subQueueType ? { subQueueType } : {})
    .peekMessages(10);
const bodies = async (queue: string, subQueueType?: SubQueue) =>
  (await take(queue, subQueueType)).map(({ body }) => body as unknown);
const send = (entity: string, ...body: unknown[]) =>
  started
    .connect()
    .createSender(entity)
    .sendMessages(body.map((each) => ({ body: each })));

describe('forwarding', () => {
  it('moves what arrives in a queue or subscription to its target, chained', async () => {
    const { admin } = started;
    await admin.createQueue('end');
    await admin.createTopic('middle');
    await admin.createSubscription('middle', 's', { forwardTo: 'end' });
    await admin.createQueue('begin', { forwardTo: 'middle' });
    await send('begin', 1, 2);
    expect(await bodies('end')).toEqual([1, 2]);
    expect((await admin.getQueue('begin')).forwardTo).toMatch(/\/middle$/);
    const receiving = started.connect().createReceiver('begin').receiveMessages(1);
    await expect(receiving).rejects.toMatchObject({ code: 'GeneralError', retryable: false });
  });

  it('moves a scheduled message at its time, and what waited when it was switched on', async () => {
    const { admin } = started;
    await admin.createQueue('end');
    const begin = await admin.createQueue('begin');
    await send('begin', 'before');
    await admin.updateQueue({ ...begin, forwardTo: 'end' });
    expect(await bodies('end')).toEqual(['before']);
    const sender = started.connect().createSender('begin');
    await sender.scheduleMessages({ body: 'later' }, new Date(clock.now() + 60_000));
    expect(await bodies('end')).toEqual(['before']);
    clock.advance(60_000);
    expect(await bodies('end')).toEqual(['before', 'later']);
  });

  it('moves dead letters, which keep their reason and where they died', async () => {
    await started.admin.createQueue('morgue');
    await started.admin.createQueue('q', { forwardDeadLetteredMessagesTo: 'morgue' });
    await send('q', 'bad');
    const receiver = started.connect().createReceiver('q');
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: 'tired',
      deadLetterErrorDescription: 'of waiting',
    });
    const [dead] = await take('morgue');
    expect(dead).toMatchObject({ body: 'bad', deadLetterReason: 'tired', deadLetterSource: 'q' });
  });

  it('stops after four hops, and when the target is gone, in the transfer dead-letter queue', async () => {
    const { admin } = started;
    for (const name of ['h5', 'h4', 'h3', 'h2', 'h1', 'h0'])
      await admin.createQueue(name, name === 'h5' ? {} : { forwardTo: `h${Number(name[1]) + 1}` });
    await send('h1', 'four');
    expect(await bodies('h5')).toEqual(['four']);
    await send('h0', 'five');
    const [tooFar] = await take('h4', 'transferDeadLetter');
    expect(tooFar).toMatchObject({ body: 'five', deadLetterReason: 'MaxTransferHopCountExceeded' });
    await admin.deleteQueue('h5');
    await send('h4', 'nowhere');
    const counts = await admin.getQueueRuntimeProperties('h4');
    expect(counts).toMatchObject({ transferDeadLetterMessageCount: 2, activeMessageCount: 0 });
    expect(await bodies('h4', 'transferDeadLetter')).toEqual(['five', 'nowhere']);
  });
});

describe('duplicate detection', () => {
  it('drops a message with an id that was seen within the window, and takes it after', async () => {
    await started.admin.createQueue('q', {
      requiresDuplicateDetection: true,
      duplicateDetectionHistoryTimeWindow: 'PT1M',
    });
    const sender = started.connect().createSender('q');
    await sender.sendMessages([
      { body: 'first', messageId: 'a' },
      { body: 'again', messageId: 'a' },
      { body: 'other', messageId: 'b' },
    ]);
    await sender.sendMessages({ body: 'again', messageId: 'a' });
    expect(await bodies('q')).toEqual(['first', 'other']);
    clock.advance(60_000);
    await sender.sendMessages({ body: 'new', messageId: 'a' });
    expect(await bodies('q')).toEqual(['first', 'other', 'new']);
  });

  it('is one of a topic, before its rules', async () => {
    await started.admin.createTopic('t', { requiresDuplicateDetection: true });
    await started.admin.createSubscription('t', 's');
    const sender = started.connect().createSender('t');
    for (let index = 0; index < 2; index++) await sender.sendMessages({ body: index, messageId: 'a' });
    const found = await started
      .connect()
      .createReceiver('t', 's')
      .receiveMessages(5, { maxWaitTimeInMs: 150 });
    expect(found.map(({ body }) => body as unknown)).toEqual([0]);
  });

  it('remembers across a restart', async () => {
    const store = openStore(':memory:');
    for (const body of ['before', 'after']) {
      const one = await startServiceBus({ clock, store });
      if (body === 'before') await one.admin.createQueue('q', { requiresDuplicateDetection: true });
      await one.connect().createSender('q').sendMessages({ body, messageId: 'a' });
      expect((await one.admin.getQueueRuntimeProperties('q')).totalMessageCount).toBe(1);
      await one.close();
    }
    store.close();
  });
});
