/** Strings, brackets, separators and everything else of a JSON text, one after the other. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/gs;

/** An object or an array that is open at this place of the text. */
interface Open {
  /** Of an object. */
  names?: Set<string>;
  /** The member, or the place in the array, that is being read. */
  at: string | number;
  expectsName: boolean;
}

/**
 * The first member that an object has twice, as a path with dots; undefined where every name is there once. `text` is
 * JSON. RFC 8259 section 4 leaves it open what a name that is there twice means, so whoever looked at it before us may
 * have read something else.
 */
export function repeatedMember(text: string): string | undefined {
  const open: Open[] = [];
  for (const [sign] of text.matchAll(token)) {
    const inner = open.at(-1);
    if (sign === '{') open.push({ names: new Set(), at: '', expectsName: true });
    else if (sign === '[') open.push({ at: 0, expectsName: false });
    else if (sign === '}' || sign === ']') open.pop();
    else if (inner && sign === ',') {
      if (typeof inner.at === 'number') inner.at += 1;
      inner.expectsName = inner.names !== undefined;
    } else if (inner?.expectsName) {
      const name = String(JSON.parse(sign));
      inner.at = name;
      inner.expectsName = false;
      if (inner.names?.has(name)) return open.map(({ at }) => at).join('.');
      inner.names?.add(name);
    }
  }
  return undefined;
}
