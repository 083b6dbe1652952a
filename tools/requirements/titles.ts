import {
  type Argument,
  type CallExpression,
  type Expression,
  type Program,
  parseSync,
  Visitor,
} from 'oxc-parser';

/** One `describe`, `it` or `test` as its file has it; nothing is run. */
export interface TestTitle {
  /** From the outermost `describe` inwards, this one last, as it is written. What is only known when it runs is `…`. */
  path: readonly string[];
  /** Of a table: the last title with each row that is written out filled in. */
  rows: readonly string[];
  /** 1 for a test; for a `describe` the tests within it, a table of them counted once. */
  tests: number;
}

const blocks = new Set(['describe', 'suite']);
const cases = new Set(['it', 'test']);
/** Declared, but never run. */
const idle = new Set(['skip', 'todo']);

/** `it.skipIf(x).each(rows)` taken apart: the function's name, what is said of it, and the rows. */
interface Callee {
  name: string;
  modifiers: string[];
  rows?: Expression | undefined;
}

function calleeOf(callee: Expression): Callee | undefined {
  if (callee.type === 'Identifier') return { name: callee.name, modifiers: [] };
  if (callee.type === 'TaggedTemplateExpression') return calleeOf(callee.tag);
  if (callee.type === 'CallExpression') {
    const inner = calleeOf(callee.callee);
    const [given] = callee.arguments;
    const takesRows = inner?.modifiers.at(-1) === 'each' || inner?.modifiers.at(-1) === 'for';
    return inner && takesRows && isExpression(given) ? { ...inner, rows: given } : inner;
  }
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined;
  const inner = calleeOf(callee.object);
  return inner && { ...inner, modifiers: [...inner.modifiers, callee.property.name] };
}

const isExpression = (one: Argument | undefined): one is Expression =>
  one !== undefined && one.type !== 'SpreadElement';

/** The text of a literal or template, `…` where it is not known before it runs. */
function textOf(one: Expression | null | undefined): string {
  if (one?.type === 'Literal') return String(one.value);
  if (one?.type === 'TemplateLiteral') return one.quasis.map(({ value }) => value.cooked).join('…');
  if (one?.type === 'BinaryExpression' && one.operator === '+') {
    return textOf(one.left) + textOf(one.right);
  }
  return '…';
}

/** `as const`, `satisfies` and constants of the same file looked through. */
function valueOf(one: Expression, constants: ReadonlyMap<string, Expression>): Expression {
  if (one.type === 'TSAsExpression' || one.type === 'TSSatisfiesExpression') {
    return valueOf(one.expression, constants);
  }
  const constant = one.type === 'Identifier' ? constants.get(one.name) : undefined;
  return constant ? valueOf(constant, constants) : one;
}

/** A row's texts for `%s` by place, and for `$name` by name. */
interface Row {
  places: string[];
  names: Map<string, string>;
}

function rowsOf(table: Expression | undefined, constants: ReadonlyMap<string, Expression>): Row[] {
  const value = table && valueOf(table, constants);
  if (value?.type !== 'ArrayExpression') return [];
  return value.elements.flatMap((element): Row[] => {
    if (element === null || element.type === 'SpreadElement') return [];
    const row = valueOf(element, constants);
    if (row.type === 'ArrayExpression') {
      const places = row.elements.map((one) => (one && one.type !== 'SpreadElement' ? textOf(one) : '…'));
      return [{ places, names: new Map() }];
    }
    if (row.type !== 'ObjectExpression') return [{ places: [textOf(row)], names: new Map() }];
    const names = row.properties.flatMap((one): [string, string][] =>
      one.type === 'Property' && one.key.type === 'Identifier' ? [[one.key.name, textOf(one.value)]] : [],
    );
    return [{ places: [], names: new Map(names) }];
  });
}

function fill(title: string, { places, names }: Row): string {
  let place = 0;
  return title
    .replaceAll(/%[sdifjoO]/g, () => places[place++] ?? '…')
    .replaceAll(/\$([a-zA-Z]\w*)/g, (whole, name: string) => names.get(name) ?? whole);
}

/** Constants of the file by name; a name that is given twice means nothing here. */
function constantsOf(program: Program): Map<string, Expression> {
  const found: [string, Expression][] = [];
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && init) found.push([id.name, init]);
    },
  }).visit(program);
  return new Map(found.filter(([name], index) => found.every((one, at) => at === index || one[0] !== name)));
}

/** The titles of a test file, in its order, without those that never run. */
export function titlesOf(file: string, source: string): TestTitle[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const constants = constantsOf(program);
  const titles: TestTitle[] = [];
  const open: { call: CallExpression; title: TestTitle; isIdle: boolean }[] = [];

  new Visitor({
    CallExpression(call) {
      const callee = calleeOf(call.callee);
      const [given] = call.arguments;
      if (!callee || !isExpression(given) || call.arguments.length < 2) return;
      const isBlock = blocks.has(callee.name);
      if (!isBlock && !cases.has(callee.name)) return;
      const outer = open.at(-1);
      const isIdle = outer?.isIdle === true || callee.modifiers.some((one) => idle.has(one));
      const text = textOf(valueOf(given, constants));
      const rows = rowsOf(callee.rows, constants).map((row) => fill(text, row));
      const title = { path: [...(outer?.title.path ?? []), text], rows, tests: isBlock ? 0 : 1 };
      if (!isIdle) titles.push(title);
      if (isBlock) open.push({ call, title, isIdle });
      else if (!isIdle) for (const block of open) block.title.tests += 1;
    },
    'CallExpression:exit'(call) {
      if (open.at(-1)?.call === call) open.pop();
    },
  }).visit(program);
  return titles;
}
