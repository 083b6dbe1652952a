import { beforeEach, describe, expect, it } from 'vitest';
import { purgeCertificates } from '#functions/timers/purge-certificates.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { retireCertificate } from '#orchestrations/retire-certificate.ts';
import { retiredCertificatePartition } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { createMemoryPorts, type MemoryPorts } from '../../support/memory-ports.ts';
import { addMachine, machineId } from '../../support/sample-machine.ts';

const dayMs = 86_400_000;
const tags = {};
let clock: ManualClock;
let memory: MemoryPorts;
let log: string[];

beforeEach(async () => {
  clock = createManualClock(Date.parse('2026-10-01T12:00:00Z'));
  memory = createMemoryPorts(clock);
  log = [];
  await addMachine(memory);
});

const tick = () =>
  purgeCertificates(memory.ports, { info: (text) => log.push(text), warn: (text) => log.push(text) });
async function retire(name: string): Promise<void> {
  const certificate = `machine-${name}`;
  await memory.vault.beginCertificate(certificate, 'Unknown', [name], tags);
  await retireCertificate(memory.ports, { ownerId: machineId, machineName: name, certificate });
}
const waiting = async () =>
  (await memory.store.list(retiredCertificatePartition, 'retired-certificate', 10)).map(({ key }) => key);

describe('the certificate of a name that was given up', () => {
  it('is purged when its seven days of grace are over, not before', async () => {
    await retire('old');
    clock.advance(7 * dayMs - 1);
    await tick();
    expect(memory.vault.names()).toEqual(['machine-old']);
    clock.advance(1);
    await tick();
    expect(memory.vault.names()).toEqual([]);
    expect(await waiting()).toEqual([]);
    expect(log).toEqual(['the certificate machine-old was purged']);
  });

  it('is purged also when a crash came right after its record', async () => {
    memory.faults.fail('vault.disableCertificate', new AppError('key_vault_unavailable', 'crash'), 1);
    await expect(retire('cut')).rejects.toThrow('crash');
    clock.advance(7 * dayMs);
    await tick();
    expect(memory.vault.names()).toEqual([]);
  });

  it('stays when a machine still has the name: then it is in use', async () => {
    await retire('still-here');
    const found = await memory.store.read(machineId, 'machine');
    if (!found) throw new Error('no machine');
    await memory.store.commit(machineId, [{ put: { ...found.document, machineName: 'still-here' } }]);
    clock.advance(8 * dayMs);
    await tick();
    expect(memory.vault.names()).toEqual(['machine-still-here']);
    expect(await waiting()).toEqual([]);
  });

  it('is left to a vault that refuses the purge, which is told once', async () => {
    memory.vault.custody.ofDeleted = 'kept';
    await retire('protected');
    clock.advance(7 * dayMs);
    await tick();
    await tick();
    expect(log).toEqual([
      'the key vault does not let machine-protected be purged: it goes when its days of recovery are over',
    ]);
    expect(await memory.store.list(machineId, 'audit', 10)).toMatchObject([
      { action: 'certificate purge', outcome: 'refused', actor: { id: 'certificate-purge' } },
    ]);
  });

  it('is tried again at the next tick when the vault fails, and keeps no other from its purge', async () => {
    await retire('refused');
    clock.advance(1);
    await retire('next');
    memory.faults.fail('vault.purgeCertificate', new AppError('key_vault_refused', 'no'), 1);
    clock.advance(7 * dayMs);
    await tick();
    expect(await waiting()).toEqual(['refused']);
    await tick();
    expect(await waiting()).toEqual([]);
  });

  it('waits for a vault that is away, and asks it once a tick', async () => {
    for (const name of ['one', 'two', 'three']) await retire(name);
    memory.faults.fail('vault.purgeCertificate', new AppError('key_vault_unavailable', 'away'));
    clock.advance(7 * dayMs);
    await tick();
    expect(memory.faults.calls('vault.purgeCertificate')).toBe(1);
    expect(await waiting()).toHaveLength(3);
  });
});
