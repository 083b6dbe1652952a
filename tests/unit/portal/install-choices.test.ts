import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSupportedBrowser } from '#portal/model/browser.ts';
import { chainOf, chainSentence } from '#portal/model/chain.ts';
import { pastedIds } from '#portal/model/fleet-selection.ts';
import { chosenAddress, faultsOf, firstChoices, wishesOf } from '#portal/model/install-choices.ts';
import { namedFacts } from '#portal/model/named-facts.ts';
import { removalOf } from '#portal/model/removal.ts';
import { isEverybody, readSources, withSource } from '#portal/model/sources.ts';
import { directRequest } from '#shared/protocol/install-api.ts';
import { asVirtualMachine, sampleAddresses } from '../../support/portal-install-samples.ts';
import { bareMachine, sampleMachine } from '../../support/portal-samples.ts';

describe('addresses that are let in', () => {
  it('requirement 132: are several between commas, and what the page takes the service takes', () => {
    expect(readSources(' 203.0.113.7, 198.51.100.0/24\n203.0.113.7 ')).toEqual({
      sources: ['203.0.113.7', '198.51.100.0/24'],
    });
    const octet = fc.integer({ min: 0, max: 255 });
    const network = fc
      .tuple(fc.ipV4(), fc.option(fc.integer({ min: 0, max: 32 })))
      .map(([address, bits]) => (bits === null ? address : `${address}/${bits}`));
    fc.assert(
      fc.property(fc.oneof(network, fc.ipV6(), octet.map(String), fc.string()), (text) => {
        const read = readSources(text);
        if (read.fault !== undefined || read.sources.length === 0) return;
        // IPv6 is judged by the service alone; the page keeps out what is surely none.
        if (read.sources.some((source) => source.includes(':'))) return;
        expect(directRequest.safeParse({ address: '10.0.0.4', sources: read.sources }).success).toBe(true);
      }),
    );
  });

  it.each(['300.1.1.1', '10.0.0', '10.0.0.0/33', '10.0.0.0/8/8', 'web-01', '::/129'])(
    'are not %s',
    (text) => {
      expect(readSources(text).fault).toContain(text);
    },
  );

  it('requirement 136: take one’s own in once', () => {
    expect(withSource('', '203.0.113.7')).toBe('203.0.113.7');
    expect(withSource('198.51.100.1 ', '203.0.113.7')).toBe('198.51.100.1, 203.0.113.7');
    expect(withSource('203.0.113.7', '203.0.113.7')).toBe('203.0.113.7');
    expect(['0.0.0.0/0', '::/0', '10.0.0.0/8'].map(isEverybody)).toEqual([true, true, false]);
  });
});

describe('what the install page asks for', () => {
  const machine = bareMachine(0, asVirtualMachine('web-01'));
  const first = firstChoices(machine, undefined, {});

  it('is what is chosen and no more', () => {
    expect(wishesOf(first, machine)).toEqual({ port: 6516 });
    expect(wishesOf({ ...first, address: null }, machine)).toBeUndefined();
    expect(faultsOf({ ...first, portText: '0', address: null, sourcesText: 'x' })).toEqual({
      port: '0 is not a port: use 1 to 65535.',
      address: 'Choose one of the addresses.',
    });
  });

  it('requirement 83: is an address that the machine has, the recommended one until another is chosen', () => {
    const known = sampleAddresses().value;
    const wished = [undefined, null, '20.50.60.70', '192.0.2.1'];
    expect(wished.map((address) => chosenAddress(address, known))).toEqual([
      undefined,
      '10.0.0.4',
      '20.50.60.70',
      null,
    ]);
    expect(chosenAddress('10.0.0.4', [])).toBe(null);
  });

  it('requirement 133: opens to everybody without the addresses that were typed before', () => {
    const open = { ...first, address: '20.0.0.1', sourcesText: '203.0.113.7', openToAnyone: true };
    expect(wishesOf(open, machine)?.direct).toEqual({ address: '20.0.0.1', openToAnyone: true });
  });

  it('begins with direct mode nowhere but on a virtual machine, and never with the port open to everybody', () => {
    const prefill = { direct: '10.0.0.4', sources: '203.0.113.7' };
    expect(firstChoices(bareMachine(0), undefined, prefill).address).toBeUndefined();
    expect(firstChoices(machine, undefined, prefill)).toMatchObject({
      address: '10.0.0.4',
      sourcesText: '203.0.113.7',
      openToAnyone: false,
      consent: false,
    });
  });
});

describe('what an uninstall takes away', () => {
  it('requirements 58-60: leaves the endpoint and every service of others', () => {
    const endpoint = { enabled: true, services: { WAC: 6516, SSH: 22 } };
    const { goes, stays } = removalOf(sampleMachine(0, { endpoint }));
    expect(goes).toContain('The service configuration WAC.');
    expect(goes.join()).not.toContain('endpoint');
    expect(stays).toContain('The service configuration SSH, port 22.');
    expect(stays.join()).not.toContain('WAC');
  });

  it('names the rule of the network where there may be one', () => {
    const reach = { mode: 'direct' as const, address: '10.0.0.4', isPublic: false };
    expect(removalOf(sampleMachine(0, { reach })).goes.join()).toContain('PortForWAC');
    expect(removalOf(sampleMachine(0)).goes.join()).not.toContain('PortForWAC');
  });
});

describe('the way of direct mode', () => {
  const reach = { mode: 'direct' as const, address: '10.0.0.4', isPublic: false };
  const machine = sampleMachine(0, { reach });
  const shown = (...[tried]: [Parameters<typeof chainOf>[1]?]) =>
    chainOf(machine, tried).map(({ name, state }) => `${name} ${state}`);

  it('has no proxy and no relay, and only the tab tries the network', () => {
    expect(shown()).toEqual(['browser good', 'network untried', 'agent good', 'service untried']);
    expect(shown({ outcome: 'open' })).toEqual(shown());
    expect(shown({ outcome: 'failed', hop: 'agent' })[1]).toBe('network untried');
    expect(chainSentence(chainOf(machine, { outcome: 'open' }))).toContain('seen in the tab');
  });
});

describe('what a remedy names', () => {
  it('is shown where the service says what it is, and left out where it does not', () => {
    const preconditions = [{ code: 'memory', rule: 'Enough memory', found: '2 GiB', needed: '3 GiB' }];
    const remedy = 'Mend each in `preconditions` with `rule`, `constructor` and `nested`.';
    expect(namedFacts(remedy, { preconditions, rule: 'rg/nsg/PortForWAC', nested: { deep: {} } })).toEqual([
      { name: 'preconditions', values: ['Enough memory: found 2 GiB, needed 3 GiB'] },
      { name: 'rule', values: ['rg/nsg/PortForWAC'] },
    ]);
    expect(namedFacts(remedy)).toEqual([]);
  });
});

describe('requirement 23: a browser', () => {
  const brands = (...names: string[]) => names.map((brand) => ({ brand }));
  it.each([
    ['Microsoft Edge', true, brands('Not)A;Brand', 'Chromium', 'Microsoft Edge')],
    ['Google Chrome', true, brands('Google Chrome', 'Not A(Brand', 'Chromium')],
    ['Opera, which is made of the same parts', false, brands('Not;A=Brand', 'Chromium', 'Opera')],
    ['Brave', false, brands('Brave', 'Chromium', 'Not_A Brand')],
  ])('is judged by its own brands: %s %s', (_, isSupported, listed) => {
    expect(isSupportedBrowser({ userAgent: '', brands: listed })).toBe(isSupported);
  });

  it.each([
    [
      true,
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0',
    ],
    [false, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    [false, 'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15'],
    [false, 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 OPR/125.0'],
  ])('that lists none is judged by what it calls itself: %s, %s', (isSupported, userAgent) => {
    expect(isSupportedBrowser({ userAgent, brands: undefined })).toBe(isSupported);
  });
});

describe('pasted resource ids', () => {
  it('are one each, however they are separated and in whatever case they come again', () => {
    const [one, other] = [sampleMachine(0).resourceId, sampleMachine(1).resourceId];
    expect(pastedIds(`"${one}", '${other}'\r\n${one.toUpperCase()}/\n`)).toEqual([one, other]);
  });
});
