/** Uniform numbers that are the same for the same seed (mulberry32). */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number;
  /** In [least, most). */
  between(least: number, most: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Waits with this mean between independent happenings. */
  waiting(mean: number): number;
  /** Another sequence, of its own name: what one part draws moves nothing in another. */
  fork(name: string): SeededRandom;
}

const hashOf = (text: string): number => {
  let hash = 2_166_136_261;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 16_777_619);
  return hash >>> 0;
};

export function createSeededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    chance: (probability) => next() < probability,
    waiting: (mean) => -Math.log(1 - next()) * mean,
    fork: (name) => createSeededRandom(hashOf(`${seed} ${name}`)),
  };
}
