/** The values that each property may have. */
type Choices = Readonly<Record<string, readonly string[]>>;
type Combination<C extends Choices> = { [K in keyof C]: C[K][number] };

/** Every combination of the values. */
export function allOf<const C extends Choices>(choices: C): Combination<C>[] {
  const all = Object.entries(choices).reduce<Record<string, string>[]>(
    (begun, [name, values]) => begun.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
  return all as Combination<C>[];
}

const pairsOf = (combination: Readonly<Record<string, string>>): string[] => {
  const values = Object.entries(combination).map(([name, value]) => `${name}=${value}`);
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => `${one} ${other}`));
};

/**
 * Few of these combinations, in which every two values that occur together at all do so at least once: each time the
 * one that shows most that is new. The same for the same input.
 */
export function coverPairs<C extends Readonly<Record<string, string>>>(combinations: readonly C[]): C[] {
  let open = combinations.map((combination) => ({ combination, pairs: pairsOf(combination) }));
  const seen = new Set<string>();
  const chosen: C[] = [];
  for (;;) {
    for (const one of open) one.pairs = one.pairs.filter((pair) => !seen.has(pair));
    open = open.filter(({ pairs }) => pairs.length > 0);
    const [first, ...others] = open;
    if (!first) return chosen;
    const best = others.reduce((most, one) => (one.pairs.length > most.pairs.length ? one : most), first);
    chosen.push(best.combination);
    for (const pair of best.pairs) seen.add(pair);
  }
}
