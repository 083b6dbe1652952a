import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { askTcp, askUdp, edns, query } from './dns-client.ts';
import { hostileMessages } from './hostile-messages.ts';
import { soa, zonesOf } from './zone-table.ts';

const values = Array.from({ length: 20 }, (_, index) => `${index}`.padStart(43, 'v'));
const zones = zonesOf({
  'wac.localhost': {
    '@': [soa],
    small: [{ type: 'TXT', ttlSeconds: 1, values: ['one'] }],
    big: [{ type: 'TXT', ttlSeconds: 1, values: values.slice(0, 10) }],
    huge: [{ type: 'TXT', ttlSeconds: 1, values }],
  },
});

describe('messages over UDP and TCP', () => {
  let dns: StandIn;

  beforeAll(async () => {
    dns = await createDns({ clock: systemClock, store: openStore(':memory:'), port: 0, zones });
  });
  afterAll(() => dns.close());

  it('truncates over UDP at 512 octets, at the EDNS size, and never over TCP (RFC 2181 section 9)', async () => {
    const plain = await askUdp(dns.port, query('big.wac.localhost', 'TXT'));
    expect(plain).toMatchObject({ flag_tc: true, answers: [], rcode: 'NOERROR' });
    const extended = await askUdp(dns.port, query('big.wac.localhost', 'TXT', edns(1232)));
    expect(extended.flag_tc).toBe(false);
    expect(extended.answers).toHaveLength(10);
    expect(extended.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
    const greedy = await askUdp(dns.port, query('huge.wac.localhost', 'TXT', edns(65_535)));
    expect(greedy.flag_tc).toBe(true);
    const [whole] = await askTcp(dns.port, [query('huge.wac.localhost', 'TXT')]);
    expect(whole?.answers).toHaveLength(20);
  });

  it('answers several questions of one connection, however they are cut (RFC 7766 section 6.2.1)', async () => {
    const questions = ['small', 'big', 'huge'].map((name) => query(`${name}.wac.localhost`, 'TXT'));
    const replies = await askTcp(dns.port, questions, 7);
    expect(replies.map((reply) => reply.answers.length)).toEqual([1, 10, 20]);
  });

  it('refuses a newer EDNS version with BADVERS (RFC 6891 section 6.1.3)', async () => {
    const reply = await askUdp(dns.port, query('small.wac.localhost', 'TXT', edns(1232, 1)));
    expect(reply.answers).toEqual([]);
    expect(reply.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1 }]);
  });

  it('refuses other operations and a message that is not one question', async () => {
    const update = query('small.wac.localhost', 'TXT', { flags: 5 << 11 });
    expect((await askUdp(dns.port, update)).rcode).toBe('NOTIMP');
    const counts = query('small.wac.localhost', 'TXT');
    counts.writeUInt16BE(60_000, 4);
    expect((await askUdp(dns.port, counts)).rcode).toBe('FORMERR');
    const cut = query('small.wac.localhost', 'TXT').subarray(0, 20);
    expect((await askUdp(dns.port, cut)).rcode).toBe('FORMERR');
    const dotInLabel = query('small.wac.localhost', 'TXT');
    dotInLabel[14] = '.'.charCodeAt(0);
    expect((await askUdp(dns.port, dotInLabel)).rcode).toBe('FORMERR');
  });

  it('answers the next question after any malformed datagram', async () => {
    const socket = createSocket('udp4');
    const send = (bytes: Buffer) =>
      new Promise<void>((done) => socket.send(bytes, dns.port, '127.0.0.1', () => done()));
    await fc.assert(
      fc.asyncProperty(hostileMessages, async (bytes) => {
        await send(bytes);
        const reply = await askUdp(dns.port, query('small.wac.localhost', 'TXT'));
        expect(reply.answers).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
    socket.close();
  });

  it('answers the next connection after any malformed stream', async () => {
    await fc.assert(
      fc.asyncProperty(hostileMessages, async (bytes) => {
        const stream = connect(dns.port, '127.0.0.1').on('error', () => {});
        await new Promise<void>((done) => stream.write(bytes, () => done()));
        const [reply] = await askTcp(dns.port, [query('small.wac.localhost', 'TXT')]);
        expect(reply?.answers).toHaveLength(1);
        stream.destroy();
      }),
      { numRuns: 100 },
    );
  });

  it('listens on one port for both and names a port that is taken', async () => {
    const second = createDns({ clock: systemClock, store: openStore(':memory:'), port: dns.port, zones });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
