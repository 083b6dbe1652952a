import { beforeEach, describe, expect, it, vi } from 'vitest';
import { registerCertificate } from '#functions/http/certificate.ts';
import { registerDrill } from '#functions/http/drill.ts';
import { registerOperations } from '#functions/http/operations.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import { takeMachine } from '#orchestrations/records.ts';
import { createTrackOperationActivities } from '#orchestrations/track-operation/activities.ts';
import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import { fleetPartition } from '#shared/domain/documents.ts';
import { certificateReply, drillListReply, drillReply } from '#shared/protocol/certificate-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';
import { addMachine, administrator, grant, machineId } from '../../support/sample-machine.ts';

/** What Durable was asked for. */
const durable = vi.hoisted(() => ({
  started: [] as { name: string; input: object }[],
  raised: [] as string[],
}));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async startNew(name: string, { input }: { input: object }) {
      durable.started.push({ name, input });
    },
    async raiseEvent(instance: string, name: string) {
      durable.raised.push(`${name} ${instance}`);
    },
    async getStatus() {
      return { runtimeStatus: 'Running' };
    },
  }),
}));

const clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
let memory: MemoryPorts;
registerCertificate(() => memory.ports);
registerDrill(() => memory.ports);
registerOperations(() => memory.ports);

const reader = { id: '00000000-0000-4000-8000-0000000000c2', name: 'reader@example.test' };
const installer = { id: '00000000-0000-4000-8000-0000000000c3', name: 'installer@example.test' };
const leaf: IssuedLeaf = {
  thumbprint: 'ab',
  serialNumber: '01',
  notBefore: '2026-10-01T12:00:00.000Z',
  notAfter: '2026-12-30T12:00:00.000Z',
  machineName: 'name',
  hostNames: ['name.wac.test', '*.name.wac.test'],
  custody: 'vault',
  version: '1',
  issuedBy: { name: 'authority-test', authority: 'https://authority-test.test/directory', account: 'x' },
  issuedAt: '2026-10-01T12:00:00.000Z',
};

beforeEach(async () => {
  memory = createMemoryPorts(clock);
  durable.started.length = 0;
  durable.raised.length = 0;
  await addMachine(memory, {
    machineName: 'name',
    extension: { state: 'installed', port: 6516, installedAt: '2026-10-01T12:00:00.000Z' },
  });
  for (const caller of [administrator, reader, installer])
    memory.callers.set(tokenOf(caller), { ...caller, tenantId, isApplication: false, roles: [] });
  const see = 'Microsoft.HybridCompute/machines/read';
  memory.roles.held.set(reader.id, { grants: [grant('Reader', { actions: ['*/read'] })], denials: [] });
  memory.roles.held.set(installer.id, {
    grants: [
      grant('Contributor', {
        actions: [
          see,
          'Microsoft.HybridCompute/machines/extensions/write',
          'Microsoft.HybridConnectivity/endpoints/write',
        ],
      }),
    ],
    denials: [],
  });
  const { ports } = memory;
  await moveCertificate(ports, machineId, {
    type: 'order',
    id: 'i',
    custody: 'vault',
    retryAt: leaf.notAfter,
  });
  await moveCertificate(ports, machineId, {
    type: 'issue',
    leaf,
    point: 0.5,
    dueAt: '2026-11-30T12:00:00.000Z',
  });
  await moveCertificate(ports, machineId, { type: 'serve', thumbprint: 'ab' });
});

/** A problem is text of its own media type: read here like the rest. */
async function call(
  name: string,
  caller: { name: string } | undefined,
  options: Parameters<typeof callFunction>[1] = {},
) {
  const answer = await callFunction(name, {
    params: { id: machineId },
    headers: caller ? { authorization: `Bearer ${tokenOf(caller)}` } : {},
    ...options,
  });
  return {
    ...answer,
    body: typeof answer.body === 'string' ? (JSON.parse(answer.body) as object) : answer.body,
  };
}
const tokenOf = ({ name }: { name: string }): string => name.split('@')[0] ?? '';
const post = { method: 'POST', body: '{}' };

describe('the certificate of a machine', () => {
  it('is explained, with what happens next and what has happened', async () => {
    const { status, body } = await call('getCertificate', reader);
    expect(status).toBe(200);
    const reply = certificateReply.parse(body);
    expect(reply).toMatchObject({
      state: 'served',
      next: { what: 'It is renewed.', at: '2026-11-30T12:00:00.000Z' },
      emergencyAt: '2026-12-15T12:00:00.000Z',
      leaf: { issuedBy: { name: 'authority-test' }, servedAt: '2026-10-01T12:00:00.000Z' },
    });
    expect(reply.history.map(({ event }) => event).toSorted()).toEqual(
      ['issued', 'ordered', 'served'].toSorted(),
    );
    expect(JSON.stringify(reply)).not.toMatch(/PRIVATE|account/);
  });

  it('that does not exist is told by its code', async () => {
    await memory.store.commit(machineId, [{ remove: 'certificate' }]);
    expect(await call('getCertificate', reader)).toMatchObject({
      status: 409,
      body: { code: 'certificate_missing' },
    });
  });
});

describe('who may change it (acmebot defect 9)', () => {
  const changes = [
    ['renewCertificate_post', post],
    ['revokeCertificate_post', { method: 'POST', body: '{"reason":"superseded"}' }],
    ['startDrill_post', post],
  ] as const;

  it.each(changes)('%s: nobody without a token', async (name, options) => {
    expect(await call(name, undefined, options)).toMatchObject({ status: 401 });
    expect(durable.started).toEqual([]);
  });

  it.each(changes)('%s: not whoever may only read; the missing action is named', async (name, options) => {
    expect(await call(name, reader, options)).toMatchObject({
      status: 403,
      body: { code: 'access_denied', missingAction: 'Microsoft.HybridCompute/machines/extensions/write' },
    });
    expect(durable.started).toEqual([]);
  });

  it.each(changes)('%s: whoever may install', async (name, options) => {
    expect((await call(name, installer, options)).status).toBe(202);
    expect(durable.started).toHaveLength(1);
  });

  it('a stranger learns nothing of the machine', async () => {
    memory.callers.set('stranger', { id: 'x', name: 'stranger', tenantId, isApplication: false, roles: [] });
    expect((await call('getCertificate', { name: 'stranger' })).status).toBe(404);
    expect((await call('renewCertificate_post', { name: 'stranger' }, post)).status).toBe(404);
  });
});

describe('a request that cannot be', () => {
  it.each([
    ['renewCertificate_post', '{"keys":"paper"}', 'keys'],
    ['revokeCertificate_post', '{"reason":"because"}', 'reason'],
    ['revokeCertificate_post', '{}', 'reason'],
    ['startDrill_post', '{"revoke":"yes"}', 'revoke'],
    ['startDrill_post', '{"percent":10}', 'percent'],
  ])('%s with %s names the field %s', async (name, body, field) => {
    const answer = await call(name, installer, { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ field }] } });
  });

  it('to renew what is not installed says so', async () => {
    const found = await memory.store.read(machineId, 'machine');
    if (!found) throw new Error('no machine');
    const { extension: _, ...bare } = found.document;
    await memory.store.commit(machineId, [{ put: bare }]);
    expect(await call('renewCertificate_post', installer, post)).toMatchObject({
      status: 409,
      body: { code: 'extension_not_installed' },
    });
  });
});

describe('changing who holds the key', () => {
  it('is a renewal with the new holder', async () => {
    await call('renewCertificate_post', installer, { method: 'POST', body: '{"keys":"machine"}' });
    expect(durable.started).toMatchObject([{ name: 'renewCertificate', input: { custody: 'machine' } }]);
  });
});

describe('a fleet-wide replacement', () => {
  const start = async () => drillReply.parse((await call('startDrill_post', installer, post)).body);

  it('takes the machines where the caller may install, and counts the others', async () => {
    await memory.store.commit('other', [
      { create: { type: 'certificate', machineId: 'other', state: 'served', custody: 'vault', leaf } },
    ]);
    expect(await start()).toMatchObject({ status: 'running', total: 1, skipped: 1, percent: 0 });
    expect(durable.started).toMatchObject([{ name: 'replaceFleet', input: { machineIds: [machineId] } }]);
  });

  it('is one at a time; the second names the first', async () => {
    const { id } = await start();
    expect(await call('startDrill_post', installer, post)).toMatchObject({
      status: 409,
      body: { code: 'drill_in_progress', drillId: id },
    });
  });

  it('can be limited to what one authority issued', async () => {
    const { body } = await call('startDrill_post', installer, {
      method: 'POST',
      body: '{"issuedBy":"another"}',
    });
    expect(body).toMatchObject({ total: 0, percent: 100 });
  });

  it('is listed, read and called off', async () => {
    const { id } = await start();
    const params = { drillId: id };
    expect(drillListReply.parse((await call('listDrills', installer)).body).value).toHaveLength(1);
    expect(await call('getDrill', installer, { params })).toMatchObject({ status: 200, body: { id } });
    expect((await call('cancelDrill_delete', installer, { method: 'DELETE', params })).status).toBe(202);
    expect(durable.raised).toEqual([`cancelRequested ${id}`]);
    expect(await call('getDrill', installer, { params: { drillId: 'x' } })).toMatchObject({ status: 404 });
    const found = await memory.store.read(fleetPartition, 'drill', id);
    if (!found) throw new Error('no drill');
    await memory.store.commit(fleetPartition, [{ put: { ...found.document, status: 'succeeded' } }]);
    expect(await call('cancelDrill_delete', installer, { method: 'DELETE', params })).toMatchObject({
      status: 409,
      body: { code: 'operation_not_cancellable' },
    });
  });
});

describe('calling an operation off', () => {
  const id = `${machineId}.operation`;
  async function begin(): Promise<void> {
    const machine = await memory.store.read(machineId, 'machine');
    if (!machine) throw new Error('no machine');
    const at = memory.ports.now().toISOString();
    await takeMachine(memory.ports, machine, { id, kind: 'install', input: {}, requestedBy: installer, at });
  }
  const cancel = (caller: { name: string }) =>
    call('cancelOperation_delete', caller, { method: 'DELETE', params: { operationId: id } });

  it('is possible while it waits for its turn, for whoever may install', async () => {
    await begin();
    const plan = { authority: 'a', turnAt: '2026-10-02T12:00:00.000Z', ahead: 0, reason: 'spent' };
    await createTrackOperationActivities(memory.ports).showWait({ operationId: id, plan });
    expect((await cancel(reader)).status).toBe(403);
    expect(await cancel(installer)).toMatchObject({ status: 202, body: { resumesAt: plan.turnAt } });
    expect(durable.raised).toEqual([`cancelRequested ${id}`]);
  });

  it('is refused while it works', async () => {
    await begin();
    expect(await cancel(installer)).toMatchObject({
      status: 409,
      body: { code: 'operation_not_cancellable' },
    });
    expect(durable.raised).toEqual([]);
  });
});
