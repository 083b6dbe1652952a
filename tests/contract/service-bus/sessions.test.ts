import type { ServiceBusReceivedMessage, ServiceBusSessionReceiver } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { receiveOne, type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging/message-sessions.

describe('a queue that requires sessions', () => {
  let started: Started;
  let clock: ManualClock;
  beforeEach(async () => {
    clock = createManualClock(Date.now());
    started = await startServiceBus({ clock });
    await started.admin.createQueue('q', { requiresSession: true, lockDuration: 'PT1M' });
  });
  afterEach(() => started.close());

  const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };
  const send = (...messages: [sessionId: string, body: unknown][]) =>
    started
      .connect()
      .createSender('q')
      .sendMessages(messages.map(([sessionId, body]) => ({ sessionId, body })));
  const receive = (receiver: ServiceBusSessionReceiver, count: number) =>
    receiver.receiveMessages(count, { maxWaitTimeInMs: 2_000 });
  const bodies = (messages: ServiceBusReceivedMessage[]) => messages.map(({ body }) => body);

  it('gives the messages of a session in order to the one who holds it', async () => {
    await send(['a', 1], ['b', 2], ['a', 3]);
    const client = started.connect();
    const a = await client.acceptSession('q', 'a', noRenewal);
    expect(a.sessionLockedUntilUtc.getTime()).toBe(clock.now() + 60_000);
    expect(bodies(await receive(a, 2))).toEqual([1, 3]);
    const b = await client.acceptSession('q', 'b', noRenewal);
    expect(bodies(await receive(b, 1))).toEqual([2]);
  });

  it('gives the messages of a session to a handler, one at a time, and completes them', async () => {
    await send(['a', 1], ['a', 2], ['a', 3]);
    const session = await started.connect().acceptNextSession('q', noRenewal);
    const handled: unknown[] = [];
    session.subscribe({
      async processMessage({ body }) {
        handled.push(body);
      },
      async processError() {},
    });
    await expect.poll(() => handled).toEqual([1, 2, 3]);
    await expect.poll(() => started.bus.calls.count('complete')).toBe(3);
    expect((await started.admin.getQueueRuntimeProperties('q')).totalMessageCount).toBe(0);
  });

  it('refuses a session that another receiver holds until that one closes', async () => {
    const client = started.connect();
    const holder = await client.acceptSession('q', 'a', noRenewal);
    await expect(client.acceptSession('q', 'a')).rejects.toMatchObject({ code: 'SessionCannotBeLocked' });
    await holder.close();
    const next = await client.acceptSession('q', 'a', noRenewal);
    expect(next.sessionId).toBe('a');
  });

  it('accepts as the next session the free one with the oldest message', async () => {
    await send(['late', 1], ['later', 2]);
    const client = started.connect();
    const first = await client.acceptNextSession('q', noRenewal);
    const second = await client.acceptNextSession('q', noRenewal);
    expect([first.sessionId, second.sessionId]).toEqual(['late', 'later']);
  });

  it('lets the one who asks for the next session wait until one turns up', async () => {
    const client = started.connect();
    const waiting = client.acceptNextSession('q', noRenewal);
    await expect.poll(() => started.bus.calls.count('attach')).toBe(3);
    await send(['new', 'hello']);
    const session = await waiting;
    expect(session.sessionId).toBe('new');
    expect(bodies(await receive(session, 1))).toEqual(['hello']);
  });

  it('answers a wait for the next session with a timeout when none turns up', async () => {
    const client = started.connect();
    const waiting = client.acceptNextSession('q', noRenewal);
    const refusal = waiting.catch((error: unknown) => error);
    await expect.poll(() => started.bus.calls.count('attach')).toBe(3);
    clock.advance(65_000);
    expect(await refusal).toMatchObject({ code: 'ServiceTimeout' });
  });

  it('keeps the state of a session', async () => {
    const client = started.connect();
    const first = await client.acceptSession('q', 'a', noRenewal);
    expect(await first.getSessionState()).toBeNull();
    await first.setSessionState({ step: 2 });
    await first.close();
    const second = await client.acceptSession('q', 'a', noRenewal);
    expect(await second.getSessionState()).toEqual({ step: 2 });
  });

  it('loses the lock of a session when its time is over, and counts the deliveries', async () => {
    await send(['a', 1]);
    const client = started.connect();
    const holder = await client.acceptSession('q', 'a', noRenewal);
    const message = await receiveOne(holder);
    clock.advance(60_000);
    await expect.poll(() => holder.isClosed).toBe(true);
    await expect(holder.completeMessage(message)).rejects.toThrow(/session lock has expired/i);
    const next = await client.acceptNextSession('q', noRenewal);
    const [again] = await receive(next, 1);
    expect(again?.deliveryCount).toBe(1);
  });

  it('extends the lock of a session that is renewed', async () => {
    await send(['a', 1]);
    const client = started.connect();
    const holder = await client.acceptSession('q', 'a', noRenewal);
    const message = await receiveOne(holder);
    clock.advance(40_000);
    await holder.renewSessionLock();
    clock.advance(40_000);
    await holder.completeMessage(message);
    expect((await started.admin.getQueueRuntimeProperties('q')).totalMessageCount).toBe(0);
  });

  it('counts no delivery when a session is closed with messages in hand', async () => {
    await send(['a', 1]);
    const client = started.connect();
    const holder = await client.acceptSession('q', 'a', noRenewal);
    expect(await receive(holder, 1)).toHaveLength(1);
    await holder.close();
    const [again] = await receive(await client.acceptSession('q', 'a', noRenewal), 1);
    expect(again?.deliveryCount).toBe(0);
  });

  it('frees the sessions of a connection that breaks', async () => {
    await send(['a', 1]);
    const gone = started.connect();
    await gone.acceptSession('q', 'a', noRenewal);
    await gone.close();
    expect((await started.connect().acceptSession('q', 'a', noRenewal)).sessionId).toBe('a');
  });

  it('refuses a message without a session id, and a receiver that asks for no session', async () => {
    const client = started.connect();
    await expect(client.createSender('q').sendMessages({ body: 1 })).rejects.toThrow(/SessionId was not set/);
    await expect(client.createReceiver('q').receiveMessages(1)).rejects.toThrow(/requires sessions/);
  });

  it('refuses a session receiver on a queue without sessions', async () => {
    await started.admin.createQueue('plain');
    await expect(started.connect().acceptSession('plain', 'a')).rejects.toThrow(
      /sessionful message receiver/,
    );
  });
});
