import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellLine, shellWord } from '#shared/domain/shell-word.ts';
import { shellWords } from '../../support/shell-words.ts';

const hostile = [
  "it's",
  '$(reboot)',
  '`reboot`',
  'a;b',
  'a&&b',
  'a b',
  '"',
  '\\',
  '!!',
  '*',
  '~',
  '#no comment',
  'two\nlines',
  '',
  '-rf',
  '=ls',
  "'; reboot; '",
  '{a,b}',
  '<in',
  '\u00e9\u4e16',
];

describe('a word of a shell', () => {
  it('stands for the same text, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(shellWords(shellWord(text))).toEqual([text]);
      }),
    );
    for (const text of hostile) expect(shellWords(shellWord(text))).toEqual([text]);
  });

  it('is read so by the shell itself', () => {
    const line = `printf '%s\\0' ${hostile.map(shellWord).join(' ')}`;
    const { stdout } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(hostile);
  });

  it('is quoted only where a shell would read more than text', () => {
    expect(shellWord('/subscriptions/a-b_c/x.y')).toBe('/subscriptions/a-b_c/x.y');
    expect(shellWord('Some Role')).toBe("'Some Role'");
  });

  it('follows the name of its option; an option without a value is left out', () => {
    expect(shellLine('az some', { role: 'Some Role', type: undefined, scope: '/a' })).toBe(
      "az some --role 'Some Role' --scope /a",
    );
  });
});
