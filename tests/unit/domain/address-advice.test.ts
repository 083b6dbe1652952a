import { describe, expect, it } from 'vitest';
import { adviseOn } from '#shared/domain/address-advice.ts';
import type { NetworkAddress, SecurityGroup } from '#shared/domain/security-rule.ts';
import { group, rule } from '../../support/security-rules.ts';

const addressOf = (isPublic: boolean, groups: SecurityGroup[]): NetworkAddress => ({
  address: isPublic ? '203.0.113.7' : '10.0.0.4',
  isPublic,
  listenOn: '10.0.0.4',
  groups,
});
const advise = (isPublic: boolean, groups: SecurityGroup[], yourAddress?: string) =>
  adviseOn(addressOf(isPublic, groups), { port: 6516, yourAddress });
const forOffice = rule({ sources: ['198.51.100.0/24'], destinationPorts: ['6516'] });

describe('what is said of an address', () => {
  it('requirement 128: a public one needs an inbound rule, a private one does not', () => {
    expect(advise(true, [group('interface')])).toMatchObject({
      isOpen: false,
      notes: expect.arrayContaining([expect.stringMatching(/needs an inbound rule for port 6516/)]),
    });
    expect(advise(false, [group('interface')])).toMatchObject({
      isOpen: true,
      notes: expect.arrayContaining([expect.stringMatching(/needs no inbound rule/)]),
    });
  });

  it('requirement 129: the private one is recommended, because any host of the internet may reach the other', () => {
    expect(advise(false, []).isRecommended).toBe(true);
    expect(advise(true, [])).toMatchObject({
      isRecommended: false,
      notes: expect.arrayContaining([
        expect.stringMatching(/any host on the internet.*private address is recommended/i),
      ]),
    });
  });

  it('requirement 130: the private one takes a way into the virtual network', () => {
    expect(advise(false, []).notes).toContainEqual(expect.stringMatching(/virtual network.*VPN gateway/));
    expect(advise(true, []).notes).not.toContainEqual(expect.stringMatching(/VPN gateway/));
  });

  it('requirement 135: the sources of a rule should be the systems that manage', () => {
    expect(advise(true, []).notes).toContainEqual(
      expect.stringMatching(/systems that you manage from, and no others/),
    );
  });

  it('C11: which address becomes public in DNS, and that none does through the proxy', () => {
    for (const [isPublic, address] of [
      [true, '203.0.113.7'],
      [false, '10.0.0.4'],
    ] as const)
      expect(advise(isPublic, []).notes.at(-1)).toMatch(
        new RegExp(
          `resolve to ${address.replaceAll('.', '\\.')} in public DNS.*through the proxy no address`,
        ),
      );
  });

  it.each([
    ['198.51.100.9', true],
    ['203.0.113.9', false],
    // Neither a private address nor one of another family says from where a browser comes.
    ['10.9.9.9', undefined],
    ['2001:db8::9', undefined],
    [undefined, undefined],
  ])('is judged for the caller’s own address where that is one of the internet: %s %s', (yours, isOpen) => {
    expect(advise(true, [group('interface', [forOffice])], yours).isOpen).toBe(isOpen);
  });

  it('is left open where no group guards it, and a public one without a group is said to be shut', () => {
    expect(advise(false, []).isOpen).toBeUndefined();
    expect(advise(true, [])).toMatchObject({
      isOpen: undefined,
      notes: expect.arrayContaining([expect.stringMatching(/^No network security group guards it/)]),
    });
  });

  it('names the groups that keep the port closed, and that the group of a subnet is never changed', () => {
    const { notes, isOpen } = advise(true, [group('interface', [rule()]), group('subnet')]);
    expect(isOpen).toBe(false);
    expect(notes).toContainEqual(expect.stringMatching(/nsg-subnet of the subnet.*never changed here/));
    expect(notes.join()).not.toContain('nsg-interface');
    const shut = rule({ access: 'Deny', priority: 100, sources: ['VirtualNetwork'] });
    expect(advise(false, [group('interface', [shut])])).toMatchObject({
      isOpen: false,
      notes: expect.arrayContaining([expect.stringMatching(/nsg-interface of the network interface/)]),
    });
  });
});
