import { beforeAll, describe, expect, it } from 'vitest';
import {
  armSubjects,
  cluster,
  extensionSeed,
  machineOf,
  memorySubject,
  vm,
} from '../support/machine-extension-subjects.ts';
import { type Cloud, machineId, startCloud } from './resource-manager/cloud.ts';

const token = 'a token that is long enough';
const settings = { port: '6516', salt: 'salt', controlPlane: 'https://api.example' };
const asSet = { port: 6516, salt: 'salt', controlPlane: 'https://api.example' };

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ seed: extensionSeed });
  // From here on the machines themselves say when they are done.
  for (const resourceId of [machineId, vm, cluster]) await machineOf(cloud, resourceId).goals();
});

describe.each([memorySubject, ...armSubjects])('the extension of $name', ({ resourceId, open }) => {
  /** What whoever uninstalls does: it asks and looks until the extension is gone. */
  async function removeWholly({ extension, play }: ReturnType<typeof open>): Promise<number> {
    for (let round = 1; round <= 6; round += 1) {
      await extension.beginRemove(resourceId);
      await play();
      if ((await extension.read(resourceId)).state === 'absent') return round;
    }
    throw new Error('it does not go');
  }

  it('is absent before it is installed, and removing it then is success', async () => {
    const { extension } = open(cloud);
    expect(await extension.read(resourceId)).toEqual({ state: 'absent' });
    await extension.beginRemove(resourceId);
    expect(await extension.read(resourceId)).toEqual({ state: 'absent' });
  });

  it('shows its settings in every state, and never its token', async () => {
    const subject = open(cloud);
    const { extension, play } = subject;
    await extension.beginInstall(resourceId, settings, token);
    const begun = await extension.read(resourceId);
    expect(['creating', 'succeeded']).toContain(begun.state);
    expect(begun).toMatchObject(asSet);
    await play();
    const there = await extension.read(resourceId);
    expect(there).toMatchObject({ state: 'succeeded', ...asSet });
    expect(JSON.stringify([begun, there])).not.toContain(token);
    await removeWholly(subject);
  });

  it('takes the same again without harm, another port as a change, and a new install after a removal', async () => {
    const subject = open(cloud);
    const { extension, play } = subject;
    await extension.beginInstall(resourceId, settings, token);
    await play();
    await extension.beginInstall(resourceId, settings, token);
    expect(await extension.read(resourceId)).toMatchObject({ state: 'succeeded', ...asSet });
    await extension.beginInstall(resourceId, { ...settings, port: '443' }, token);
    expect(await extension.read(resourceId)).toMatchObject({ port: 443 });
    await play();
    expect(await extension.read(resourceId)).toMatchObject({ state: 'succeeded', port: 443 });
    await removeWholly(subject);
    await extension.beginInstall(resourceId, { ...settings, salt: 'another' }, token);
    await play();
    expect(await extension.read(resourceId)).toMatchObject({ state: 'succeeded', salt: 'another' });
    await removeWholly(subject);
  });

  it('goes in steps that may each be asked for twice', async () => {
    const subject = open(cloud);
    await subject.extension.beginInstall(resourceId, settings, token);
    await subject.play();
    await subject.extension.beginRemove(resourceId);
    await subject.extension.beginRemove(resourceId);
    const seen = await subject.extension.read(resourceId);
    expect(['deleting', 'absent']).toContain(seen.state);
    expect(await removeWholly(subject)).toBeLessThanOrEqual(3);
    await subject.extension.beginRemove(resourceId);
  });
});

describe.each(armSubjects)('the extension of $name', ({ resourceId, open }) => {
  it('says why it failed, and is installed by the same request', async () => {
    const { extension, play } = open(cloud);
    await extension.beginInstall(resourceId, settings, token);
    await play('error');
    const failed = await extension.read(resourceId);
    expect(failed).toMatchObject({ state: 'failed', detail: 'it ended with error', ...asSet });
    await extension.beginInstall(resourceId, settings, token);
    expect(await extension.read(resourceId)).toMatchObject({ state: 'creating' });
    await play();
    expect(await extension.read(resourceId)).toMatchObject({ state: 'succeeded' });
    for (let round = 0; round < 4; round += 1) {
      await extension.beginRemove(resourceId);
      // A removal that fails on the machine is tried again.
      await play(round === 0 ? 'error' : 'success');
    }
    expect(await extension.read(resourceId)).toEqual({ state: 'absent' });
  });

  it('is not put on a machine that is not there', async () => {
    const { extension } = open(cloud);
    await expect(extension.beginInstall(`${resourceId}-none`, settings, token)).rejects.toMatchObject({
      code: 'machine_not_found',
    });
  });
});
