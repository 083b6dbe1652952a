import { expect, it, vi } from 'vitest';
import { shortWaits } from '../support/hostile-arm/short-waits.ts';
import { hostileCases, hostileFlows, strayEnds } from '../support/hostile-arm/suite.ts';

vi.mock(import('node:timers/promises'), async (load) => shortWaits(await load()));

/** Torture runs all of them; these are spread over every call and everything that may be wrong with one. */
const stride = 43;

it.each(hostileFlows)(
  'a wrong answer of Azure Resource Manager during $flow on $on ends well or with a name, and $mend finishes it',
  async (pair) => {
    const cases = (await hostileCases(pair)).filter((_, index) => index % stride === 0);
    expect(cases.length).toBeGreaterThan(5);
    expect((await strayEnds(cases)).strays).toEqual([]);
  },
  120_000,
);
