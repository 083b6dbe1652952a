import { describe, expect, it, vi } from 'vitest';
import { shortWaits } from '../support/hostile-arm/short-waits.ts';
import { hostileCases, hostileFlows, strayEnds } from '../support/hostile-arm/suite.ts';

vi.mock(import('node:timers/promises'), async (load) => shortWaits(await load()));

/**
 * All of them take a quarter of an hour (`HOSTILE_ARM=all`). The usual run takes each third: always the same, so that a failure
 * is of a change.
 */
const stride = process.env['HOSTILE_ARM'] === 'all' ? 1 : 3;
/** Each flow in parts, so that none is long. */
const parts = [0, 1, 2, 3];

describe.each(hostileFlows)('every wrong answer of Azure Resource Manager during $flow on $on', (pair) => {
  it.each(parts)(
    'ends well or with a name, and what is asked for then finishes it: part %i',
    async (part) => {
      const all = await hostileCases(pair);
      const cases = all.filter(
        (_, index) => index % stride === 0 && (index / stride) % parts.length === part,
      );
      const { strays, codes } = await strayEnds(cases);
      expect(strays).toEqual([]);
      expect(cases.length).toBeGreaterThan(50 / stride);
      // Most of what is wrong once is ridden out; what stays wrong fails by its name.
      expect(codes.get(null)).toBeGreaterThan(cases.length / 4);
      expect(codes.size).toBeGreaterThan(2);
      const told = [...codes].map(([code, count]) => `${count} ${code ?? 'succeeded'}`).join(', ');
      process.stderr.write(
        `${pair.on}, ${pair.flow}, then ${pair.mend}: ${cases.length} of ${all.length} (${told})\n`,
      );
    },
  );
});
