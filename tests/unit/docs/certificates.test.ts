import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { authorityList } from '#functions/authority-settings.ts';
import { authorityLimits } from '#shared/domain/authority-limits.ts';
import { certificateMoves } from '#shared/domain/certificate-lifecycle.ts';
import { errorTable } from '#shared/domain/error.ts';

const guide = readFileSync(new URL('../../../docs/certificates.md', import.meta.url), 'utf8');

/** First cells of the tables below a heading, without their backticks. */
function firstCells(heading: string): string[] {
  const [, section = ''] = guide.split(`\n${heading}\n`);
  const [own = ''] = section.split(/\n##? /);
  return own
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, cell = '']) => cell));
}

const examples = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => text);

describe('the guide to certificates', () => {
  it('has an example of authorities that the settings accept', () => {
    const [list = ''] = examples;
    expect(authorityList.parse(list).map(({ name }) => name)).toEqual([
      'lets-encrypt',
      'google',
      'zerossl',
      'digicert',
    ]);
  });

  it('has an example of a limit that the settings accept', () => {
    const [, limit = ''] = examples;
    const directory = 'https://authority.test/directory';
    const text = JSON.stringify([{ name: 'own', directory, limits: [JSON.parse(limit)] }]);
    expect(authorityList.parse(text)).toMatchObject([{ limits: [{ capacity: 10_000 }] }]);
  });

  it('names every set of limits', () => {
    expect(firstCells('### Limits').toSorted()).toEqual(Object.keys(authorityLimits).toSorted());
  });

  it('names every state of a certificate', () => {
    const states = Object.keys(certificateMoves).filter((state) => state !== 'none');
    expect(firstCells('## States').toSorted()).toEqual(states.toSorted());
  });

  it('says of every error of this half what it means, and of none that there is not', () => {
    const told = firstCells('## What an error means');
    const codes = Object.keys(errorTable);
    expect(told.filter((code) => !codes.includes(code))).toEqual([]);
    const ours = codes.filter((code) => /^(certificate|dns|drill)_/.test(code));
    expect(ours.filter((code) => !told.includes(code))).toEqual([]);
  });
});
