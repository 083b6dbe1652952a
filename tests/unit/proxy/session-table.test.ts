import { expect, test } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { createRevokedSessions } from '#proxy/revoked-sessions.ts';
import { createSessionTable } from '#proxy/session-table.ts';

const start = 1_800_000_000_000;
const seconds = (offset: number) => start / 1000 + offset;

test('cuts a connection when its label ends, and not before', () => {
  const clock = createManualClock(start);
  const table = createSessionTable(clock);
  const cuts: string[] = [];
  table.add('one', seconds(60), (reason) => cuts.push(reason));
  clock.advance(59_999);
  expect(cuts).toEqual([]);
  clock.advance(1);
  expect(cuts).toEqual(['expired']);
  expect(table.size).toBe(0);
});

test('cuts every connection of one session and none of another, each once', () => {
  const clock = createManualClock(start);
  const table = createSessionTable(clock);
  const cuts: string[] = [];
  for (const id of ['one', 'one', 'two'])
    table.add(id, seconds(60), (reason) => cuts.push(`${id} ${reason}`));
  expect(table.cut('one', 'revoked')).toBe(2);
  expect(table.cut('one', 'revoked')).toBe(0);
  table.cutAll('drained');
  clock.advance(60_000);
  expect(cuts).toEqual(['one revoked', 'one revoked', 'two drained']);
});

test('forgets a connection that was released', () => {
  const clock = createManualClock(start);
  const table = createSessionTable(clock);
  const release = table.add('one', seconds(60), () => {
    throw new Error('cut after release');
  });
  release();
  expect(table.cut('one', 'revoked')).toBe(0);
  clock.advance(60_000);
  expect(clock.next()).toBeUndefined();
});

test('keeps a revoked id until its label would have expired', () => {
  const clock = createManualClock(start);
  const revoked = createRevokedSessions(clock.now);
  revoked.add('short', seconds(30));
  revoked.add('long', seconds(600));
  clock.advance(29_000);
  expect(revoked.has('short')).toBe(true);
  clock.advance(60_000);
  expect(revoked.size).toBe(1);
  expect(revoked.has('long')).toBe(true);
});
