import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, isSameAddress, overlaps, parseIpNetwork, privacyOf } from '#shared/domain/ip-network.ts';

const network = (text: string) => {
  const parsed = parseIpNetwork(text);
  if (!parsed) throw new Error(`${text} is no network`);
  return parsed;
};

describe('a network', () => {
  it.each([
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/8/8',
    '::1::2',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::ffff:1.2.3.400',
    'fe80::1%eth0',
    'VirtualNetwork',
    '*',
    '',
  ])('is not %j', (text) => {
    expect(parseIpNetwork(text)).toBeUndefined();
  });

  it('is read from every address that the platform reads, and from no other', () => {
    const anything = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.ipV4Extended());
    fc.assert(
      fc.property(anything, (text) => {
        // A zone index means something on one host only.
        const isAddress = isIP(text) !== 0 && !text.includes('%');
        expect(text.includes('/') || (parseIpNetwork(text) !== undefined) === isAddress).toBe(true);
      }),
    );
  });

  it('holds an address exactly when the platform says so', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), fc.constant('ipv4' as const));
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.ipV6(), fc.constant('ipv6' as const));
    fc.assert(
      fc.property(fc.oneof(v4, v6), ([base, length, address, family]) => {
        const list = new BlockList();
        list.addSubnet(base, length, family);
        expect(contains(network(`${base}/${length}`), network(address))).toBe(list.check(address, family));
        expect(contains(network(`${base}/${length}`), network(base))).toBe(true);
      }),
    );
  });

  it('is apart from another or one is in the other', () => {
    expect(overlaps(network('10.0.0.0/8'), network('10.1.0.0/16'))).toBe(true);
    expect(overlaps(network('10.1.0.0/16'), network('10.0.0.0/8'))).toBe(true);
    expect(overlaps(network('10.1.0.0/16'), network('10.2.0.0/16'))).toBe(false);
    expect(contains(network('::/0'), network('10.0.0.1'))).toBe(false);
  });

  it('is the same however it is written', () => {
    expect(isSameAddress('2001:DB8:0:0::7', '2001:db8::7')).toBe(true);
    expect(isSameAddress('::ffff:192.0.2.1', '::ffff:c000:201')).toBe(true);
    expect(isSameAddress('192.0.2.1', '192.0.2.2')).toBe(false);
    expect(isSameAddress('nothing', 'nothing')).toBe(false);
  });

  it.each([
    ['10.1.2.3', 'all'],
    ['172.31.255.255', 'all'],
    ['172.32.0.0', 'none'],
    ['127.0.0.1', 'all'],
    ['fd00::1', 'all'],
    ['::1', 'all'],
    ['2001:db8::1', 'none'],
    ['203.0.113.0/24', 'none'],
    ['0.0.0.0/0', 'some'],
    ['10.0.0.0/7', 'some'],
  ])('%s is private: %s', (text, expected) => {
    expect(privacyOf(network(text))).toBe(expected);
  });
});
