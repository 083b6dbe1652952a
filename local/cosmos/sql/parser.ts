import type { Expression, OrderItem, Query, Selection, Source } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { SqlError } from './syntax-error.ts';
import { TokenReader } from './token-reader.ts';

/** Parses one SELECT query. Throws nothing but SqlError, whatever the text. */
export function parseQuery(text: string): Query {
  const parser = new QueryParser(new TokenReader(text));
  return parser.whole();
}

class QueryParser {
  private readonly reader: TokenReader;
  private readonly scalar: ExpressionParser;

  constructor(reader: TokenReader) {
    this.reader = reader;
    this.scalar = new ExpressionParser(reader, () => this.query());
  }

  whole(): Query {
    const query = this.query();
    if (this.reader.peek().kind !== 'end') this.reader.fail();
    return query;
  }

  private query(): Query {
    this.reader.needs('SELECT');
    const distinct = this.reader.takes('DISTINCT');
    const top = this.reader.takes('TOP') ? this.count() : undefined;
    const selection = this.selection();
    const sources = this.reader.takes('FROM') ? this.sources() : [];
    const where = this.reader.takes('WHERE') ? this.scalar.expression() : undefined;
    const groupBy = this.reader.takes('GROUP') ? this.groupBy() : [];
    const orderBy = this.reader.takes('ORDER') ? this.orderBy() : [];
    let offset: Expression | undefined;
    let limit: Expression | undefined;
    if (this.reader.takes('OFFSET')) {
      offset = this.count();
      this.reader.needs('LIMIT');
      limit = this.count();
    }
    return { distinct, top, selection, sources, where, groupBy, orderBy, offset, limit };
  }

  /** TOP, OFFSET and LIMIT take a whole number or a parameter. */
  private count(): Expression {
    const token = this.reader.next();
    if (token.kind === 'parameter') return { kind: 'parameter', name: token.text, span: token };
    if (token.kind !== 'number' || !Number.isInteger(token.value)) this.reader.fail(token);
    return { kind: 'literal', value: token.value };
  }

  private selection(): Selection {
    const first = this.reader.peek();
    if (this.reader.takes('*')) return { kind: 'star', span: first };
    if (this.reader.takes('VALUE')) return { kind: 'value', expression: this.scalar.expression() };
    const items: { name: string; expression: Expression }[] = [];
    const names = new Set<string>();
    let unnamed = 0;
    do {
      const start = this.reader.peek();
      const expression = this.scalar.expression();
      const name = this.alias() ?? impliedName(expression) ?? `$${++unnamed}`;
      if (names.has(name))
        throw new SqlError(
          'SC2108',
          `The property name '${name}' is specified more than once.`,
          start.start,
          this.reader.peek().start,
        );
      names.add(name);
      items.push({ name, expression });
    } while (this.reader.takes(','));
    return { kind: 'list', items };
  }

  private alias(): string | undefined {
    if (this.reader.takes('AS')) return this.reader.needsKind('word').text;
    return this.reader.peek().kind === 'word' ? this.reader.next().text : undefined;
  }

  private sources(): Source[] {
    const sources = [this.source()];
    while (this.reader.takes('JOIN')) {
      this.reader.countOperator();
      sources.push(this.source());
    }
    return sources;
  }

  private source(): Source {
    const iterates = this.reader.sees('IN', 1);
    const alias = iterates ? this.reader.needsKind('word').text : undefined;
    if (iterates) this.reader.needs('IN');
    const collection = this.collection();
    if (iterates) return { alias, iterates, collection };
    const named = this.alias();
    const last = collection.kind === 'path' ? collection.path.at(-1) : undefined;
    const implied = collection.kind === 'path' ? String(last ?? collection.root) : undefined;
    return { alias: named ?? implied, iterates, collection };
  }

  private collection(): Source['collection'] {
    if (this.reader.takes('(')) {
      const query = this.reader.nested(() => this.query());
      this.reader.needs(')');
      return { kind: 'query', query };
    }
    const root = this.reader.needsKind('word');
    const path: (string | number)[] = [];
    for (;;) {
      if (this.reader.takes('.')) path.push(this.reader.needsKind('word').text);
      else if (this.reader.takes('[')) {
        const key = this.reader.next();
        if (key.kind !== 'string' && key.kind !== 'number') this.reader.fail(key);
        path.push(key.value);
        this.reader.needs(']');
      } else return { kind: 'path', root: root.text, path, span: this.reader.spanFrom(root) };
    }
  }

  private groupBy(): Expression[] {
    this.reader.needs('BY');
    const items: Expression[] = [];
    do items.push(this.scalar.expression());
    while (this.reader.takes(','));
    return items;
  }

  private orderBy(): OrderItem[] {
    this.reader.needs('BY');
    const items: OrderItem[] = [];
    do {
      const expression = this.scalar.expression();
      const descending = this.reader.takes('DESC');
      if (!descending) this.reader.takes('ASC');
      items.push({ expression, descending });
    } while (this.reader.takes(','));
    return items;
  }
}

/** `c.name` and `c["name"]` name their column; anything else becomes `$1`, `$2`, ... */
function impliedName(expression: Expression): string | undefined {
  if (expression.kind === 'identifier') return expression.name;
  if (expression.kind !== 'member' || expression.key.kind !== 'literal') return undefined;
  return typeof expression.key.value === 'string' ? expression.key.value : undefined;
}
