import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { type MachineStoreSubject, openCosmos, openMemory } from '../support/machine-store-subjects.ts';

const states = ['open', 'revoked', 'opening', 'failed', 'ended'] as const;

const session = (number: number, state: SessionDocument['state']): SessionDocument => ({
  type: 'session',
  machineId: `session-holder-${number % 2}`,
  key: state,
  id: state,
  service: 'WAC',
  user: { id: 'u', name: 'n' },
  state,
  createdAt: 4e9 + number,
  expiresAt: 4e9 + number,
});

describe.each([
  { name: 'memory', open: openMemory },
  { name: 'Cosmos', open: openCosmos },
])('sessions across machines from $name', ({ open }) => {
  let subject: MachineStoreSubject;
  beforeAll(async () => {
    subject = await open();
    for (const [number, state] of states.entries()) {
      const made = session(number, state);
      await subject.store.commit(made.machineId, [{ create: made }]);
    }
  });
  afterAll(() => subject.close());

  const found = async (which: 'live' | 'recent', limit = 1000) =>
    (await subject.store.findSessions(which, limit)).map(({ id }) => id);

  it('are the live ones, the newest first', async () => {
    expect(await found('live')).toEqual(['opening', 'open']);
  });

  it('are with the recent ones those that ended too, and never one that did not open', async () => {
    expect(await found('recent')).toEqual(['ended', 'opening', 'revoked', 'open']);
  });

  it('are those of one machine, where one is named', async () => {
    const ofOne = async (which: 'live' | 'recent', machineId: string) =>
      (await subject.store.findSessions(which, 1000, machineId)).map(({ id }) => id);
    expect(await ofOne('recent', 'session-holder-0')).toEqual(['ended', 'opening', 'open']);
    expect(await ofOne('live', 'session-holder-1')).toEqual([]);
  });

  it('are no more than asked for', async () => {
    expect(await found('recent', 1)).toEqual(['ended']);
  });
});
