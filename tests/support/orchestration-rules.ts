import { type Node, parseSync, Visitor } from 'oxc-parser';

/** What a flow may call by name. */
export interface KnownFunctions {
  activities: readonly string[];
  orchestrators: readonly string[];
}

/** Not the same at a replay, or not there at all: a flow has its context for time, waiting and the world. */
const outside = new Set(
  (
    'fetch process globalThis performance crypto randomUUID randomBytes ' +
    'setTimeout setInterval setImmediate queueMicrotask Promise Atomics Intl'
  ).split(' '),
);
const outsideMembers = new Set(['Date.now', 'Math.random']);

/** Members of Durable's own context that leave an instance hanging, lose events, or differ between hosts. */
const unsafeDurable = new Set(
  (
    'continueAsNew callActivityWithRetry callSubOrchestratorWithRetry retryTimeoutInMilliseconds ' +
    'callHttp callEntity signalEntity lock setCustomStatus all'
  ).split(' '),
);

const nameOf = (node: Node): string | undefined => (node.type === 'Identifier' ? node.name : undefined);
const memberOf = (node: Node): string | undefined =>
  node.type === 'MemberExpression' && !node.computed ? nameOf(node.property) : undefined;

/** Thrown by itself or through a call or a variable; what is written out as another kind of value is none. */
const isNoError = ({ type }: Node) =>
  ['Literal', 'TemplateLiteral', 'ObjectExpression', 'ArrayExpression', 'BinaryExpression'].includes(type);

function parse(file: string, source: string) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  return program;
}

/** What Durable's context is used for that no flow of ours may do: for the one file that knows it. */
export function unsafeDurableUses(file: string, source: string): string[] {
  const found: string[] = [];
  const note = (name: string | undefined) => {
    if (name !== undefined && unsafeDurable.has(name)) found.push(name);
  };
  new Visitor({
    MemberExpression: (node) => note(memberOf(node)),
    Property: ({ key }) => note(nameOf(key)),
  }).visit(parse(file, source));
  return found;
}

/**
 * What an orchestrator does that must not be there: it would read something else at a replay, or leave its instance
 * Running for ever on Azure. In the words of the rule that is broken.
 */
export function brokenRules(file: string, source: string, known: KnownFunctions): string[] {
  const program = parse(file, source);
  const found: string[] = [];
  /** Variables that hold the steps of `context.activities()`. */
  const steps = new Set<string>();
  for (const statement of program.body)
    if (statement.type === 'VariableDeclaration' && statement.kind !== 'const')
      found.push('keeps state outside of its instance');

  new Visitor({
    VariableDeclarator({ id, init }) {
      const name = nameOf(id);
      if (name && init?.type === 'CallExpression' && memberOf(init.callee) === 'activities') steps.add(name);
    },
  }).visit(program);

  new Visitor({
    NewExpression({ callee, arguments: given }) {
      if (nameOf(callee) === 'Date' && given.length === 0) found.push('reads the clock: new Date()');
    },
    CallExpression({ callee, arguments: [first] }) {
      if (nameOf(callee) === 'Date') found.push('reads the clock: Date()');
      const member = memberOf(callee);
      if (callee.type !== 'MemberExpression' || member === undefined) return;
      if (steps.has(nameOf(callee.object) ?? '')) {
        if (!known.activities.includes(member)) found.push(`calls the unknown activity ${member}`);
        if (first && isNoError(first) && first.type !== 'ObjectExpression')
          found.push(`gives ${member} a bare value`);
      }
      if (member === 'subOrchestration' && first) {
        const name = first.type === 'Literal' ? String(first.value) : memberOf(first);
        if (name === undefined || !known.orchestrators.includes(name))
          found.push(`calls the unknown orchestrator ${name ?? 'that is computed'}`);
      }
    },
    Identifier({ name }) {
      if (outside.has(name)) found.push(`reaches outside: ${name}`);
    },
    MemberExpression(node) {
      const text = `${nameOf(node.object) ?? ''}.${memberOf(node) ?? ''}`;
      if (outsideMembers.has(text)) found.push(`reaches outside: ${text}`);
      const member = memberOf(node);
      if (member === 'df' || (member !== undefined && unsafeDurable.has(member)))
        found.push(`uses ${member} of Durable itself`);
    },
    Property({ key }) {
      const name = nameOf(key);
      if (name === 'retryTimeoutInMilliseconds') found.push(`uses ${name} of Durable itself`);
    },
    ThrowStatement({ argument }) {
      if (isNoError(argument)) found.push('throws something that is not an Error');
    },
    YieldExpression({ delegate }) {
      if (!delegate) found.push('yields a task by itself: it could be yielded twice');
    },
    AwaitExpression() {
      found.push('awaits');
    },
    FunctionDeclaration({ async: isAsync }) {
      if (isAsync) found.push('is asynchronous');
    },
    FunctionExpression({ async: isAsync }) {
      if (isAsync) found.push('is asynchronous');
    },
    ArrowFunctionExpression({ async: isAsync }) {
      if (isAsync) found.push('is asynchronous');
    },
    ImportExpression() {
      found.push('imports at run time');
    },
  }).visit(program);
  return found;
}
