import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '#local/kit/store.ts';
import { host, rootKey, startServiceBus, tls } from './start.ts';

// Source: learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement ("a settled transfer
// is stored durably") and .../service-bus-outages-disasters (a lock does not survive a failover).

describe('a namespace that is killed', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'service-bus-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  // What is under way when the process dies is answered by nobody.
  const impatient = { retryOptions: { maxRetries: 0, timeoutInMs: 2_000 } };

  const startProcess = async (file: string) => {
    const child = fork(new URL('./namespace-process.ts', import.meta.url), { execArgv: [] });
    child.send({ file, tls, rootKey });
    const [port] = (await once(child, 'message')) as [number];
    const text = `Endpoint=sb://${host}:${port}/;SharedAccessKeyName=${rootKey.name};SharedAccessKey=${rootKey.key}`;
    return {
      child,
      admin: new ServiceBusAdministrationClient(text),
      client: new ServiceBusClient(text, impatient),
    };
  };

  it('has everything that it acknowledged, and what was locked is delivered again and counted', async () => {
    const file = join(folder, 'service-bus.sqlite');
    const { child, admin, client } = await startProcess(file);
    await admin.createQueue('q', { maxDeliveryCount: 5 });
    await admin.createQueue('s', { requiresSession: true });
    await admin.createTopic('t');
    await admin.createSubscription('t', 'sub', {
      defaultRuleOptions: { name: 'r', filter: { subject: 'x' } },
    });
    const receiver = client.createReceiver('q');
    await client
      .createSender('q')
      .sendMessages(['done', 'abandoned', 'locked', 'waiting'].map((body) => ({ body })));
    const messages = await receiver.receiveMessages(3, { maxWaitTimeInMs: 2_000 });
    expect(messages.map(({ body }) => body)).toEqual(['done', 'abandoned', 'locked']);
    const [done, abandoned] = messages;
    if (done) await receiver.completeMessage(done);
    if (abandoned) await receiver.abandonMessage(abandoned);
    const session = await client.acceptSession('s', 'a');
    await session.setSessionState({ step: 1 });
    await client.createSender('t').sendMessages({ body: 'event', subject: 'x' });

    // Sends until the kill cuts it off: what was acknowledged must be there.
    let acknowledged = 0;
    const sender = client.createSender('q');
    const sending = (async () => {
      while (child.exitCode === null && !child.killed)
        await sender.sendMessages({ body: `n${acknowledged}` }).then(
          () => acknowledged++,
          () => {},
        );
    })();
    await expect.poll(() => acknowledged).toBeGreaterThan(20);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await sending;
    await client.close();

    const store = openStore(file);
    const reopened = await startServiceBus({ store });
    const again = reopened.connect();
    const taker = again.createReceiver('q', { receiveMode: 'receiveAndDelete' });
    const found = new Map<unknown, number | undefined>();
    for (let page = await taker.receiveMessages(500, { maxWaitTimeInMs: 500 }); page.length > 0; ) {
      for (const { body, deliveryCount } of page) found.set(body, deliveryCount);
      page = await taker.receiveMessages(500, { maxWaitTimeInMs: 100 });
    }
    expect(found.has('done')).toBe(false);
    expect([found.get('abandoned'), found.get('locked'), found.get('waiting')]).toEqual([1, 1, 0]);
    for (let index = 0; index < acknowledged; index++) expect(found.has(`n${index}`)).toBe(true);
    const next = await again.acceptSession('s', 'a');
    expect(await next.getSessionState()).toEqual({ step: 1 });
    const [event] = await again.createReceiver('t', 'sub').receiveMessages(1);
    expect(event?.body).toBe('event');
    await reopened.close();
    store.close();
  });
});
