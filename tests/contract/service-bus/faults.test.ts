import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { receiveOne, type Started, startServiceBus } from './start.ts';

// The conditions are those of learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot and
// .../service-bus-messaging-exceptions-latest ("ServiceBusy", "MessageLockLost", "SessionLockLost").

describe('a switched-on fault', () => {
  let started: Started;
  beforeAll(async () => {
    started = await startServiceBus();
    await started.admin.createQueue('q');
    await started.admin.createQueue('s', { requiresSession: true });
  });
  afterAll(() => started.close());
  beforeEach(() => started.bus.faults.clear());

  it('is seen by the client as the condition of the service, as often as it was set', async () => {
    const { calls, faults } = started.bus;
    const sender = started.connect().createSender('q');
    const before = calls.count('send');
    await sender.sendMessages({ body: 1 });
    faults.set('send', { status: 503, count: 1 });
    await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: 'ServiceBusy' });
    await sender.sendMessages({ body: 3 });
    expect(calls.count('send') - before).toBe(3);
  });

  it('drops the connection, which the client opens again', async () => {
    const retryOptions = { maxRetries: 2, retryDelayInMs: 10, timeoutInMs: 500 };
    const sender = started.connect(started.connectionString, { retryOptions });
    started.bus.faults.set('send', { drop: true, count: 1 });
    await sender.createSender('q').sendMessages({ body: 1 });
    expect(started.bus.faults.list().size).toBe(0);
  });

  it('throttles with the code of the service and the wait', async () => {
    started.bus.faults.set('send', { throttleMs: 2_000, count: 1 });
    const sending = started.connect().createSender('q').sendMessages({ body: 1 });
    await expect(sending).rejects.toMatchObject({
      code: 'ServiceBusy',
      message: expect.stringMatching(/50009.*wait 2 seconds/) as string,
    });
  });

  it('delays an answer past the time that the client waits', async () => {
    const sender = started
      .connect(started.connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: 200 } })
      .createSender('q');
    await sender.sendMessages({ body: 1 });
    started.bus.faults.set('send', { delayMs: 400, count: 1 });
    await expect(sender.sendMessages({ body: 2 })).rejects.toMatchObject({ code: 'ServiceTimeout' });
  });

  it('loses the lock of a message: the delivery is counted and the message comes again', async () => {
    await started.admin.createQueue('lost');
    const client = started.connect();
    await client.createSender('lost').sendMessages({ body: 'once more' });
    const receiver = client.createReceiver('lost');
    const message = await receiveOne(receiver);
    started.bus.faults.set('complete', { lockLost: true, count: 1 });
    await expect(receiver.completeMessage(message)).rejects.toMatchObject({ code: 'MessageLockLost' });
    const again = await receiveOne(receiver);
    expect(again.deliveryCount).toBe(1);
    started.bus.faults.set('renew-lock', { lockLost: true, count: 1 });
    await expect(receiver.renewMessageLock(again)).rejects.toMatchObject({ code: 'MessageLockLost' });
    await receiver.completeMessage(await receiveOne(receiver));
  });

  it('loses the lock of a session, whose receiver is closed', async () => {
    const client = started.connect();
    await client.createSender('s').sendMessages({ body: 1, sessionId: 'a' });
    const session = await client.acceptSession('s', 'a');
    await receiveOne(session);
    started.bus.faults.set('renew-session-lock', { lockLost: true, count: 1 });
    await expect(session.renewSessionLock()).rejects.toMatchObject({ code: 'SessionLockLost' });
    const next = await client.acceptSession('s', 'a');
    expect((await receiveOne(next)).deliveryCount).toBe(1);
  });

  it('judges tokens by a clock that is off', async () => {
    started.bus.faults.set('$cbs', { skewMs: 2 * 3_600_000 });
    const late = started.connect().createSender('q').sendMessages({ body: 1 });
    await expect(late).rejects.toMatchObject({ code: 'UnauthorizedAccess' });
    started.bus.faults.set('GET entity', { skewMs: 2 * 3_600_000 });
    await expect(started.admin.getQueue('q')).rejects.toMatchObject({ statusCode: 401 });
    started.bus.faults.clear();
    await started.connect().createSender('q').sendMessages({ body: 2 });
  });

  it('is refused by the administration in its own shape', async () => {
    started.bus.faults.set('PUT entity', { throttleMs: 1_000, count: 1 });
    await expect(started.admin.createQueue('later', { maxDeliveryCount: 3 })).resolves.toBeDefined();
    expect(started.bus.calls.count('PUT entity')).toBeGreaterThan(2);
  });

  it('is known by the names of the operations, and somebody who looks inside sees the depths', async () => {
    expect(started.bus.operations).toEqual(expect.arrayContaining(['send', 'renew-lock', 'PUT entity']));
    await started.admin.createQueue('seen');
    await started
      .connect()
      .createSender('seen')
      .sendMessages([{ body: 1 }, { body: 2 }]);
    const [queues] = started.bus.inspect?.() ?? [];
    expect(queues?.rows.find(([path]) => path === 'seen')?.slice(0, 5)).toEqual(['seen', 2, 0, 0, 0]);
  });
});
