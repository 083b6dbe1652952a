import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inLanes } from '#shared/domain/lanes.ts';

describe('work in lanes', () => {
  it('is done on every item once, in their order, and no more at a time than there are lanes', async () => {
    const begun: number[] = [];
    let now = 0;
    let most = 0;
    await inLanes(Array.from({ length: 20 }).keys(), 3, async (item) => {
      begun.push(item);
      most = Math.max(most, (now += 1));
      await turn();
      now -= 1;
    });
    expect(begun).toEqual([...Array.from({ length: 20 }).keys()]);
    expect(most).toBe(3);
  });

  it('goes on after a failure, and throws the first when all were tried', async () => {
    const done: number[] = [];
    const work = async (item: number) => {
      await turn();
      if (item % 2 === 1) throw new Error(`item ${item}`);
      done.push(item);
    };
    await expect(inLanes([0, 1, 2, 3, 4], 2, work)).rejects.toThrow('item 1');
    expect(done).toEqual([0, 2, 4]);
  });

  it('of nothing is done at once', async () => {
    await expect(inLanes([], 4, async () => turn())).resolves.toBeUndefined();
  });
});
