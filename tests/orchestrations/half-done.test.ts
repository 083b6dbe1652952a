import { describe, expect, it } from 'vitest';
import { coverPairs } from '../support/combinations.ts';
import { type HalfDone, halfDoneStates } from '../support/half-done.ts';
import {
  endOfInstall,
  endOfReinstall,
  endOfRepair,
  expectedAfterUninstall,
  installFrom,
  isForInstallAlone,
  isForRepair,
  leftAfterUninstall,
  reinstallFrom,
  repairFrom,
} from '../support/half-done-ends.ts';

const sentenceOf = (state: HalfDone) =>
  Object.entries(state)
    .map(([thing, what]) => `${thing} ${what}`)
    .join(', ');

/** Any two of the things that may be left, in every way in which they may be; torture runs all states. */
const states = coverPairs(halfDoneStates()).map((state) => [sentenceOf(state), state] as const);

describe('requirement 56: from a half-done state', () => {
  it('there are 35,136 of them, and these show every two things together', () => {
    expect(halfDoneStates()).toHaveLength(35_136);
    // The two longest lists of what may be left have six entries each.
    expect(states.length).toBeGreaterThanOrEqual(6 * 6);
  });

  const forInstall = states.filter(([, state]) => isForInstallAlone(state));
  it.each(forInstall)('an install ends as it should: %s', async (_, state) => {
    expect(await installFrom(state)).toEqual(endOfInstall(state));
  });

  it.each(states)('an uninstall leaves nothing but what others use: %s', async (_, state) => {
    expect(await leftAfterUninstall(state)).toEqual(expectedAfterUninstall(state));
  });

  it.each(states.filter(([, state]) => isForRepair(state)))('a repair mends it: %s', async (_, state) => {
    expect(await repairFrom(state)).toEqual(endOfRepair(state));
  });

  it.each(states)('uninstall and install mend it: %s', async (_, state) => {
    expect(await reinstallFrom(state)).toEqual(endOfReinstall(state));
  });
});
