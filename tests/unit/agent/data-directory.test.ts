import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { forgetInstall, putAsideForeign } from '#agent/data-directory.ts';
import { files } from './failing-files.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { guardFiles } = await import('./failing-files.ts');
  return guardFiles(await importOriginal());
});

const here = { machineId: 'here', controlPlane: 'https://api.example' };
const enrolment = (machineId: string) => JSON.stringify({ ...here, machineId, salt: '' });
const kept = ['events.jsonl', 'local-policy.json'];

describe('the data of an agent', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-data-'));
  });
  afterEach(async () => {
    files.before = () => undefined;
    await rm(folder, { recursive: true, force: true });
  });

  async function fill(machineId: string): Promise<void> {
    await mkdir(join(folder, 'certificates'), { recursive: true });
    await mkdir(join(folder, 'certificate-keys'), { recursive: true });
    const texts = {
      'identity.json': 'key',
      'certificates/name.pem': 'key',
      'certificate-keys/id.json': 'key',
      'certificate.pem': 'key',
      'door.json': machineId,
      'report-sequence': '7',
      'desired-state.json': machineId,
      'taken-over.json': machineId,
      'enrolment.json': enrolment(machineId),
      'local-policy.json': 'policy',
      'events.jsonl': 'line',
    };
    for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
  }
  const names = async (under = '') => (await readdir(join(folder, under))).toSorted();
  const asideNames = [
    'desired-state.json',
    'door.json',
    'enrolment.json',
    'report-sequence',
    'taken-over.json',
  ];

  it('stays where it is when it is of this machine and this service, and where there is none', async () => {
    expect(await putAsideForeign(folder, here)).toBeUndefined();
    await fill('here');
    const before = await names();
    expect(await putAsideForeign(folder, here)).toBeUndefined();
    expect(await names()).toEqual(before);
  });

  it.each([
    ['another machine', 'there', here],
    ['another service', 'here', { ...here, controlPlane: 'https://other.example' }],
  ])('of %s is put aside without its keys, but for what the owner wrote', async (_, machineId, wanted) => {
    await fill(machineId);
    expect(await putAsideForeign(folder, wanted)).toMatchObject({ machineId });
    expect(await names()).toEqual([...kept, 'former'].toSorted());
    expect(await names('former')).toEqual(asideNames);
  });

  it('is put aside once at a time', async () => {
    await fill('there');
    await putAsideForeign(folder, here);
    await fill('elsewhere');
    await putAsideForeign(folder, here);
    expect(await names('former')).toEqual(asideNames);
    expect(await readFile(join(folder, 'former/door.json'), 'utf8')).toBe('elsewhere');
  });

  it('comes to the same end after a crash before each step', async () => {
    for (let at = 0; ; at += 1) {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      await fill('there');
      let step = 0;
      files.before = () => {
        if (step++ === at) throw new Error('the process died');
      };
      const isDone = await putAsideForeign(folder, here).then(
        () => true,
        () => false,
      );
      files.before = () => undefined;
      await putAsideForeign(folder, here);
      expect(await names()).toEqual([...kept, 'former'].toSorted());
      expect(await names('former')).toEqual(asideNames);
      if (isDone) break;
      expect(at).toBeLessThan(50);
    }
  });

  it('requirement 60: is gone after an uninstall, but for what the owner wrote, the log and the number of the last report', async () => {
    await fill('there');
    await putAsideForeign(folder, here);
    await fill('here');
    await forgetInstall(folder);
    await forgetInstall(folder);
    expect(await names()).toEqual([...kept, 'report-sequence'].toSorted());
  });
});
