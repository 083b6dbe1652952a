import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { soa, zonesOf } from '../contract/dns/zone-table.ts';
import { requirePrograms } from '../support/programs.ts';
import { runProgram } from './run-program.ts';

const isHere = requirePrograms('dig against the name server', [
  { program: 'dig', debianPackage: 'dnsutils' },
]);

const txt = (...values: string[]) => [{ type: 'TXT' as const, ttlSeconds: 7, values }];
const zones = zonesOf({
  'wac.localhost': {
    '@': [soa, { type: 'NS', ttlSeconds: 3600, values: ['ns1.wac.localhost.'] }],
    '*.web': [{ type: 'A', ttlSeconds: 30, values: ['127.0.0.1'] }],
    alias: [{ type: 'CNAME', ttlSeconds: 60, values: ['host.web.wac.localhost.'] }],
    '_acme-challenge.web': txt('first', 'second'),
    long: txt('x'.repeat(600)),
    many: txt(...Array.from({ length: 20 }, (_, index) => `${index}`.padStart(43, 'v'))),
    policy: [{ type: 'CAA', ttlSeconds: 60, values: ['0 issue "acme.localhost"'] }],
  },
});

/** BIND's dig, which sends a cookie and EDNS of its own accord and complains about what it cannot read. */
describe.skipIf(!isHere)('dig', () => {
  let dns: StandIn;
  beforeAll(async () => {
    dns = await createDns({ clock: systemClock, store: openStore(':memory:'), port: 0, zones });
  });
  afterAll(() => dns.close());
  afterEach(() => dns.faults.clear());

  const dig = async (...args: string[]): Promise<string> => {
    const options = ['@127.0.0.1', '-p', String(dns.port), '+tries=1', '+time=2', '+noall', '+answer'];
    const { output } = await runProgram('dig', [...options, '+comments', ...args]);
    expect(output).not.toMatch(/malformed|bad (packet|cookie)|extra input|mismatch/i);
    return output.replaceAll(/\s+/g, ' ');
  };

  it('reads records of every type with their time to live, authoritative (RFC 1035)', async () => {
    const challenge = await dig('_acme-challenge.web.wac.localhost', 'TXT');
    expect(challenge).toContain('_acme-challenge.web.wac.localhost. 7 IN TXT "first"');
    expect(challenge).toContain('"second"');
    expect(challenge).toMatch(/flags: qr aa rd[ ;]/);
    expect(await dig('wac.localhost', 'SOA')).toContain('SOA ns1.wac.localhost. hostmaster.wac.localhost. 7');
    expect(await dig('wac.localhost', 'NS')).toContain('NS ns1.wac.localhost.');
    expect(await dig('policy.wac.localhost', 'CAA')).toContain('CAA 0 issue "acme.localhost"');
    expect(await dig('long.wac.localhost', 'TXT')).toContain(`"${'x'.repeat(255)}" "${'x'.repeat(255)}"`);
  });

  it('is answered from a wildcard under its own name and through an alias (RFC 4592, RFC 1034 section 3.6.2)', async () => {
    expect(await dig('any.web.wac.localhost', 'A')).toContain('any.web.wac.localhost. 30 IN A 127.0.0.1');
    const aliased = await dig('alias.wac.localhost', 'A');
    expect(aliased).toContain('CNAME host.web.wac.localhost.');
    expect(aliased).toContain('host.web.wac.localhost. 30 IN A 127.0.0.1');
  });

  it('tells no such name from no such type, each with the SOA (RFC 2308)', async () => {
    const none = await dig('+authority', 'nothing.wac.localhost', 'A');
    expect(none).toContain('status: NXDOMAIN');
    expect(none).toContain('wac.localhost. 60 IN SOA');
    const other = await dig('+authority', 'long.wac.localhost', 'A');
    expect(other).toContain('status: NOERROR');
    expect(other).toContain('wac.localhost. 60 IN SOA');
    expect(await dig('example.org', 'A')).toContain('status: REFUSED');
  });

  it('sees truncation without EDNS, and comes back over TCP (RFC 2181 section 9, RFC 7766)', async () => {
    const name = 'many.wac.localhost';
    expect(await dig('+noedns', '+ignore', name, 'TXT')).toMatch(/flags: qr aa tc rd; .*ANSWER: 0/);
    expect(await dig('+noedns', name, 'TXT')).toMatch(/Truncated, retrying in TCP mode.*ANSWER: 20/);
    expect(await dig('+tcp', '+keepopen', name, 'TXT', 'long.wac.localhost', 'TXT')).toMatch(/ANSWER: 20/);
  });

  it('negotiates EDNS: size, an unknown option, an unknown version (RFC 6891)', async () => {
    const sized = await dig('+bufsize=4096', '+ednsopt=65001:abcd', '+dnssec', 'long.wac.localhost', 'TXT');
    expect(sized).toContain('EDNS: version: 0');
    expect(sized).toContain('udp: 1232');
    const newer = await dig('+edns=1', '+noednsnegotiation', 'long.wac.localhost', 'TXT');
    expect(newer).toContain('status: BADVERS');
  });

  it('is refused a transfer, an update and another class (RFC 5936, RFC 1035 section 4.1.1)', async () => {
    const { output } = await runProgram('dig', [
      '@127.0.0.1',
      '-p',
      String(dns.port),
      'wac.localhost',
      'AXFR',
    ]);
    expect(output).toContain('Transfer failed');
    expect(await dig('+opcode=UPDATE', 'wac.localhost', 'SOA')).toContain('status: NOTIMP');
    expect(await dig('wac.localhost', 'CH', 'TXT')).toContain('status: REFUSED');
  });

  it('sees a lie, a failure, silence, and recovers', async () => {
    dns.faults.set('TXT', { answer: ['a lie'], count: 1 });
    expect(await dig('long.wac.localhost', 'TXT')).toContain('60 IN TXT "a lie"');
    dns.faults.set('TXT', { status: 500, count: 1 });
    expect(await dig('long.wac.localhost', 'TXT')).toContain('status: SERVFAIL');
    dns.faults.set('TXT', { drop: true, count: 1 });
    expect(await dig('+time=1', 'long.wac.localhost', 'TXT')).toMatch(
      /timed out|no servers could be reached/,
    );
    expect(await dig('long.wac.localhost', 'TXT')).toContain('status: NOERROR');
  });
});
