import type { Query, Span } from './ast.ts';
import type { CallContext } from './function-table.ts';
import { SqlError } from './syntax-error.ts';
import type { Value } from './values.ts';

/** The values of all aliases and aggregates of a query and its subqueries, by slot. */
export type Row = Value[];

/** How many rows one request may look at: a cross product of arrays ends in an error, not in a stuck process. */
const maxSteps = 2_000_000;

/** What is constant while a query runs over one document, and the count of its work. */
export interface Run extends CallContext {
  parameters: ReadonlyMap<string, Value>;
  document: Value;
  steps: number;
}

export function countStep(run: Run): void {
  run.steps += 1;
  if (run.steps > maxSteps)
    throw new SqlError('SC3004', `The query looks at more than ${maxSteps} rows in one request.`);
}

export type Evaluate = (row: Row, run: Run) => Value;

/** A subquery, evaluated for one row of the query around it. */
type Subquery = (row: Row, run: Run) => Iterable<Value>;

/** What one compilation shares: the slots given out and the parameters that the text names. */
export interface Session {
  slots: number;
  readonly parameters: Map<string, Span>;
  /** Here, and not imported, because queries are made of expressions that are made of queries. */
  compileSubquery(query: Query, scope: Scope): Subquery;
}

/** The aliases that an expression may name. */
export class Scope {
  readonly session: Session;
  private readonly parent: Scope | undefined;
  private readonly slots = new Map<string, number>();

  constructor(session: Session, parent?: Scope) {
    this.session = session;
    this.parent = parent;
  }

  /** Whether an expression here could name anything: before the first alias there is only the container. */
  get hasAliases(): boolean {
    return this.slots.size > 0 || (this.parent?.hasAliases ?? false);
  }

  newSlot(): number {
    return this.session.slots++;
  }

  declare(alias: string, span: Span): number {
    if (this.slots.has(alias))
      throw new SqlError(
        'SC2011',
        `The input alias '${alias}' is specified more than once.`,
        span.start,
        span.end,
      );
    const slot = this.newSlot();
    this.slots.set(alias, slot);
    return slot;
  }

  find(name: string): number | undefined {
    return this.slots.get(name) ?? this.parent?.find(name);
  }

  get(name: string, span: Span): number {
    const slot = this.find(name);
    if (slot === undefined)
      throw new SqlError('SC2001', `Identifier '${name}' could not be resolved.`, span.start, span.end);
    return slot;
  }
}
