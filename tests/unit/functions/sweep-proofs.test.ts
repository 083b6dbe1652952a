import { beforeEach, describe, expect, it } from 'vitest';
import { sweepProofs } from '#functions/timers/sweep-proofs.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { createMemoryDnsZone } from '../../support/memory-dns-zone.ts';
import { createPortFaults, type PortFaults } from '../../support/port-faults.ts';

const hour = 60 * 60 * 1000;
const clock = createManualClock(Date.parse('2026-11-21T12:00:00Z'));
let zone: ReturnType<typeof createMemoryDnsZone>;
let faults: PortFaults;
let said: { info: string[]; warn: string[] };

beforeEach(() => {
  zone = createMemoryDnsZone('wac.test', clock.now);
  faults = createPortFaults();
  said = { info: [], warn: [] };
});
const sweep = () =>
  sweepProofs(
    { dns: faults.guard('dns', zone), now: () => new Date(clock.now()) },
    {
      info: (...text: unknown[]) => void said.info.push(text.join(' ')),
      warn: (...text: unknown[]) => void said.warn.push(text.join(' ')),
    },
  );
const proof = (machine: string) => `_acme-challenge.${machine}`;
const left = () => [...zone.texts.keys()].toSorted();

describe('the sweep of proofs', () => {
  it('takes out what nobody touched for more than a day, and says so (acmebot defect 4)', async () => {
    await zone.addTextValues(proof('dead'), ['a', 'b']);
    await zone.pointName('dead', 'proxy.test', 'machine-1');
    clock.advance(hour);
    await zone.addTextValues(proof('alive'), ['c']);
    clock.advance(23 * hour);
    await sweep();
    expect(left()).toEqual([proof('alive'), proof('dead')]);
    clock.advance(1);
    await sweep();
    expect(left()).toEqual([proof('alive')]);
    expect([...zone.names.keys()]).toEqual(['dead']);
    expect(said).toEqual({
      info: ['removed 2 values of _acme-challenge.dead, last touched 2026-11-21T12:00:00.000Z'],
      warn: [],
    });
  });

  it('leaves a set that an order touched since, and a value that was added after the look', async () => {
    await zone.addTextValues(proof('shared'), ['dead']);
    clock.advance(30 * hour);
    await zone.addTextValues(proof('shared'), ['alive']);
    await sweep();
    expect([...(zone.texts.get(proof('shared')) ?? [])]).toEqual(['dead', 'alive']);
    clock.advance(25 * hour);
    faults.before('dns.removeTextValues', () => zone.addTextValues(proof('shared'), ['newest']));
    await sweep();
    expect([...(zone.texts.get(proof('shared')) ?? [])]).toEqual(['newest']);
  });

  it('goes on after a set that fails', async () => {
    for (const machine of ['m1', 'm2', 'm3']) await zone.addTextValues(proof(machine), [machine]);
    clock.advance(25 * hour);
    faults.fail('dns.removeTextValues', new AppError('dns_unavailable', 'no answer'), 1);
    await sweep();
    expect(left()).toEqual([proof('m1')]);
    expect(said.warn).toEqual([expect.stringContaining('_acme-challenge.m1')]);
    expect(said.info).toHaveLength(2);
    await sweep();
    expect(left()).toEqual([]);
  });

  it('changes nothing that is not a proof of ours', async () => {
    await zone.addTextValues('notice', ['ours, and no proof']);
    zone.foreign.add(proof('theirs'));
    zone.texts.set(proof('theirs'), new Set(['theirs']));
    clock.advance(100 * hour);
    await sweep();
    expect(left()).toEqual([proof('theirs'), 'notice']);
    expect(faults.calls('dns.removeTextValues')).toBe(0);
  });
});
