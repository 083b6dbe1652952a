import { describe, expect, it } from 'vitest';
import { type LocalPolicy, parsePolicy } from '#agent/local-policy.ts';
import { policyOf, policyRefusal, summaryOf } from '#agent/machine-policy.ts';

const allows = (own: LocalPolicy, port: number) => policyRefusal({ own, arc: undefined }, port) === undefined;
const file = (content: object) => JSON.stringify(content);

describe('local policy', () => {
  it('requirement 40: opens the installed port and no other when there is no file', () => {
    const policy = parsePolicy(undefined, [6516]);
    expect(allows(policy, 6516)).toBe(true);
    expect(allows(policy, 22)).toBe(false);
  });

  it('requirement 42: takes several ports with commas and blanks between them', () => {
    const policy = parsePolicy(file({ 'incomingconnections.ports': '6516, 22,' }), [6516]);
    expect([...policy.ports]).toEqual([6516, 22]);
  });

  it('requirement 38: closes everything when it is not enabled, whatever the ports say', () => {
    const policy = parsePolicy(
      file({ 'incomingconnections.enabled': false, 'incomingconnections.ports': '6516' }),
      [6516],
    );
    expect(allows(policy, 6516)).toBe(false);
  });

  it('requirement 40: opens no port for an empty list', () => {
    expect(allows(parsePolicy(file({ 'incomingconnections.ports': '' }), [6516]), 6516)).toBe(false);
  });

  it.each(['ssh', '0', '65536', '22;6516', '-1', '22 6516'])('refuses %j as a port', (ports) => {
    expect(() => parsePolicy(file({ 'incomingconnections.ports': ports }), [6516])).toThrow('is no port');
  });

  it('refuses a file with a misspelt setting', () => {
    expect(() => parsePolicy(file({ 'incomingconnections.enable': false }), [6516])).toThrow(
      'incomingconnections.enable',
    );
  });
});

describe('both sources of the policy together', () => {
  const own = (enabled: boolean, ...ports: number[]): LocalPolicy => ({ enabled, ports: new Set(ports) });

  it.each([
    ['both allow it', own(true, 6516), own(true, 6516), undefined],
    ['there is no Arc agent', own(true, 6516), undefined, undefined],
    ['the Arc agent lists it with others', own(true, 6516), own(true, 22, 6516), undefined],
    ['the Arc agent lists others alone', own(true, 6516), own(true, 22), 'port_not_allowed'],
    ['the Arc agent lists nothing', own(true, 6516), own(true), 'port_not_allowed'],
    ['the own list lacks it', own(true, 22), own(true, 6516), 'port_not_allowed'],
    ['the Arc agent is off', own(true, 6516), own(false, 6516), 'remote_access_disabled'],
    ['the own switch is off', own(false, 6516), own(true, 6516), 'remote_access_disabled'],
    ['both are off', own(false), own(false), 'remote_access_disabled'],
  ] as const)('requirement 39: local refusal wins when %s', (_, left, arc, refusal) => {
    expect(policyRefusal({ own: left, arc }, 6516)).toBe(refusal);
  });

  it('requirement 40: a service that listens elsewhere needs its own port on the own list, and not on that of Arc', () => {
    expect(policyRefusal({ own: own(true, 6516, 8443), arc: own(true, 6516) }, 6516, 8443)).toBeUndefined();
    expect(policyRefusal({ own: own(true, 6516), arc: own(true, 6516, 8443) }, 6516, 8443)).toBe(
      'port_not_allowed',
    );
  });

  it('requirement 39: an Arc agent that cannot be read lets nobody in, and one that is not there says nothing', () => {
    expect(policyOf({ unknown: 'azcmagent ended with code 1' })).toEqual({
      enabled: false,
      ports: new Set(),
    });
    expect(policyOf({ known: undefined })).toBeUndefined();
  });

  it('is told as what both let in', () => {
    expect(summaryOf({ own: own(true, 6516, 22, 80), arc: own(true, 22, 6516, 443) })).toEqual({
      enabled: true,
      ports: [22, 6516],
    });
    expect(summaryOf({ own: own(true, 6516), arc: own(false, 6516) })).toEqual({
      enabled: false,
      ports: [6516],
    });
    expect(summaryOf({ own: own(true, 22, 6516), arc: undefined })).toEqual({
      enabled: true,
      ports: [22, 6516],
    });
  });
});
