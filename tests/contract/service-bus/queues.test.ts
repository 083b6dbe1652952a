import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Started, startServiceBus } from './start.ts';

let started: Started;
beforeAll(async () => {
  started = await startServiceBus();
});
afterAll(() => started.close());

describe('a queue', () => {
  it('delivers a message with its body and properties', async () => {
    await started.admin.createQueue('orders');
    const client = started.connect();
    const sender = client.createSender('orders');
    await sender.sendMessages({
      messageId: 'm-1',
      body: { text: 'hello' },
      subject: 'greeting',
      correlationId: 'c-1',
      contentType: 'application/json',
      applicationProperties: { count: 7, when: new Date(0), ok: true, ratio: 0.5, name: 'a' },
    });
    const receiver = client.createReceiver('orders');
    const [message] = await receiver.receiveMessages(1);
    expect(message).toMatchObject({
      messageId: 'm-1',
      body: { text: 'hello' },
      subject: 'greeting',
      correlationId: 'c-1',
      deliveryCount: 0,
      state: 'active',
      applicationProperties: { count: 7, ok: true, ratio: 0.5, name: 'a' },
    });
    expect(message?.lockToken).toMatch(/^[0-9a-f-]{36}$/);
    if (message) await receiver.completeMessage(message);
    const counts = await started.admin.getQueueRuntimeProperties('orders');
    expect(counts.totalMessageCount).toBe(0);
  });
});
