import { ServiceBusError } from '../service-bus-error.ts';

/** One word of an SQL filter or action. Keywords are names that were not delimited. */
export interface Token {
  kind: 'name' | 'delimited' | 'text' | 'number' | 'parameter' | 'sign' | 'end';
  text: string;
  /** Where it begins, counted from 1, for messages. */
  at: number;
}

export const syntaxError = (what: string, at: number) =>
  new ServiceBusError('argument', `SubCode=40000. The SQL expression is wrong at character ${at}: ${what}.`);

const whole = String.raw`\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['text', /'(?:[^']|'')*'/y],
  ['delimited', /\[(?:[^\]]|\]\])+\]|"(?:[^"]|"")+"/y],
  ['number', new RegExp(`${whole}|\\.\\d+`, 'y')],
  ['parameter', /@[A-Za-z_][\w]*/y],
  ['name', /[A-Za-z_][\w$#]*/y],
  ['sign', /<>|!=|<=|>=|[=<>(),.;+\-*/%]/y],
];

/** What was quoted, with doubled quotes made single. */
function unquote(text: string): string {
  const close = text.at(-1) ?? '';
  return text.slice(1, -1).replaceAll(close + close, close);
}

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  while (position < sql.length) {
    const start = position;
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = start;
      const [text] = pattern.exec(sql) ?? [];
      if (text === undefined) continue;
      position += text.length;
      const isQuoted = kind === 'text' || kind === 'delimited';
      if (kind !== 'space') tokens.push({ kind, text: isQuoted ? unquote(text) : text, at: start + 1 });
      break;
    }
    if (position === start)
      throw syntaxError(`'${sql.slice(start, start + 10)}' is no word of it`, start + 1);
  }
  return [...tokens, { kind: 'end', text: 'the end', at: sql.length + 1 }];
}
