import { createContext, Script } from 'node:vm';
import type { FunctionTable } from './function-table.ts';
import { SqlError } from './syntax-error.ts';

const maxPatternLength = 1_000;
const maxMatchMs = 100;
const maxKnown = 100;

/** A match that runs in a context of its own, because only there it can be stopped. */
const stoppable = new Script('pattern.test(text)');
const place: { pattern: RegExp; text: string } = { pattern: /x/, text: '' };
const context = createContext(place);

const known = new Map<string, RegExp>();

function compile(source: string, modifiers: string): RegExp {
  const key = `${modifiers}/${source}`;
  const found = known.get(key);
  if (found) return found;
  if (!/^[ims]*$/.test(modifiers) || new Set(modifiers).size !== modifiers.length)
    throw new SqlError(
      'SC2061',
      `REGEXMATCH knows the modifiers i, m and s here, each once; '${modifiers}' is not made of them.`,
    );
  if (source.length > maxPatternLength)
    throw new SqlError('SC2061', `The pattern of REGEXMATCH has more than ${maxPatternLength} characters.`);
  if (known.size >= maxKnown) known.clear();
  try {
    const pattern = new RegExp(source, modifiers);
    known.set(key, pattern);
    return pattern;
  } catch {
    throw new SqlError('SC2061', `The pattern '${source}' of REGEXMATCH is not a regular expression.`);
  }
}

/** With at most one repetition a match takes time of the text's length squared; with more it may not end. */
const isQuick = (source: string, text: string) =>
  text.length < 2_000 && (source.match(/[*+{]/g) ?? []).length < 2;

function matches(pattern: RegExp, text: string): boolean {
  if (isQuick(pattern.source, text)) return pattern.test(text);
  Object.assign(place, { pattern, text });
  try {
    return stoppable.runInContext(context, { timeout: maxMatchMs }) === true;
  } catch {
    throw new SqlError('SC3007', `REGEXMATCH gave up on '${pattern.source}' after ${maxMatchMs} ms.`);
  }
}

export const regexFunctions: FunctionTable = {
  REGEXMATCH: {
    minimum: 2,
    maximum: 3,
    call: ([text, source, modifiers = '']) =>
      typeof text === 'string' && typeof source === 'string' && typeof modifiers === 'string'
        ? matches(compile(source, modifiers), text)
        : undefined,
  },
};
