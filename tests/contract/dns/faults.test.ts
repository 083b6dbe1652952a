import { Resolver } from 'node:dns/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import { createManualClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { soa, type ZoneTable, zonesOf } from './zone-table.ts';

/** c-ares, as every Node program has it, sees each fault. */
describe('faults of the name server', () => {
  const table: ZoneTable = {
    'wac.localhost': { '@': [soa], web: [{ type: 'A', ttlSeconds: 30, values: ['127.0.0.1'] }] },
  };
  const clock = createManualClock(Date.parse('2026-11-21T12:00:00Z'));
  let dns: StandIn;
  let resolver: Resolver;

  beforeAll(async () => {
    dns = await createDns({ clock, store: openStore(':memory:'), port: 0, zones: zonesOf(table) });
    resolver = new Resolver({ timeout: 100, tries: 2 });
    resolver.setServers([`127.0.0.1:${dns.port}`]);
  });
  afterAll(() => dns.close());
  afterEach(() => dns.faults.clear());

  const write = (name: string, ...values: string[]): void => {
    (table['wac.localhost'] ?? {})[name] = [{ type: 'TXT', ttlSeconds: 1, values }];
  };
  const read = async (name: string): Promise<string[] | string> => {
    try {
      return (await resolver.resolveTxt(`${name}.wac.localhost`)).flat();
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    }
  };

  it('lists what it honours', () => {
    expect(dns.faultKinds).toEqual(['status', 'delayMs', 'drop', 'answer', 'staleMs']);
    expect(dns.operations).toContain('TXT');
  });

  it('answers a change only after the propagation delay', async () => {
    dns.faults.set('TXT', { staleMs: 60_000 });
    write('_acme-challenge', 'first');
    expect(await read('_acme-challenge')).toBe('ENOTFOUND');
    clock.advance(59_000);
    expect(await read('_acme-challenge')).toBe('ENOTFOUND');
    clock.advance(1_000);
    expect(await read('_acme-challenge')).toEqual(['first']);
    write('_acme-challenge', 'second');
    expect(await read('_acme-challenge')).toEqual(['first']);
    clock.advance(60_000);
    expect(await read('_acme-challenge')).toEqual(['second']);
    dns.faults.clear();
    write('_acme-challenge', 'third');
    expect(await read('_acme-challenge')).toEqual(['third']);
  });

  it('still answers a record that is deleted until that has spread', async () => {
    write('gone', 'here');
    expect(await read('gone')).toEqual(['here']);
    clock.advance(60_000);
    delete table['wac.localhost']?.['gone'];
    dns.faults.set('TXT', { staleMs: 30_000 });
    expect(await read('gone')).toEqual(['here']);
    clock.advance(30_000);
    expect(await read('gone')).toBe('ENOTFOUND');
  });

  it('lies: other values, values for a name that is not there, no value at all', async () => {
    write('true', 'truth');
    dns.faults.set('TXT', { answer: ['a lie'], count: 2 });
    expect([await read('true'), await read('nowhere')]).toEqual([['a lie'], ['a lie']]);
    expect(await read('true')).toEqual(['truth']);
    dns.faults.set('TXT', { answer: [] });
    expect(await read('true')).toBe('ENODATA');
    dns.faults.set('A', { answer: ['192.0.2.7'] });
    expect(await resolver.resolve4('web.wac.localhost', { ttl: true })).toEqual([
      { address: '192.0.2.7', ttl: 60 },
    ]);
  });

  it('fails, refuses or denies by status', async () => {
    write('status', 'there');
    const codes: string[] = [];
    for (const status of [500, 403, 404]) {
      dns.faults.set('TXT', { status });
      codes.push(String(await read('status')));
    }
    expect(codes).toEqual(['ESERVFAIL', 'EREFUSED', 'ENOTFOUND']);
    expect(dns.calls.lastError()).toEqual({ operation: 'TXT', text: 'REFUSED status.wac.localhost' });
  });

  it('says nothing or answers late', async () => {
    write('late', 'at last');
    dns.faults.set('*', { drop: true });
    expect(await read('late')).toBe('ETIMEOUT');
    dns.faults.set('*', { delayMs: 20 });
    expect(await read('late')).toEqual(['at last']);
  });

  it('hits the same questions again from the same seed', async () => {
    write('chance', 'true');
    const asked = async () => {
      dns.faults.seed(4);
      dns.faults.set('TXT', { answer: ['lie'], probability: 0.5 });
      const answers: string[] = [];
      for (let question = 0; question < 20; question++) answers.push(String(await read('chance')));
      return answers;
    };
    const first = await asked();
    expect(new Set(first)).toEqual(new Set(['true', 'lie']));
    expect(await asked()).toEqual(first);
  });

  it('shows the last questions and what was said', async () => {
    await read('late');
    await read('never');
    expect(dns.inspect?.()[0]).toMatchObject({
      title: 'Last questions',
      rows: expect.arrayContaining([
        ['late.wac.localhost', 'TXT', 'NOERROR', 1],
        ['never.wac.localhost', 'TXT', 'NXDOMAIN', 0],
      ]),
    });
  });
});
