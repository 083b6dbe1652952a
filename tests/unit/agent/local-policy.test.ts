import { describe, expect, it } from 'vitest';
import { allows, parsePolicy } from '#agent/local-policy.ts';

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
