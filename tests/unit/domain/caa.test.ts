import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CaaRecord, caaForbids } from '#shared/domain/caa.ts';

const ca = 'ca.example';
const record = (text: string): CaaRecord => {
  const [, critical, tag = '', value = ''] = /^(!?)(\w+) ?(.*)$/s.exec(text) ?? [];
  return { critical: critical === '!', tag, value };
};
const forbids = (records: readonly string[], identities: readonly string[] = [ca], isWildcard = false) =>
  caaForbids(records.map(record), identities, isWildcard);

describe('a CAA set (RFC 8659 section 4)', () => {
  it.each<[string, string[]]>([
    ['nothing in it', []],
    ['no property about issuing', ['iodef mailto:security@example.org', 'contactemail a@example.org']],
    ['a property that is for wildcards alone', ['issuewild other.example']],
    ['the authority', ['issue ca.example']],
    ['the authority among others', ['issue other.example', 'issue ;', 'issue CA.example']],
    ['parameters after it', ['issue ca.example; accounturi=https://ca.example/acct/1; policy=ev']],
    ['blanks where they may be', ['issue \t ca.example\t;\tpolicy=ev ; a=b ']],
    ['a parameter without a value', ['issue ca.example; a=']],
    ['our method among its methods', ['issue ca.example; validationmethods=http-01,dns-01']],
    ['our method in one of two records', ['issue ca.example; validationmethods=http-01', 'issue ca.example']],
    ['an unknown property that is not critical', ['future anything']],
    ['a known property that is critical', ['!issue ca.example', '!iodef mailto:a@example.org']],
  ])('permits with %s', (_, records) => {
    expect(forbids(records)).toBeUndefined();
  });

  it.each<[string, string[], string]>([
    ['another authority', ['issue other.example', 'issue third.example'], 'other.example, third.example'],
    ['an empty value', ['issue '], 'no authority'],
    ['a lone semicolon', ['issue ;'], 'no authority'],
    ['parameters without an authority', ['issue ; policy=ev'], 'no authority'],
    ['a value outside the grammar', ['issue %%%%%'], 'no authority'],
    ['a name with a final dot', ['issue ca.example.'], 'no authority'],
    ['a parameter outside the grammar', ['issue ca.example; policy'], 'no authority'],
    ['two names in one value', ['issue ca.example other.example'], 'no authority'],
    ['a name that only begins alike', ['issue ca.example.org'], 'ca.example.org'],
    ['other methods than ours (RFC 8657)', ['issue ca.example; ValidationMethods=http-01'], 'dns-01'],
    ['an unknown critical property', ['issue ca.example', '!future anything'], "'future'"],
  ])('forbids with %s', (_, records, reason) => {
    expect(forbids(records)).toContain(reason);
  });

  it('is read for a wildcard from issuewild, and from issue where there is none', () => {
    expect(forbids(['issue other.example', 'issuewild ca.example'], [ca], true)).toBeUndefined();
    expect(forbids(['issue ca.example', 'issuewild ;'], [ca], true)).toBe(
      "CAA 'issuewild' permits no authority",
    );
    expect(forbids(['issue ca.example', 'issuewild ;'])).toBeUndefined();
    expect(forbids(['issue other.example'], [ca], true)).toBe(
      "CAA 'issue' permits other.example and not ca.example",
    );
  });

  it('permits an authority under any of its identities, and decides nothing more without one', () => {
    expect(forbids(['issue old.example'], ['Old.Example', ca])).toBeUndefined();
    expect(forbids(['issue other.example'], [])).toBeUndefined();
    expect(forbids(['issue ;'], [])).toContain('no authority');
  });

  it('has an answer for any value', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.boolean(), (value, isWildcard) => {
        const said = caaForbids([{ critical: false, tag: 'issue', value }], [ca], isWildcard);
        expect(said === undefined || said.length > 0).toBe(true);
      }),
    );
  });
});
