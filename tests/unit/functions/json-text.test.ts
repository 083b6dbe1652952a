import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatedMember } from '#functions/http/json-text.ts';

describe('a member that is there twice', () => {
  it.each([
    ['{"a":1,"a":1}', 'a'],
    ['{"a":{"b":[0,{"c":1,"d":2,"c":3}]}}', 'a.b.1.c'],
    ['[[],[{"x":"},{","x":1}]]', '1.0.x'],
    [String.raw`{"\"":1,"\u0022":2}`, '"'],
    ['{"":1,"":2}', ''],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"a" :\n1 ,\t"a" : 2}', 'a'],
  ])('is found with its path: %s', (text, path) => {
    expect(repeatedMember(text)).toBe(path);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    String.raw`{"a":"\",\"a\":1","b":"\\"}`,
    '"a"',
    '7',
    ' ',
  ])('is not seen where there is none: %s', (text) => {
    expect(repeatedMember(text)).toBeUndefined();
  });

  it('is in no text that JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(repeatedMember(JSON.stringify(JSON.parse(text)))).toBeUndefined();
      }),
    );
  });

  it('is found wherever one is put', () => {
    const name = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(name, fc.jsonValue(), fc.jsonValue(), (member, one, other) => {
        const key = JSON.stringify(member);
        const text = `[{"outer":{${key}:${JSON.stringify(one)},${key}:${JSON.stringify(other)}}}]`;
        expect(repeatedMember(text)).toBe(`0.outer.${JSON.parse(key)}`);
      }),
    );
  });

  it('is looked for in ten thousand levels without a stack', () => {
    expect(repeatedMember('{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000))).toBeUndefined();
    expect(repeatedMember(`"${'\\\\'.repeat(30_000)}"`)).toBeUndefined();
  });
});
