import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
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

/**
 * All of them take an hour (`HALF_DONE_STATES=all`). The usual run takes each 23rd (a prime: no list of choices is skipped
 * by it), from this one on: always the same, so that a failure is of a change; `HALF_DONE_OFFSET` takes others.
 */
const stride = process.env['HALF_DONE_STATES'] === 'all' ? 1 : 23;
const offset = Number(process.env['HALF_DONE_OFFSET'] ?? 1) % stride;
const states = halfDoneStates().filter((_, index) => index % stride === offset);
/** One test for each of these, so that none is long. */
const shards = [...new Set(states.map(({ extension, record }) => `${extension} and ${record}`))];

/** Where it came to another end. */
async function strayEnds(state: HalfDone): Promise<object[]> {
  const installed = isForInstallAlone(state) ? await installFrom(state) : endOfInstall(state);
  const left = await leftAfterUninstall(state);
  const reinstalled = await reinstallFrom(state);
  const repaired = isForRepair(state) ? await repairFrom(state) : endOfRepair(state);
  return [
    ...(isDeepStrictEqual(installed, endOfInstall(state)) ? [] : [{ state, installed }]),
    ...(isDeepStrictEqual(left, expectedAfterUninstall(state)) ? [] : [{ state, left }]),
    ...(isDeepStrictEqual(reinstalled, endOfReinstall(state)) ? [] : [{ state, reinstalled }]),
    ...(isDeepStrictEqual(repaired, endOfRepair(state)) ? [] : [{ state, repaired }]),
  ];
}

describe('requirement 56: every half-done state', () => {
  it.each(shards)('with an extension and its record %s is ended and mended', async (shard) => {
    const mine = states.filter(({ extension, record }) => `${extension} and ${record}` === shard);
    const strays: object[] = [];
    for (const state of mine) strays.push(...(await strayEnds(state)));
    expect(strays).toEqual([]);
    expect(mine.length).toBeGreaterThan(1000 / stride / 2);
    process.stderr.write(
      `${mine.length} half-done states (offset ${offset} of ${stride}) with an extension and its record ${shard}\n`,
    );
  });
});
