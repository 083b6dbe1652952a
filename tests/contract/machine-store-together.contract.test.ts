import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditDocument } from '#shared/domain/audit-documents.ts';
import type { CertificateRequestDocument } from '#shared/domain/documents.ts';
import { type MachineStoreSubject, openCosmos, openMemory } from '../support/machine-store-subjects.ts';

const request = (machineId: string, key: string): CertificateRequestDocument => ({
  type: 'certificate-request',
  machineId,
  key,
  request: `request ${key}`,
});
const audit = (machineId: string): AuditDocument => ({
  type: 'audit',
  machineId,
  key: 'an-audit',
  at: '2026-11-21T00:00:00.000Z',
  actor: { id: 'someone', name: 'Someone' },
  action: 'renew end',
  outcome: 'succeeded',
});

describe.each([
  { name: 'memory', open: openMemory },
  { name: 'Cosmos', open: openCosmos },
])('documents read together from $name', ({ open }) => {
  let subject: MachineStoreSubject;
  beforeAll(async () => {
    subject = await open();
  });
  afterAll(() => subject.close());

  it('come in the order that was asked for, as each read alone', async () => {
    const { store } = subject;
    await store.commit('together', [{ create: request('together', 'a') }, { create: audit('together') }]);
    const [record, made] = await store.readTogether('together', [
      { type: 'audit', key: 'an-audit' },
      { type: 'certificate-request', key: 'a' },
    ]);
    expect(record).toEqual(await store.read('together', 'audit', 'an-audit'));
    expect(made).toEqual(await store.read('together', 'certificate-request', 'a'));
    expect(made?.document).toEqual(request('together', 'a'));
  });

  it('can be replaced by the ETags that they came with', async () => {
    const { store } = subject;
    await store.commit('replaced', [
      { create: request('replaced', 'a') },
      { create: request('replaced', 'b') },
    ]);
    const [one, other] = await store.readTogether('replaced', [
      { type: 'certificate-request', key: 'a' },
      { type: 'certificate-request', key: 'b' },
    ]);
    const changed = { ...request('replaced', 'b'), request: 'another' };
    await store.commit('replaced', [{ replace: changed, etag: other?.etag ?? '' }]);
    const stale = store.commit('replaced', [
      { replace: request('replaced', 'a'), etag: one?.etag ?? '' },
      { replace: changed, etag: other?.etag ?? '' },
    ]);
    await expect(stale).rejects.toMatchObject({ code: 'etag_mismatch' });
  });

  it('are undefined where there is none; the others are there', async () => {
    const { store } = subject;
    await store.commit('sparse', [{ create: request('sparse', 'b') }]);
    const [absent, present, agent] = await store.readTogether('sparse', [
      { type: 'certificate-request', key: 'a' },
      { type: 'certificate-request', key: 'b' },
      { type: 'agent' },
    ]);
    expect(absent).toBeUndefined();
    expect(present?.document).toEqual(request('sparse', 'b'));
    expect(agent).toBeUndefined();
    const nothing = await store.readTogether('nobody', [{ type: 'machine' }, { type: 'certificate' }]);
    expect(nothing).toEqual([undefined, undefined]);
  });
});
