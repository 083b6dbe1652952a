import type { Span } from './ast.ts';
import { SqlError } from './syntax-error.ts';
import { type Token, tokenize } from './tokenizer.ts';

/** Recursion of the parser and of the evaluator stays within these, whatever the text. */
const maxNesting = 100;
const maxOperators = 2_000;

/** Walks the tokens of one query and keeps count of how deep and how large it becomes. */
export class TokenReader {
  private readonly tokens: Token[];
  private index = 0;
  private nesting = 0;
  private operators = 0;

  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  peek(ahead = 0): Token {
    const last = this.tokens.length - 1;
    const token = this.tokens[Math.min(this.index + ahead, last)];
    if (!token) throw new SqlError('SC1001', 'Syntax error, the query is empty.');
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  /** True when the token ahead is this keyword or symbol. */
  sees(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.text === text && (token.kind === 'keyword' || token.kind === 'symbol');
  }

  /** Takes this keyword or symbol when it is next. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.index += 1;
    return true;
  }

  needs(text: string): Token {
    return this.sees(text) ? this.next() : this.fail();
  }

  needsKind(kind: Token['kind']): Token {
    return this.peek().kind === kind ? this.next() : this.fail();
  }

  fail(token: Token = this.peek()): never {
    const near = token.kind === 'keyword' ? String(token.value) : token.text;
    throw new SqlError('SC1001', `Syntax error, incorrect syntax near '${near}'.`, token.start, token.end);
  }

  /** From a token to the end of the last one taken. */
  spanFrom(first: Token): Span {
    return { start: first.start, end: this.tokens[this.index - 1]?.end ?? first.end };
  }

  /** Runs a production one level deeper. */
  nested<T>(production: () => T): T {
    this.nesting += 1;
    if (this.nesting > maxNesting)
      throw new SqlError(
        'SC3002',
        `The query is nested more than ${maxNesting} levels deep.`,
        this.peek().start,
      );
    try {
      return production();
    } finally {
      this.nesting -= 1;
    }
  }

  countOperator(): void {
    this.operators += 1;
    if (this.operators > maxOperators)
      throw new SqlError('SC3003', `The query has more than ${maxOperators} operators.`, this.peek().start);
  }
}
