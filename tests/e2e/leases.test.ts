import { once } from 'node:events';
import { ServiceBusAdministrationClient, ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { type LeaseReply, leaseReply } from '#shared/protocol/lease-api.ts';
import { notification } from '#shared/protocol/notifications.ts';
import { topicNames } from '#shared/protocol/resource-names.ts';
import { installOn } from '../support/install.ts';
import { openLiveSocket } from '../support/live-socket.ts';
import { machineAt, type SystemUnderTest, startOwn } from '../support/system.ts';

type SignedIn = ApiClient & { token: string };

/** Operators connect by their role, Readers have none; Approvers say who may. */
describe('a machine that needs a lease', () => {
  let system: SystemUnderTest;
  let operator: SignedIn;
  let reader: SignedIn;
  let approver: SignedIn;
  let machineId: string;
  let bus: ServiceBusClient | undefined;
  const told: string[] = [];

  beforeAll(async () => {
    system = await startOwn('system', { settings: { ADMIN_CENTER_LEASE_GRANTS: 'role' } });
    ({ machineId } = await installOn(await system.as('Administrator'), machineAt(system, 0)));
    await listen();
    [operator, reader, approver] = await Promise.all([
      system.as('Operator'),
      system.as('Reader'),
      system.as('Approver'),
    ]);
  });
  afterAll(async () => {
    await bus?.close();
    await system?.stop();
  });

  /** As a chat or a ticket system that has subscribed. */
  async function listen(): Promise<void> {
    const { endpoint, connectionString } = system.connection.serviceBus;
    const admin = new ServiceBusAdministrationClient(connectionString);
    await admin.createSubscription(topicNames.notifications, 'chat');
    bus = new ServiceBusClient(connectionString, { customEndpointAddress: endpoint });
    const receiver = bus.createReceiver(topicNames.notifications, 'chat');
    receiver.subscribe({
      async processMessage({ body }) {
        const { type, data } = notification.parse(body);
        told.push(`${type.replace('admin-center.lease.', '')} ${data.leaseId}`);
      },
      async processError() {},
    });
  }

  async function call(who: SignedIn, method: string, path: string, body?: object) {
    const response = await fetch(`${system.baseUrl}/api/machines/${machineId}${path}`, {
      method,
      headers: { authorization: `Bearer ${who.token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as LeaseReply & { code?: string } };
  }
  const ask = async (who: SignedIn): Promise<string> => {
    const { status, body } = await call(who, 'POST', '/leases', { minutes: 30, purpose: 'replace the disk' });
    expect(status).toBe(201);
    return leaseReply.parse(body).id;
  };
  const decide = (who: SignedIn, id: string) =>
    call(who, 'POST', `/leases/${id}/decision`, { approve: true });

  const openWebSocket = async (who: SignedIn) => openLiveSocket((await who.connect(machineId)).url);

  it('requirement 87: lets in with a lease that somebody else approved, and cuts when it is revoked', async () => {
    expect((await call(approver, 'PUT', '/lease-policy', { required: true })).status).toBe(200);
    await expect(operator.connect(machineId)).rejects.toMatchObject({ problem: { code: 'lease_required' } });

    const id = await ask(operator);
    await expect(operator.connect(machineId)).rejects.toMatchObject({ problem: { code: 'lease_required' } });
    expect((await decide(operator, id)).body.code).toBe('lease_own_request');
    expect((await decide(approver, id)).body.state).toBe('approved');

    const socket = await openWebSocket(operator);
    const cut = once(socket, 'close');
    const revoked = await call(approver, 'DELETE', `/leases/${id}`);
    expect(revoked.body).toMatchObject({ state: 'ended', end: { reason: 'revoked' } });
    await cut;
    await expect(operator.connect(machineId)).rejects.toMatchObject({ problem: { code: 'lease_required' } });
  });

  it('requirement 94: gives the role in Azure for its time to who has none, and takes it back', async () => {
    await expect(reader.connect(machineId)).rejects.toMatchObject({ problem: { code: 'access_denied' } });
    const id = await ask(reader);
    expect((await decide(approver, id)).body.givesRole).toBe(true);
    const read = async () => (await call(approver, 'GET', `/leases/${id}`)).body;
    await expect.poll(async () => (await read()).state, { timeout: 10_000 }).toBe('active');
    expect((await read()).assignment?.id).toMatch(/\/roleAssignments\/[0-9a-f-]{36}$/);
    const socket = await openWebSocket(reader);
    const cut = once(socket, 'close');
    expect((await call(reader, 'DELETE', `/leases/${id}`)).body.end?.reason).toBe('given_back');
    await cut;
    await expect.poll(async () => (await read()).assignment?.removedAt, { timeout: 10_000 }).toBeDefined();
    const steps = ['requested', 'approved', 'started', 'ended'];
    await expect
      .poll(() => told.filter((line) => line.endsWith(id)), { timeout: 10_000 })
      .toEqual(steps.map((step) => `${step} ${id}`));
    await expect(reader.connect(machineId)).rejects.toMatchObject({ problem: { code: 'access_denied' } });
  });
});
