import { matchesAction } from './action-pattern.ts';

/**
 * Conditions of role assignments ("Azure role assignment condition format and syntax", version 2.0), judged as far as
 * the action alone decides them: what rests on an attribute is unknown here.
 */
export type ConditionVerdict = 'true' | 'false' | 'unknown' | 'unreadable';

const understood = '2.0';
/** Azure takes no longer ones. */
const longest = 8192;
const deepest = 64;

/** False, unknown and true in this order: AND is the least, OR the greatest, NOT the other end (Kleene). */
type Truth = 0 | 1 | 2;
const no: Truth = 0;
const unknown: Truth = 1;
const yes: Truth = 2;
const verdicts = ['false', 'unknown', 'true'] as const;
const opposite = { 0: yes, 1: unknown, 2: no } as const;

interface Token {
  kind: 'mark' | 'text' | 'attribute' | 'word';
  text: string;
}

const tokenPattern =
  /\s*(?:(?<mark>&&|\|\||[(){},!])|'(?<text>(?:[^'\\]|\\.)*)'|(?<attribute>@[A-Za-z]+\[[^\]]+\])|(?<word>[\w.:+-]+))/suy;

/** Undefined for text that is no row of tokens. */
function readTokens(source: string): Token[] | undefined {
  const text = source.trimEnd();
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  while (pattern.lastIndex < text.length) {
    const groups = pattern.exec(text)?.groups;
    const kind = (['mark', 'text', 'attribute', 'word'] as const).find((one) => groups?.[one] !== undefined);
    if (!kind) return undefined;
    tokens.push({ kind, text: groups?.[kind] ?? '' });
  }
  return tokens;
}

const joinings: ReadonlyMap<string, 'and' | 'or'> = new Map([
  ['&&', 'and'],
  ['and', 'and'],
  ['||', 'or'],
  ['or', 'or'],
]);

/** One reading of the tokens, which judges as it reads; undefined wherever the text is not understood. */
function createJudge(tokens: readonly Token[], action: string) {
  let at = 0;
  const isNext = (kind: Token['kind'], text: string): boolean =>
    tokens[at]?.kind === kind && tokens[at]?.text.toLowerCase() === text;
  const take = (kind: Token['kind'], text: string): boolean => {
    const isThere = isNext(kind, text);
    if (isThere) at += 1;
    return isThere;
  };
  const takeAny = (...kinds: readonly Token['kind'][]): Token | undefined => {
    const token = tokens[at];
    if (!token || !kinds.includes(token.kind)) return undefined;
    at += 1;
    return token;
  };

  /** `{'a', 'b'}`. */
  function readSet(...kinds: readonly Token['kind'][]): string[] | undefined {
    if (!take('mark', '{')) return undefined;
    const items: string[] = [];
    do {
      const item = takeAny(...kinds);
      if (!item) return undefined;
      items.push(item.text);
    } while (take('mark', ','));
    return take('mark', '}') ? items : undefined;
  }

  const readOperand = (): boolean =>
    isNext('mark', '{')
      ? readSet('text', 'word') !== undefined
      : takeAny('attribute', 'text', 'word') !== undefined;

  /** `attribute operator value`, either of them an attribute. */
  function readComparison(): Truth | undefined {
    const from = at;
    if (!readOperand() || !takeAny('word') || !readOperand()) return undefined;
    return tokens.slice(from, at).some(({ kind }) => kind === 'attribute') ? unknown : undefined;
  }

  function readUnary(depth: number): Truth | undefined {
    if (depth > deepest) return undefined;
    if (take('mark', '!') || take('word', 'not')) {
      const truth = readUnary(depth + 1);
      return truth === undefined ? undefined : opposite[truth];
    }
    if (take('mark', '(')) {
      const truth = readJoined(depth + 1);
      return take('mark', ')') ? truth : undefined;
    }
    if (take('word', 'actionmatches')) {
      const patterns = readSet('text');
      if (!patterns) return undefined;
      return patterns.some((pattern) => matchesAction(pattern, action)) ? yes : no;
    }
    // Which part of an action is meant is nothing that is decided here.
    if (take('word', 'suboperationmatches')) return readSet('text') && unknown;
    if (take('word', 'exists')) return takeAny('attribute') && unknown;
    return readComparison();
  }

  function readJoined(depth: number): Truth | undefined {
    let truth = readUnary(depth);
    let joining: 'and' | 'or' | undefined;
    for (;;) {
      const token = tokens[at];
      const next = token && token.kind !== 'text' ? joinings.get(token.text.toLowerCase()) : undefined;
      if (!next || truth === undefined) return truth;
      // Which of the two binds closer is not guessed: Azure's own conditions have parentheses.
      joining ??= next;
      if (next !== joining) return undefined;
      at += 1;
      const other = readUnary(depth);
      if (other === undefined) return undefined;
      const isOther = joining === 'and' ? other < truth : other > truth;
      if (isOther) truth = other;
    }
  }

  return (): Truth | undefined => {
    const truth = readJoined(0);
    return at === tokens.length ? truth : undefined;
  };
}

/** Whether the condition is met for the action, as far as that is certain. Never throws, whatever the text. */
export function judgeCondition(
  condition: string,
  version: string | undefined,
  action: string,
): ConditionVerdict {
  if (condition.length > longest || (version ?? understood) !== understood) return 'unreadable';
  const tokens = readTokens(condition);
  const truth = tokens && createJudge(tokens, action)();
  return truth === undefined ? 'unreadable' : verdicts[truth];
}
