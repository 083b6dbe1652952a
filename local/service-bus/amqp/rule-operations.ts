import { requireAction } from '../broker/rule-action.ts';
import { correlationFields, parseSqlFilter } from '../broker/rule-filter.ts';
import { createRules } from '../broker/rules.ts';
import { entityNotFound, ServiceBusError } from '../service-bus-error.ts';
import type { Rule, RuleFilter, RuleValue, SqlText } from '../store/entity-store.ts';
import { type Typed, types } from '../wire/rhea.ts';
import type { ManagementContext, Operation } from './management-operations.ts';
import {
  entriesOf,
  integerOf,
  nestedValue,
  type RequestBody,
  requireText,
  textIn,
} from './management-values.ts';

/**
 * Descriptors of rules on `$management` (learn.microsoft.com, "service-bus-amqp-request-response", "Rule
 * operations"). Filters have one digit fewer than descriptions and actions.
 */
const codes = {
  rule: 0x137_0000_0004,
  emptyAction: 0x137_0000_0005,
  sqlAction: 0x137_0000_0006,
  sqlFilter: 0x13_7000_0006,
  trueFilter: 0x13_7000_0007,
  falseFilter: 0x13_7000_0008,
  correlationFilter: 0x13_7000_0009,
} as const;

const fieldKeys = [
  'correlation-id',
  'message-id',
  'to',
  'reply-to',
  'label',
  'session-id',
  'reply-to-session-id',
  'content-type',
] as const;

function subscriptionOf({ namespace, path }: ManagementContext) {
  const live = namespace.find(path);
  if (!live) throw entityNotFound(path);
  if (live.entity.kind !== 'subscription')
    throw new ServiceBusError('not_allowed', `'${path}' is no subscription and has no rules.`);
  return live;
}

const sqlIn = (map: unknown): SqlText => ({ expression: textIn(map, 'expression') ?? '', parameters: {} });

/** Values of a correlation filter's properties by the type that they have on the wire. */
function ruleValueOf(value: unknown): RuleValue {
  if (value instanceof Date) return { type: 'dateTime', text: value.toISOString() };
  if (typeof value === 'boolean') return { type: 'boolean', text: String(value) };
  if (typeof value === 'number')
    return { type: Number.isInteger(value) ? 'long' : 'double', text: String(value) };
  if (typeof value === 'string') return { type: 'string', text: value };
  throw new ServiceBusError(
    'argument',
    'A property of a correlation filter is of a type that it cannot have.',
  );
}

function correlationIn(map: unknown): RuleFilter {
  const fields: Record<string, string> = {};
  for (const [index, key] of fieldKeys.entries()) {
    const [name, text] = [correlationFields[index], textIn(map, key)];
    if (name !== undefined && text) fields[name] = text;
  }
  const properties = entriesOf(nestedValue(map, 'properties'));
  return {
    kind: 'correlation',
    fields,
    properties: Object.fromEntries(properties.map(([key, value]) => [key, ruleValueOf(value)])),
  };
}

function filterIn(description: unknown): RuleFilter {
  const sql = nestedValue(description, 'sql-filter');
  if (sql !== undefined) return parseSqlFilter(sqlIn(sql));
  const correlation = nestedValue(description, 'correlation-filter');
  if (correlation !== undefined) return correlationIn(correlation);
  return { kind: nestedValue(description, 'false-filter') === undefined ? 'true' : 'false' };
}

function ruleIn(body: RequestBody, now: number): Rule {
  const description = body['rule-description'];
  const given = nestedValue(description, 'sql-rule-action');
  const action = given === undefined || given === null ? undefined : sqlIn(given);
  if (action?.expression) requireAction(action);
  const name = requireText(body, 'rule-name');
  return {
    name,
    filter: filterIn(description),
    action: action?.expression ? action : undefined,
    createdAt: now,
  };
}

const described = (code: number, items: readonly Typed[]): Typed =>
  types.described(types.wrap_ulong(code), types.wrap_list(items));
const textOrNull = (text: string | undefined): Typed =>
  text === undefined ? types.wrap(null) : types.wrap_string(text);
const compatibility = () => types.wrap_int(20);

function typedOf({ type, text }: RuleValue): Typed {
  if (type === 'string') return types.wrap_string(text);
  if (type === 'boolean') return types.wrap_boolean(text.toLowerCase() === 'true');
  return type === 'dateTime' ? types.wrap_timestamp(Date.parse(text)) : types.wrap(Number(text));
}

function describedFilter(filter: RuleFilter): Typed {
  if (filter.kind === 'true' || filter.kind === 'false') return described(codes[`${filter.kind}Filter`], []);
  if (filter.kind === 'sql')
    return described(codes.sqlFilter, [types.wrap_string(filter.expression), compatibility()]);
  const properties = Object.entries(filter.properties).map(([key, value]) => [key, typedOf(value)] as const);
  return described(codes.correlationFilter, [
    ...correlationFields.map((name) => textOrNull(filter.fields[name])),
    types.wrap_map(Object.fromEntries(properties)),
  ]);
}

const describedRule = ({ name, filter, action, createdAt }: Rule): Typed =>
  described(codes.rule, [
    describedFilter(filter),
    action
      ? described(codes.sqlAction, [types.wrap_string(action.expression), compatibility()])
      : described(codes.emptyAction, []),
    types.wrap_string(name),
    types.wrap_timestamp(createdAt),
  ]);

/** Rules of a subscription over AMQP: only who may manage the topic. */
export const ruleOperations: Readonly<Record<string, Operation>> = {
  'com.microsoft:add-rule': {
    right: 'Manage',
    run(context, body) {
      const subscription = subscriptionOf(context);
      createRules(context.namespace).add(subscription, ruleIn(body, context.namespace.now()));
      return {};
    },
  },
  'com.microsoft:remove-rule': {
    right: 'Manage',
    run(context, body) {
      createRules(context.namespace).remove(subscriptionOf(context), requireText(body, 'rule-name'));
      return {};
    },
  },
  'com.microsoft:enumerate-rules': {
    right: 'Manage',
    run(context, body) {
      const skip = Math.max(0, integerOf(body['skip'] ?? 0, 'skip'));
      const top = Math.max(0, integerOf(body['top'] ?? 100, 'top'));
      const rules = createRules(context.namespace)
        .list(subscriptionOf(context))
        .slice(skip, skip + top);
      if (rules.length === 0) return undefined;
      const maps = rules.map((rule) => types.wrap_map({ 'rule-description': describedRule(rule) }));
      return { rules: types.wrap_list(maps) };
    },
  },
};
