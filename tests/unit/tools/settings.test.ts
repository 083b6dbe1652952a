import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { settingsSchema } from '#functions/settings.ts';
import { settingsPage } from '#tools/settings/page.ts';
import { readSettingsOf } from '#tools/settings/read-settings.ts';
import { generateSettings } from '#tools/settings.ts';
import { readSource, sourceFiles } from '../../support/source-imports.ts';

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('docs/settings.md', () => {
  it('is what the schemas make: run `npm run settings`', () => {
    const isFresh = file('docs/settings.md') === generateSettings();
    expect(isFresh, 'run `npm run settings` and commit the page').toBe(true);
  });

  it('has every name of a setting that a program reads', () => {
    const page = generateSettings();
    const read = sourceFiles()
      .filter((path) => /^(?:functions|proxy|agent|cli|shared|orchestrations)\//.test(path))
      .flatMap((path) => readSource(path).match(/\bADMIN_CENTER_[A-Z_]*[A-Z]\b/g) ?? []);
    expect(new Set(read).size).toBeGreaterThan(30);
    expect([...new Set(read)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('explains each setting, with what holds where it is absent', () => {
    const schema = z.object({
      ADMIN_CENTER_ONE: z.string(),
      ADMIN_CENTER_TWO: z.coerce.number().default(3),
      ADMIN_CENTER_THREE: z.string().optional(),
    });
    const source = [
      '  /** The first. */',
      '  ADMIN_CENTER_ONE: z.string(),',
      '  /** The `second`. */',
      '  ADMIN_CENTER_TWO: z.coerce',
      '  /** The third. */',
      '  ADMIN_CENTER_THREE: z.string().optional(),',
    ].join('\n');
    const settings = readSettingsOf(schema, source);
    expect(
      settingsPage([{ title: 'App', about: 'Of it.', settings }])
        .split('\n')
        .slice(-3),
    ).toEqual([
      '| `ADMIN_CENTER_TWO`   | `3`          | The `second`. |',
      '| `ADMIN_CENTER_THREE` |              | The third.    |',
      '',
    ]);
    expect(() => readSettingsOf(schema, source.replace('  /** The third. */\n', ''))).toThrow(
      'ADMIN_CENTER_THREE',
    );
  });
});

it('local.settings.sample.json has every setting that is needed, and none that there is not', () => {
  const { Values } = JSON.parse(file('local.settings.sample.json')) as { Values: Record<string, string> };
  const needed = Object.entries(settingsSchema.shape).filter(([, schema]) => !schema.isOptional());
  expect(needed.length).toBeGreaterThan(10);
  expect(needed.map(([name]) => name).filter((name) => !(name in Values))).toEqual([]);
  const own = Object.keys(Values).filter((name) => name.startsWith('ADMIN_CENTER_'));
  expect(own.filter((name) => !(name in settingsSchema.shape))).toEqual([]);
});
