import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Started, startServiceBus } from './start.ts';

// Source: learn.microsoft.com/rest/api/servicebus (entity administration) and .../service-bus-quotas.

describe('administration', () => {
  let started: Started;
  beforeAll(async () => {
    started = await startServiceBus();
  });
  afterAll(() => started.close());

  it('creates a queue with the defaults of the service', async () => {
    await started.admin.createQueue('plain');
    expect(await started.admin.getQueue('plain')).toMatchObject({
      name: 'plain',
      lockDuration: 'PT1M',
      maxDeliveryCount: 10,
      maxSizeInMegabytes: 1024,
      requiresSession: false,
      deadLetteringOnMessageExpiration: false,
      defaultMessageTimeToLive: 'P10675199DT2H48M5.4775807S',
      status: 'Active',
      authorizationRules: undefined,
    });
  });

  it('matches names without case and keeps the case they were made with', async () => {
    await started.admin.createQueue('Agent-Reports');
    expect((await started.admin.getQueue('agent-reports')).name).toBe('Agent-Reports');
    await expect(started.admin.createQueue('AGENT-REPORTS')).rejects.toMatchObject({
      code: 'MessageEntityAlreadyExistsError',
      statusCode: 409,
    });
  });

  it('updates what may change and refuses the rest', async () => {
    const queue = await started.admin.createQueue('changing');
    queue.maxDeliveryCount = 3;
    queue.authorizationRules = [
      {
        claimType: 'SharedAccessKey',
        keyName: 'listen',
        accessRights: ['Listen'],
        primaryKey: 'cA==',
        secondaryKey: 'cw==',
      },
    ];
    await started.admin.updateQueue(queue);
    const changed = await started.admin.getQueue('changing');
    expect(changed.maxDeliveryCount).toBe(3);
    expect(changed.authorizationRules?.[0]).toMatchObject({ keyName: 'listen', accessRights: ['Listen'] });
    await expect(started.admin.updateQueue({ ...changed, requiresSession: true })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(started.admin.updateQueue({ ...changed, name: 'missing' })).rejects.toMatchObject({
      code: 'MessageEntityNotFoundError',
    });
  });

  it('lists queues page by page, and topics and subscriptions apart', async () => {
    for (const name of ['list-1', 'list-2', 'list-3']) await started.admin.createQueue(name);
    await started.admin.createTopic('list-topic');
    await started.admin.createSubscription('list-topic', 'sub');
    const pages: string[][] = [];
    for await (const page of started.admin.listQueues().byPage({ maxPageSize: 2 }))
      pages.push(page.map(({ name }) => name));
    expect(pages.every((page) => page.length <= 2)).toBe(true);
    expect(pages.flat()).toEqual(expect.arrayContaining(['list-1', 'list-2', 'list-3']));
    expect(pages.flat()).not.toContain('list-topic');
    const subscriptions: string[] = [];
    for await (const { subscriptionName } of started.admin.listSubscriptions('list-topic'))
      subscriptions.push(subscriptionName);
    expect(subscriptions).toEqual(['sub']);
    expect((await started.admin.getTopicRuntimeProperties('list-topic')).subscriptionCount).toBe(1);
  });

  it('deletes a queue, closing its receivers', async () => {
    await started.admin.createQueue('doomed');
    const failed = new Promise<unknown>((resolve) => {
      started
        .connect()
        .createReceiver('doomed')
        .subscribe({
          async processMessage() {},
          async processError({ error }) {
            resolve(error);
          },
        });
    });
    await expect.poll(() => started.bus.calls.count('attach')).toBeGreaterThan(2);
    await started.admin.deleteQueue('doomed');
    expect(await failed).toMatchObject({ code: 'MessagingEntityNotFound' });
    await expect(started.admin.deleteQueue('doomed')).rejects.toMatchObject({
      code: 'MessageEntityNotFoundError',
    });
  });

  it('describes the namespace as one of the Standard tier', async () => {
    expect(await started.admin.getNamespaceProperties()).toMatchObject({
      name: 'local',
      messagingSku: 'Standard',
    });
  });

  it.each([
    ['a lock of more than five minutes', { lockDuration: 'PT6M' }, 400],
    ['a time that is none', { defaultMessageTimeToLive: 'soon' }, 400],
    ['partitions, which it lacks', { enablePartitioning: true }, 501],
    ['forwarding to nowhere', { forwardTo: 'nowhere' }, 400],
    ['forwarding of sessions', { forwardTo: 'plain', requiresSession: true }, 400],
    ['a history of duplicates of five seconds', { duplicateDetectionHistoryTimeWindow: 'PT5S' }, 400],
    [
      'a policy that manages and does not send',
      {
        authorizationRules: [
          { claimType: 'SharedAccessKey', keyName: 'k', accessRights: ['Manage' as const] },
        ],
      },
      400,
    ],
  ])('refuses a queue with %s', async (_, options, statusCode) => {
    await expect(started.admin.createQueue('refused', options)).rejects.toMatchObject({ statusCode });
  });

  it('refuses a body that is no ATOM entry', async () => {
    const url = `https://${started.authority}/broken?api-version=2021-05`;
    const { sign, rootKey } = await import('./start.ts');
    const authorization = sign({
      resource: url,
      keyName: rootKey.name,
      key: rootKey.key,
      expiresAtMs: Date.now() + 60_000,
    });
    for (const body of ['', '<entry>', '<!DOCTYPE a [<!ENTITY b "c">]><entry/>', '{"json":true}']) {
      const { status } = await fetch(url, { method: 'PUT', headers: { authorization }, body });
      expect(status).toBe(400);
    }
    expect((await fetch(url, { method: 'POST', headers: { authorization } })).status).toBe(501);
    expect((await fetch(url)).status).toBe(401);
  });
});
