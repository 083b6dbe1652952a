import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withdrawRetiredNames } from '#functions/timers/withdraw-retired-names.ts';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import { machineNameOf } from '#shared/domain/machine-name.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, reportServing, resourceId } from '../support/sample-machine.ts';

const input: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'vault',
  newName: false,
};
const quiet = { info() {}, warn() {} };
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const machine = async () => {
  const found = (await app.store.read(machineId, 'machine'))?.document;
  if (!found) throw new Error('no machine');
  return found;
};
const record = async () => (await app.store.read(machineId, 'certificate'))?.document;
const published = () => [...app.dns.names.keys()].toSorted();
const both = (...names: (string | undefined)[]) =>
  names.flatMap((name) => [`${name}`, `*.${name}`]).toSorted();

describe('the name of a machine', () => {
  it('requirement 62: is a hash of the resource id with the key’s newest version and a salt of its own', async () => {
    await app.run('install', input);
    const { machineName, salt = '', nameKeyVersion } = await machine();
    const key = await app.secrets.getSecret(secretNames.machineNameKey);
    expect(nameKeyVersion).toBe(key.version);
    expect(machineName).toBe(machineNameOf(key.value, resourceId, salt));
  });

  it('stays what it is when the key gets a new version; a new name uses the new one', async () => {
    await app.run('install', input);
    const before = await machine();
    app.secrets.add(secretNames.machineNameKey, 'a newer key of the machine names');
    await app.run('install', input);
    expect((await machine()).machineName).toBe(before.machineName);
    await app.run('install', { ...input, newName: true });
    const after = await machine();
    expect(after.machineName).not.toBe(before.machineName);
    expect(after.nameKeyVersion).not.toBe(before.nameKeyVersion);
  });

  it('that another machine has is given up for another', async () => {
    let taken = '';
    app.faults.before('dns.pointName', async () => {
      if (taken !== '') return;
      taken = (await machine()).machineName ?? '';
      app.dns.owners.set(taken, 'another-machine');
      app.dns.names.set(taken, 'elsewhere.test');
    });
    expect((await app.run('install', input)).status).toBe('succeeded');
    const { machineName } = await machine();
    expect(machineName).not.toBe(taken);
    expect(app.dns.names.get(taken)).toBe('elsewhere.test');
  });

  it('is never put on a record that is not ours', async () => {
    app.faults.before('dns.pointName', async () => {
      app.dns.foreign.add((await machine()).machineName ?? '');
    });
    expect(await app.run('install', input)).toMatchObject({
      status: 'failed',
      error: { code: 'dns_record_foreign' },
    });
  });
});

describe('a new name', () => {
  let old: string;

  beforeEach(async () => {
    await app.run('install', input);
    old = (await machine()).machineName ?? '';
    app.faults.before('extension.read', () => reportServing(app));
  });
  const rename = () => app.run('install', { ...input, newName: true });

  it('stands beside the old one until its certificate is served', async () => {
    const seen: (string | undefined)[] = [];
    app.faults.before('extension.read', async () => {
      // Nobody is sent to the new name before the machine serves it.
      seen.push((await machine()).machineName);
      expect(app.dns.names.has(old)).toBe(true);
      expect(app.relay.connections.has(old)).toBe(true);
      await reportServing(app);
    });
    expect((await rename()).status).toBe('succeeded');
    expect(new Set(seen)).toEqual(new Set([old]));
    const { machineName, retiredNames } = await machine();
    expect(machineName).not.toBe(old);
    expect(retiredNames).toMatchObject([{ machineName: old }]);
    expect((await record())?.leaf?.machineName).toBe(machineName);
  });

  it('leaves the old one answering until the last session on it has ended', async () => {
    await rename();
    const { machineName } = await machine();
    await withdrawRetiredNames(app.ports, quiet);
    expect(published()).toEqual(both(old, machineName));
    app.clock.advance(3 * 60 * 60 * 1000);
    await withdrawRetiredNames(app.ports, quiet);
    expect(published()).toEqual(both(machineName));
    expect([...app.relay.connections]).toEqual([machineName]);
    expect(await app.vault.findCertificate(`machine-${old}`)).toBeUndefined();
    expect((await machine()).retiredNames).toEqual([]);
  });

  it('that was begun and failed is finished by the next install, not begun anew', async () => {
    app.faults.fail('authority.finalizeOrder', new AppError('certificate_challenge_failed', 'no'));
    expect((await rename()).status).toBe('failed');
    const { nextName, machineName } = await machine();
    expect(machineName).toBe(old);
    app.faults.before('authority.finalizeOrder', () => {});
    expect((await app.run('install', input)).status).toBe('succeeded');
    expect((await machine()).machineName).toBe(nextName?.machineName);
    expect(await machine()).not.toHaveProperty('nextName');
  });

  it('and the old one are taken away by an uninstall', async () => {
    await rename();
    await app.run('uninstall', { machineId, resourceId });
    expect(published()).toEqual([]);
    expect([...app.relay.connections]).toEqual([]);
    expect(await machine()).not.toHaveProperty('retiredNames');
  });

  it('that cannot be withdrawn yet does not stop the others', async () => {
    await rename();
    app.clock.advance(3 * 60 * 60 * 1000);
    app.faults.fail('dns.removeName', new AppError('dns_unavailable', 'no answer'), 1);
    const said: string[] = [];
    await withdrawRetiredNames(app.ports, { info() {}, warn: (text: string) => void said.push(text) });
    expect(said.join()).toContain('not withdrawn');
    await withdrawRetiredNames(app.ports, quiet);
    expect(published()).toEqual(both((await machine()).machineName));
  });
});
