import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCosmos } from '../support/machine-store-subjects.ts';
import { machine, machineId } from '../support/sample-machine.ts';

describe('the machine store on Cosmos', () => {
  let subject: Awaited<ReturnType<typeof openCosmos>>;
  beforeAll(async () => {
    subject = await openCosmos();
  });
  afterAll(() => subject.close());

  it('asks across partitions for what is due, the machines and the sessions, and for nothing else', async () => {
    const { store, cosmos } = subject;
    await store.commit(machineId, [{ create: machine }, { remove: 'enrolment' }]);
    await store.read(machineId, 'machine');
    await store.list(machineId, 'audit', 10);
    expect(cosmos.crossPartitionQueries).toEqual([]);
    await store.findDue('2030-01-01T00:00:00.000Z', 10);
    await store.listMachines();
    await store.surveyMachines();
    await store.findSessions('live', 10);
    const asked = new Set(cosmos.crossPartitionQueries.map((text) => /'(\w+)'/.exec(text)?.[1]));
    expect([...asked]).toEqual(['certificate', 'machine', 'session']);
  });

  it('is unavailable when the database stays silent, and refused when the app may not', async () => {
    const { cosmos } = subject;
    cosmos.faults.set('ReadItem', { status: 503 });
    await expect(subject.store.read('m', 'machine')).rejects.toMatchObject({ code: 'store_unavailable' });
    cosmos.faults.set('ReadItem', { status: 403 });
    await expect(subject.store.read('m', 'machine')).rejects.toMatchObject({
      code: 'configuration_incomplete',
    });
    cosmos.faults.clear();
  });

  it('rides out throttling', async () => {
    subject.cosmos.faults.set('ReadItem', { status: 429, count: 2 });
    expect(await subject.store.read('m', 'machine')).toBeUndefined();
  });
});
