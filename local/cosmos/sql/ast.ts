import type { Value } from './values.ts';

export type BinaryOperator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | '&'
  | '|'
  | '^'
  | '<<'
  | '>>'
  | '>>>'
  | '??';

export type AggregateName = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX';

/** Where in the text a node stands, for errors that are found after parsing. */
export interface Span {
  start: number;
  end: number;
}

export type Expression =
  | { kind: 'literal'; value: Value }
  | { kind: 'parameter'; name: string; span: Span }
  | { kind: 'identifier'; name: string; span: Span }
  | { kind: 'member'; holder: Expression; key: Expression }
  | { kind: 'unary'; operator: '-' | '+' | '~' | 'NOT'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  /** AND and OR, flattened: three-valued logic over all operands. */
  | { kind: 'logical'; operator: 'AND' | 'OR'; operands: Expression[] }
  | { kind: 'conditional'; condition: Expression; consequent: Expression; alternative: Expression }
  | { kind: 'in'; needle: Expression; list: Expression[] }
  | { kind: 'between'; subject: Expression; low: Expression; high: Expression }
  | { kind: 'like'; subject: Expression; pattern: Expression; escape: string | undefined }
  | { kind: 'call'; name: string; parameters: Expression[]; span: Span }
  | { kind: 'aggregate'; name: AggregateName; parameter: Expression; span: Span }
  | { kind: 'array'; items: Expression[] }
  | { kind: 'object'; properties: { name: string; value: Expression }[] }
  | { kind: 'exists' | 'array-of' | 'first-of'; query: Query };

export type Selection =
  | { kind: 'star'; span: Span }
  | { kind: 'value'; expression: Expression }
  | { kind: 'list'; items: { name: string; expression: Expression }[] };

/** `root.path` binds one value, `x IN root.path` each element of an array, `(SELECT ...)` each row of a subquery. */
export interface Source {
  alias: string | undefined;
  iterates: boolean;
  collection:
    | { kind: 'path'; root: string; path: (string | number)[]; span: Span }
    | { kind: 'query'; query: Query };
}

export interface OrderItem {
  expression: Expression;
  descending: boolean;
}

export interface Query {
  distinct: boolean;
  top: Expression | undefined;
  selection: Selection;
  /** The FROM source and then each JOIN. Empty when there is no FROM. */
  sources: Source[];
  where: Expression | undefined;
  groupBy: Expression[];
  orderBy: OrderItem[];
  offset: Expression | undefined;
  limit: Expression | undefined;
}
