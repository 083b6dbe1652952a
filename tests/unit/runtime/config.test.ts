import { expect, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { parseEnvironment } from '#shared/runtime/config.ts';

const schema = z.object({
  APP_URL: z.url(),
  APP_PORT: z.coerce.number().int().max(65_535).default(443),
  APP_NAMES: z
    .string()
    .transform((text) => ({ list: text.split(',') }))
    .optional(),
});

function faultsOf(env: Record<string, string>, known: string[] = []): unknown {
  try {
    parseEnvironment(schema, env, 'APP_', known);
  } catch (error) {
    if (error instanceof AppError) return error.facts['faults'];
    throw error;
  }
  throw new Error('the environment was accepted');
}

test('parses values, fills defaults and freezes the result through', () => {
  const config = parseEnvironment(
    schema,
    { APP_URL: 'https://a.example', APP_NAMES: 'a,b', HOME: '/x' },
    'APP_',
  );
  expect(config).toEqual({ APP_URL: 'https://a.example', APP_PORT: 443, APP_NAMES: { list: ['a', 'b'] } });
  expect(Object.isFrozen(config.APP_NAMES?.list)).toBe(true);
});

test('reports every fault together, by variable and without its value', () => {
  expect(faultsOf({ APP_PORT: '70000', APP_POTR: 'secret' })).toEqual([
    'APP_POTR: unknown variable',
    'APP_URL: missing',
    expect.stringMatching(/^APP_PORT: (?!.*70000)/),
  ]);
});

test('takes an empty variable for an absent one', () => {
  expect(faultsOf({ APP_URL: '' })).toEqual(['APP_URL: missing']);
});

test('lets variables through that another program owns', () => {
  const env = { APP_URL: 'https://a.example', APP_OTHER: 'x' };
  expect(faultsOf(env)).toEqual(['APP_OTHER: unknown variable']);
  expect(parseEnvironment(schema, env, 'APP_', ['APP_OTHER'])).not.toHaveProperty('APP_OTHER');
});
