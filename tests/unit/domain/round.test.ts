import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOfRound } from '#shared/domain/round.ts';

const fleet = fc.uniqueArray(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }),
  {
    maxLength: 30,
  },
);
const membersOf = (ids: readonly string[]) => ids.map((machineId) => ({ machineId }));

/** Ticks, each going on where the one before ended. */
function ticks(ids: readonly string[], size: number, count: number, after = ''): string[][] {
  const pages: string[][] = [];
  let last = after;
  for (let tick = 0; tick < count; tick += 1) {
    const page = nextOfRound(membersOf(ids), last, size).map(({ machineId }) => machineId);
    pages.push(page);
    last = page.at(-1) ?? last;
  }
  return pages;
}

describe('a round', () => {
  it('comes to each once before it comes to any twice, wherever it begins', () => {
    fc.assert(
      fc.property(fleet, fc.integer({ min: 1, max: 10 }), fc.string(), (ids, size, after) => {
        const looked = ticks(ids, size, Math.ceil(ids.length / size), after).flat();
        expect(new Set(looked)).toEqual(new Set(ids));
        expect(new Set(looked.slice(0, ids.length)).size).toBe(ids.length);
      }),
    );
  });

  it('never looks at one twice in a tick, and never at more than it may', () => {
    fc.assert(
      fc.property(fleet, fc.integer({ min: 1, max: 40 }), fc.string(), (ids, size, after) => {
        const [page = []] = ticks(ids, size, 1, after);
        expect(page).toHaveLength(Math.min(size, ids.length));
        expect(new Set(page).size).toBe(page.length);
      }),
    );
  });

  it('comes to those who stay although others join and leave after each tick', () => {
    fc.assert(
      fc.property(fleet, fc.array(fleet, { minLength: 31, maxLength: 31 }), (stay, others) => {
        let last = '';
        const looked = new Set<string>();
        for (const some of others) {
          const all = [...new Set([...stay, ...some])];
          const page = nextOfRound(membersOf(all), last, Math.max(1, Math.ceil(all.length / 4)));
          for (const { machineId } of page) looked.add(machineId);
          last = page.at(-1)?.machineId ?? last;
        }
        expect(stay.filter((id) => !looked.has(id))).toEqual([]);
      }),
    );
  });
});
