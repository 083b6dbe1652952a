import type { AggregateName, BinaryOperator, Expression, Query } from './ast.ts';
import { SqlError } from './syntax-error.ts';
import type { TokenReader } from './token-reader.ts';

/** Higher binds tighter. */
const precedence: Readonly<Record<BinaryOperator, number>> = {
  '??': 0,
  '=': 2,
  '!=': 2,
  '<': 2,
  '<=': 2,
  '>': 2,
  '>=': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '<<': 6,
  '>>': 6,
  '>>>': 6,
  '||': 7,
  '+': 7,
  '-': 7,
  '*': 8,
  '/': 8,
  '%': 8,
};
const comparisonLevel = 2;
const operandLevel = 3;

const aggregates: ReadonlySet<string> = new Set<AggregateName>(['COUNT', 'SUM', 'AVG', 'MIN', 'MAX']);
const isAggregate = (name: string): name is AggregateName => aggregates.has(name);
const isBinary = (text: string): text is BinaryOperator => Object.hasOwn(precedence, text);

/** Parses scalar expressions; subqueries are handed to `parseQuery`. */
export class ExpressionParser {
  private readonly reader: TokenReader;
  private readonly parseQuery: () => Query;

  constructor(reader: TokenReader, parseQuery: () => Query) {
    this.reader = reader;
    this.parseQuery = parseQuery;
  }

  expression(): Expression {
    return this.reader.nested(() => {
      const condition = this.coalesce();
      if (!this.reader.takes('?')) return condition;
      this.reader.countOperator();
      const consequent = this.expression();
      this.reader.needs(':');
      return { kind: 'conditional', condition, consequent, alternative: this.expression() };
    });
  }

  list(close: string): Expression[] {
    const items: Expression[] = [];
    if (!this.reader.sees(close)) {
      do items.push(this.expression());
      while (this.reader.takes(','));
    }
    this.reader.needs(close);
    return items;
  }

  private coalesce(): Expression {
    let left = this.logical('OR');
    while (this.reader.takes('??')) {
      this.reader.countOperator();
      left = { kind: 'binary', operator: '??', left, right: this.logical('OR') };
    }
    return left;
  }

  private logical(operator: 'AND' | 'OR'): Expression {
    const operand = () => (operator === 'OR' ? this.logical('AND') : this.negation());
    const first = operand();
    if (!this.reader.sees(operator)) return first;
    const operands = [first];
    while (this.reader.takes(operator)) {
      this.reader.countOperator();
      operands.push(operand());
    }
    return { kind: 'logical', operator, operands };
  }

  private negation(): Expression {
    if (!this.reader.takes('NOT')) return this.comparison();
    this.reader.countOperator();
    return { kind: 'unary', operator: 'NOT', operand: this.reader.nested(() => this.negation()) };
  }

  /** Comparisons, IN, BETWEEN and LIKE, which share a level. */
  private comparison(): Expression {
    let left = this.binary(operandLevel);
    for (;;) {
      const token = this.reader.peek();
      if (token.kind === 'symbol' && isBinary(token.text) && precedence[token.text] === comparisonLevel) {
        this.reader.next();
        this.reader.countOperator();
        left = { kind: 'binary', operator: token.text, left, right: this.binary(operandLevel) };
        continue;
      }
      const isNegated =
        this.reader.sees('NOT') && ['IN', 'BETWEEN', 'LIKE'].some((word) => this.reader.sees(word, 1));
      if (isNegated) this.reader.next();
      const predicate = this.predicate(left);
      if (!predicate) return left;
      this.reader.countOperator();
      left = isNegated ? { kind: 'unary', operator: 'NOT', operand: predicate } : predicate;
    }
  }

  private predicate(subject: Expression): Expression | undefined {
    if (this.reader.takes('IN')) {
      this.reader.needs('(');
      const list = this.list(')');
      return list.length > 0 ? { kind: 'in', needle: subject, list } : this.reader.fail();
    }
    if (this.reader.takes('BETWEEN')) {
      const low = this.binary(operandLevel);
      this.reader.needs('AND');
      return { kind: 'between', subject, low, high: this.binary(operandLevel) };
    }
    if (this.reader.takes('LIKE')) {
      const pattern = this.binary(operandLevel);
      const escape = this.reader.takes('ESCAPE') ? String(this.reader.needsKind('string').value) : undefined;
      if (escape !== undefined && escape.length !== 1)
        throw new SqlError('SC1001', 'The ESCAPE of a LIKE must be one character.', this.reader.peek().start);
      return { kind: 'like', subject, pattern, escape };
    }
    return undefined;
  }

  private binary(level: number): Expression {
    let left = this.unary();
    for (;;) {
      const { kind, text } = this.reader.peek();
      if (kind !== 'symbol' || !isBinary(text) || precedence[text] < level) return left;
      this.reader.next();
      this.reader.countOperator();
      left = { kind: 'binary', operator: text, left, right: this.binary(precedence[text] + 1) };
    }
  }

  private unary(): Expression {
    const { text } = this.reader.peek();
    if ((text === '-' || text === '+' || text === '~') && this.reader.takes(text)) {
      this.reader.countOperator();
      return { kind: 'unary', operator: text, operand: this.reader.nested(() => this.unary()) };
    }
    return this.postfix();
  }

  private postfix(): Expression {
    let holder = this.primary();
    for (;;) {
      if (this.reader.takes('.')) {
        const { text } = this.reader.needsKind('word');
        holder = { kind: 'member', holder, key: { kind: 'literal', value: text } };
      } else if (this.reader.takes('[')) {
        holder = { kind: 'member', holder, key: this.expression() };
        this.reader.needs(']');
      } else return holder;
      this.reader.countOperator();
    }
  }

  private primary(): Expression {
    const token = this.reader.peek();
    switch (token.kind) {
      case 'number':
      case 'string':
        return { kind: 'literal', value: this.reader.next().value };
      case 'parameter':
        this.reader.next();
        return { kind: 'parameter', name: token.text, span: token };
      case 'word':
        return this.reader.sees('(', 1) ? this.call() : this.identifier();
      case 'keyword':
        return this.keyword(token.text);
      case 'symbol':
        return this.bracketed(token.text);
      case 'end':
        return this.reader.fail();
    }
  }

  private identifier(): Expression {
    const token = this.reader.next();
    return { kind: 'identifier', name: token.text, span: token };
  }

  private call(): Expression {
    const token = this.reader.next();
    this.reader.needs('(');
    this.reader.countOperator();
    const parameters = this.list(')');
    const span = this.reader.spanFrom(token);
    const name = token.text.toUpperCase();
    if (!isAggregate(name)) return { kind: 'call', name: token.text, parameters, span };
    const [parameter] = parameters;
    if (!parameter || parameters.length > 1)
      throw new SqlError('SC2006', `The ${name} function requires 1 argument.`, span.start, span.end);
    return { kind: 'aggregate', name, parameter, span };
  }

  private keyword(word: string): Expression {
    const constant = { TRUE: true, FALSE: false, NULL: null, UNDEFINED: undefined };
    if (Object.hasOwn(constant, word)) {
      this.reader.next();
      return { kind: 'literal', value: constant[word as keyof typeof constant] };
    }
    if (word === 'EXISTS' || word === 'ARRAY') {
      this.reader.next();
      this.reader.needs('(');
      return { kind: word === 'EXISTS' ? 'exists' : 'array-of', query: this.subquery() };
    }
    if (word === 'UDF')
      throw new SqlError(
        'SC2005',
        'User defined functions are not supported by this stand-in.',
        this.reader.peek().start,
      );
    return this.reader.fail();
  }

  private subquery(): Query {
    const query = this.reader.nested(this.parseQuery);
    this.reader.needs(')');
    return query;
  }

  private bracketed(symbol: string): Expression {
    if (symbol === '(') {
      this.reader.next();
      if (this.reader.sees('SELECT')) return { kind: 'first-of', query: this.subquery() };
      const inner = this.expression();
      this.reader.needs(')');
      return inner;
    }
    if (symbol === '[') {
      this.reader.next();
      return { kind: 'array', items: this.list(']') };
    }
    if (symbol === '{') return this.object();
    return this.reader.fail();
  }

  private object(): Expression {
    this.reader.needs('{');
    const properties: { name: string; value: Expression }[] = [];
    if (!this.reader.sees('}')) {
      do {
        const key = this.reader.next();
        if (key.kind !== 'string' && key.kind !== 'word') this.reader.fail(key);
        this.reader.needs(':');
        properties.push({ name: String(key.value), value: this.expression() });
      } while (this.reader.takes(','));
    }
    this.reader.needs('}');
    return { kind: 'object', properties };
  }
}
