import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linksTo } from '#shared/adapters/acme/link-header.ts';

const base = 'https://acme.example/certificate/1';

describe('links of an answer', () => {
  it.each([
    [null, []],
    ['', []],
    ['<https://acme.example/directory>;rel="index"', []],
    ['<https://acme.example/a>;rel="alternate"', ['https://acme.example/a']],
    ['</a>; rel=alternate', ['https://acme.example/a']],
    ['</a>;rel="index", </b>;rel="alternate", </c> ; REL = "next alternate"', ['b', 'c']],
    ['</a,b;c>;title="x, </no>;rel=alternate";rel="alternate"', ['a,b;c']],
    ['</a>;rel="alternates"', []],
    ['<http://[>;rel="alternate", </b>;rel="alternate"', ['b']],
  ])('in %j are %j', (header, targets) => {
    const absolute = targets.map((target) => new URL(target, 'https://acme.example/').href);
    expect(linksTo('alternate', header, base)).toEqual(absolute);
  });

  it('are found wherever they stand among others, in their order', () => {
    const target = fc
      .stringMatching(/^[a-z0-9,;=?&%"-]{0,12}$/)
      .map((path) => new URL(`/${path}`, base).href);
    const entry = fc.record({ target, relation: fc.constantFrom('alternate', 'index', 'up') });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const header = entries.map((one) => `<${one.target}>;rel="${one.relation}"`).join(', ');
        const wanted = entries.filter(({ relation }) => relation === 'alternate').map((one) => one.target);
        expect(linksTo('alternate', header, base)).toEqual(wanted);
      }),
    );
  });

  it('are read from any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', ';', ',', '=', '"', '\\', ' ', 'rel'), maxLength: 3000 }),
        (header) => {
          for (const target of linksTo('rel', header, base)) expect(URL.canParse(target)).toBe(true);
        },
      ),
    );
  });
});
