import { syntaxError, type Token, tokenize } from './tokens.ts';

/** Goes through the words of an expression. Keywords are told without case. */
export interface WordReader {
  peek(): Token;
  next(): Token;
  isKeyword(...names: string[]): boolean;
  /** Takes the keyword, or says that it is not there. */
  takeKeyword(name: string): boolean;
  takeSign(...signs: string[]): string | undefined;
  requireSign(sign: string): void;
  fail(expected: string): never;
}

export function readWords(sql: string): WordReader {
  const tokens = tokenize(sql);
  const end = tokens.at(-1) as Token;
  let position = 0;
  const reader: WordReader = {
    peek: () => tokens[position] ?? end,
    next: () => tokens[position++] ?? end,
    isKeyword: (...names) => {
      const { kind, text } = reader.peek();
      return kind === 'name' && names.includes(text.toUpperCase());
    },
    takeKeyword(name) {
      const isThere = reader.isKeyword(name);
      if (isThere) position += 1;
      return isThere;
    },
    takeSign(...signs) {
      const { kind, text } = reader.peek();
      if (kind !== 'sign' || !signs.includes(text)) return undefined;
      position += 1;
      return text;
    },
    requireSign(sign) {
      if (reader.takeSign(sign) === undefined) reader.fail(`'${sign}'`);
    },
    fail(expected) {
      const { text, at } = reader.peek();
      throw syntaxError(`${expected} expected, found ${text === end.text ? text : `'${text}'`}`, at);
    },
  };
  return reader;
}
