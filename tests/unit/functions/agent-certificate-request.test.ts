import { exportJWK, generateKeyPair } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newPrivateKeyPem, signCertificateRequest } from '#agent/certificate-request.ts';
import { registerAgentCertificateRequest } from '#functions/http/agent-certificate-request.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { hostNamesOf } from '#shared/domain/certificate.ts';
import type { AnyDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { signAgentCall } from '#shared/protocol/agent-token.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';

/** Instances that were told, in order; `failure` is what telling them throws. */
const told = vi.hoisted(() => ({ instances: [] as string[], failure: '' }));
vi.mock('durable-functions', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  getClient: () => ({
    async raiseEvent(instance: string) {
      if (told.failure !== '') throw new Error(told.failure);
      told.instances.push(instance);
    },
  }),
}));

const machineId = 'm'.repeat(26);
const machineName = 'n'.repeat(26);
const path = '/api/agent/certificate-request';
const clock = createManualClock(Date.parse('2026-01-01T00:00:00Z'));
let memory: MemoryPorts;
registerAgentCertificateRequest(() => memory.ports);

const signing = await generateKeyPair('ES256');
const stranger = await generateKeyPair('ES256');

async function publicJwk(): Promise<string> {
  const { x, y } = await exportJWK(signing.publicKey);
  return JSON.stringify({ kty: 'EC', crv: 'P-256', x, y });
}

const machine: MachineDocument = {
  type: 'machine',
  machineId,
  resourceId: '/subscriptions/s',
  kind: 'arc',
  displayName: 'test-1',
  subscriptionId: 's',
  machineName,
  currentOperation: { id: 'operation-1', kind: 'install' },
};
const certificate: CertificateDocument = {
  type: 'certificate',
  machineId,
  state: 'ordered',
  custody: 'machine',
  wantedRequest: 'issue-1',
};
const put = (...documents: AnyDocument[]) =>
  memory.store.commit(
    machineId,
    documents.map((document) => ({ put: document })),
  );

const newRequest = (name = machineName) =>
  signCertificateRequest(newPrivateKeyPem(), hostNamesOf(name, memory.ports.zone));

async function send(body: object, key = signing.privateKey) {
  const text = JSON.stringify(body);
  const call = { method: 'PUT', url: `https://api.test${path}`, body: Buffer.from(text) };
  const token = await signAgentCall(key, machineId, call, Math.floor(clock.now() / 1000));
  return callFunction('agentCertificateRequest', {
    method: 'PUT',
    path,
    headers: { authorization: `Bearer ${token}` },
    body: text,
  });
}

const kept = async () => (await memory.store.read(machineId, 'certificate-request', 'issue-1'))?.document;

describe('a certificate request that an agent sends', () => {
  beforeEach(async () => {
    memory = createMemoryPorts(clock);
    told.instances.length = 0;
    told.failure = '';
    await put(machine, certificate, {
      type: 'agent',
      machineId,
      signingKey: await publicJwk(),
      encryptionKey: '{}',
      enrolledAt: '',
      reportSequence: 0,
    });
  });

  it('is kept for the order that waits for it, and the operation is told', async () => {
    const request = await newRequest();
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 204, body: undefined });
    expect(await kept()).toMatchObject({ type: 'certificate-request', key: 'issue-1', request });
    expect(told.instances).toEqual(['operation-1']);
  });

  it('is accepted again, and the operation told again, but never another one', async () => {
    const request = await newRequest();
    await Promise.all([send({ id: 'issue-1', request }), send({ id: 'issue-1', request })]);
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 204 });
    expect(told.instances).toHaveLength(3);
    const other = await send({ id: 'issue-1', request: await newRequest() });
    expect(other).toMatchObject({ status: 400, body: expect.stringContaining('"field":"request"') });
    expect(await kept()).toMatchObject({ request });
  });

  it('loses to another one that is written at the same moment', async () => {
    const [one, two] = [await newRequest(), await newRequest()];
    const answers = await Promise.all([one, two].map((request) => send({ id: 'issue-1', request })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204, 400]));
  });

  it.each(['issue-2', '../machine', 'constructor'])(
    'for %s, which no order waits for, is refused',
    async (id) => {
      const answer = await send({ id, request: await newRequest() });
      expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('"field":"id"') });
      expect(await memory.store.list(machineId, 'certificate-request', 10)).toEqual([]);
      expect(told.instances).toEqual([]);
    },
  );

  it('is refused when no order is open at all', async () => {
    const { wantedRequest: _, ...served } = certificate;
    await put({ ...served, state: 'served' });
    expect(await send({ id: 'issue-1', request: await newRequest() })).toMatchObject({ status: 400 });
  });

  it('is refused for the name of another machine', async () => {
    const answer = await send({ id: 'issue-1', request: await newRequest('x'.repeat(26)) });
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('is not for exactly') });
    expect(await kept()).toBeUndefined();
  });

  it('is for the name that is on its way in, when there is one', async () => {
    const nextName = { machineName: 'x'.repeat(26), salt: 's', keyVersion: '1' };
    await put({ ...machine, nextName });
    expect(await send({ id: 'issue-1', request: await newRequest() })).toMatchObject({ status: 400 });
    const request = await newRequest(nextName.machineName);
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 204 });
  });

  it('is refused when it is no request, too long, or not signed by the agent', async () => {
    const cases = [
      { id: 'issue-1', request: '' },
      { id: 'issue-1', request: 'not base64!' },
      { id: 'issue-1', request: Buffer.alloc(64).toString('base64') },
      { id: 'issue-1', request: Buffer.alloc(9000).toString('base64') },
      { id: '', request: await newRequest() },
      { id: 'issue-1', request: await newRequest(), more: true },
    ];
    for (const body of cases) expect(await send(body)).toMatchObject({ status: 400 });
    const forged = await send({ id: 'issue-1', request: await newRequest() }, stranger.privateKey);
    expect(forged).toMatchObject({ status: 401 });
    expect(await kept()).toBeUndefined();
  });

  it('is kept though the operation has ended, and told of again when telling failed', async () => {
    const request = await newRequest();
    told.failure = 'no instance operation-1';
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 204 });
    told.failure = 'the storage is away';
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 500 });
    told.failure = '';
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 204 });
    expect(told.instances).toEqual(['operation-1']);
  });

  it('is not lost to a store that is away', async () => {
    memory.faults.fail('store.commit', new AppError('store_unavailable', 'away'), 1);
    const request = await newRequest();
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 503 });
    expect(await send({ id: 'issue-1', request })).toMatchObject({ status: 204 });
  });
});
