import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receiveNothing, receiveOne, type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging, pages "message-transfers-locks-settlement",
// "service-bus-dead-letter-queues", "message-deferral", "message-sequencing", "message-browsing".

describe('a queue', () => {
  let started: Started;
  beforeAll(async () => {
    started = await startServiceBus();
  });
  afterAll(() => started.close());

  let queue = '';
  let number = 0;
  beforeEach(async () => {
    queue = `queue-${number++}`;
    await started.admin.createQueue(queue, { maxDeliveryCount: 2 });
  });

  const open = () => {
    const client = started.connect();
    return {
      sender: client.createSender(queue),
      receiver: client.createReceiver(queue),
      deadLetters: client.createReceiver(queue, { subQueueType: 'deadLetter' }),
      taker: client.createReceiver(queue, { receiveMode: 'receiveAndDelete' }),
    };
  };

  it('delivers a message with its body and properties, and nothing after it is completed', async () => {
    const { sender, receiver } = open();
    await sender.sendMessages({
      messageId: 'm-1',
      body: { text: 'hello' },
      subject: 'greeting',
      correlationId: 'c-1',
      contentType: 'application/json',
      applicationProperties: { count: 7, ok: true, ratio: 0.5, name: 'a' },
    });
    const message = await receiveOne(receiver);
    expect(message).toMatchObject({
      messageId: 'm-1',
      body: { text: 'hello' },
      subject: 'greeting',
      correlationId: 'c-1',
      contentType: 'application/json',
      deliveryCount: 0,
      state: 'active',
      applicationProperties: { count: 7, ok: true, ratio: 0.5, name: 'a' },
    });
    expect(message.lockToken).toMatch(/^[0-9a-f-]{36}$/);
    expect(message.lockedUntilUtc?.getTime()).toBeGreaterThan(message.enqueuedTimeUtc?.getTime() ?? 0);
    await receiver.completeMessage(message);
    expect(await receiveNothing(receiver)).toEqual([]);
    expect((await started.admin.getQueueRuntimeProperties(queue)).totalMessageCount).toBe(0);
  });

  it('numbers messages in the order of their arrival and delivers them in it', async () => {
    const { sender, taker } = open();
    const batch = await sender.createMessageBatch();
    expect(batch.maxSizeInBytes).toBe(256 * 1024);
    for (const body of ['a', 'b', 'c']) batch.tryAddMessage({ body });
    await sender.sendMessages(batch);
    const messages = await taker.receiveMessages(3, { maxWaitTimeInMs: 2_000 });
    expect(messages.map(({ body }) => body)).toEqual(['a', 'b', 'c']);
    expect(messages.map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual([1, 2, 3]);
  });

  it('gives an abandoned message again, with the delivery counted and its properties changed', async () => {
    const { sender, receiver } = open();
    await sender.sendMessages({ body: 'x', applicationProperties: { kept: 'yes' } });
    await receiver.abandonMessage(await receiveOne(receiver), { tried: 'once' });
    const again = await receiveOne(receiver);
    expect(again.deliveryCount).toBe(1);
    expect(again.applicationProperties).toEqual({ kept: 'yes', tried: 'once' });
  });

  it('moves a message to the dead-letter queue when it was delivered as often as it may be', async () => {
    const { sender, receiver, deadLetters } = open();
    await sender.sendMessages({ body: 'poison' });
    for (let attempt = 0; attempt < 2; attempt++) await receiver.abandonMessage(await receiveOne(receiver));
    const dead = await receiveOne(deadLetters);
    expect(dead).toMatchObject({
      body: 'poison',
      deadLetterReason: 'MaxDeliveryCountExceeded',
      deadLetterSource: queue,
    });
    await deadLetters.completeMessage(dead);
    expect((await started.admin.getQueueRuntimeProperties(queue)).deadLetterMessageCount).toBe(0);
  });

  it('moves a message to the dead-letter queue with the reason that its receiver gives', async () => {
    const { sender, receiver, deadLetters } = open();
    await sender.sendMessages({ body: 'bad' });
    await receiver.deadLetterMessage(await receiveOne(receiver), {
      deadLetterReason: 'malformed',
      deadLetterErrorDescription: 'no signature',
      seenBy: 'a test',
    });
    const dead = await receiveOne(deadLetters);
    expect(dead.deadLetterReason).toBe('malformed');
    expect(dead.deadLetterErrorDescription).toBe('no signature');
    expect(dead.applicationProperties?.['seenBy']).toBe('a test');
  });

  it('keeps a deferred message for whoever asks for its sequence number', async () => {
    const { sender, receiver } = open();
    await sender.sendMessages({ body: 'later' });
    const message = await receiveOne(receiver);
    await receiver.deferMessage(message);
    expect(await receiveNothing(receiver)).toEqual([]);
    const [deferred = message] = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);
    expect(deferred).toMatchObject({ body: 'later', state: 'deferred' });
    await receiver.completeMessage(deferred);
    expect((await started.admin.getQueueRuntimeProperties(queue)).totalMessageCount).toBe(0);
  });

  it('removes a message as it is received in the receive-and-delete mode', async () => {
    const { sender, taker } = open();
    await sender.sendMessages({ body: 'once' });
    expect((await receiveOne(taker)).body).toBe('once');
    expect((await started.admin.getQueueRuntimeProperties(queue)).totalMessageCount).toBe(0);
  });

  it('shows messages to a peek without locking them', async () => {
    const { sender, receiver } = open();
    await sender.sendMessages([{ body: 1 }, { body: 2 }]);
    expect((await receiver.peekMessages(10)).map(({ body }) => body)).toEqual([1, 2]);
    expect((await receiveOne(receiver)).deliveryCount).toBe(0);
  });

  it('shares messages among competing receivers, each message to one of them', async () => {
    const { sender } = open();
    const client = started.connect();
    const seen: unknown[] = [];
    const receivers = [1, 2, 3].map(() => client.createReceiver(queue));
    const all = new Promise<void>((resolve) => {
      for (const receiver of receivers)
        receiver.subscribe(
          {
            async processMessage({ body }) {
              seen.push(body);
              if (seen.length === 60) resolve();
            },
            async processError() {},
          },
          { maxConcurrentCalls: 4 },
        );
    });
    await sender.sendMessages(Array.from({ length: 60 }, (_, body) => ({ body })));
    await all;
    await Promise.all(receivers.map((receiver) => receiver.close()));
    expect(new Set(seen).size).toBe(60);
  });

  it('gives a message again when its handler throws', async () => {
    const { sender, receiver } = open();
    const counts: (number | undefined)[] = [];
    const twice = new Promise<void>((resolve) => {
      receiver.subscribe({
        async processMessage({ deliveryCount }) {
          counts.push(deliveryCount);
          if (counts.length === 1) throw new Error('first time fails');
          resolve();
        },
        async processError() {},
      });
    });
    await sender.sendMessages({ body: 'x' });
    await twice;
    expect(counts).toEqual([0, 1]);
  });

  it('takes more messages through one link than a session has delivery slots', async () => {
    const { sender, receiver } = open();
    let left = 2_500;
    const done = new Promise<void>((resolve) => {
      receiver.subscribe(
        {
          async processMessage() {
            if (--left === 0) resolve();
          },
          async processError() {},
        },
        { maxConcurrentCalls: 100 },
      );
    });
    for (let sent = 0; sent < 2_500; sent += 500)
      await sender.sendMessages(Array.from({ length: 500 }, () => ({ body: 'x' })));
    await done;
    expect(left).toBe(0);
  });

  it('refuses a message of more than 256 KB', async () => {
    const { sender, taker } = open();
    await sender.sendMessages({ body: Buffer.alloc(250 * 1024) });
    expect((await receiveOne(taker)).body).toHaveLength(250 * 1024);
    await expect(sender.sendMessages({ body: Buffer.alloc(600 * 1024) })).rejects.toMatchObject({
      code: 'MessageSizeExceeded',
    });
  });

  it('refuses a link to an entity that does not exist', async () => {
    const client = started.connect();
    const missing = { code: 'MessagingEntityNotFound' };
    await expect(client.createSender('missing').sendMessages({ body: 1 })).rejects.toMatchObject(missing);
    await expect(client.createReceiver('missing').receiveMessages(1)).rejects.toMatchObject(missing);
  });
});
