import { describe, expect, it } from 'vitest';
import { freshnessAdvice } from '#shared/domain/freshness.ts';
import { reverse } from '#shared/domain/reach.ts';

const now = new Date('2026-10-01T12:00:00.000Z');
const before = (ms: number) => new Date(now.getTime() - ms).toISOString();
const twoMinutes = 120_000;
const reach = { mode: 'direct', address: '203.0.113.7', isPublic: true, listenOn: '10.0.0.4' } as const;
const ruleOf = (openedAt?: string) => ({
  ruleId: '/rule',
  isOurs: true,
  port: 6516,
  sources: 'any' as const,
  ...(openedAt !== undefined && { openedAt }),
});
const installed = (at: string) => ({ state: 'installed', port: 6516, installedAt: at }) as const;
const long = installed(before(twoMinutes * 100));

describe('requirement 115: who connects is told to wait and try again', () => {
  it('while the install is younger than two minutes', () => {
    expect(freshnessAdvice({ extension: installed(before(twoMinutes - 1)) }, now)).toMatch(
      /^The install is less than two minutes old.*wait a minute or two and try again\.$/,
    );
    expect(freshnessAdvice({ extension: installed(before(twoMinutes)) }, now)).toBeUndefined();
  });

  it('while the rule is younger than two minutes', () => {
    const young = ruleOf(before(twoMinutes - 1));
    expect(freshnessAdvice({ extension: long, reach, portRule: young }, now)).toMatch(/^The rule .* is less/);
    expect(freshnessAdvice({ extension: installed(before(0)), reach, portRule: young }, now)).toMatch(
      /^The rule that lets browsers in and the install are less/,
    );
  });

  it('and not for a rule of old, one that others made, or one that nobody comes through', () => {
    expect(
      freshnessAdvice({ extension: long, reach, portRule: ruleOf(before(twoMinutes)) }, now),
    ).toBeUndefined();
    expect(freshnessAdvice({ extension: long, reach, portRule: ruleOf() }, now)).toBeUndefined();
    const portRule = ruleOf(before(1));
    expect(freshnessAdvice({ extension: long, reach: reverse, portRule }, now)).toBeUndefined();
    expect(freshnessAdvice({}, now)).toBeUndefined();
  });
});
