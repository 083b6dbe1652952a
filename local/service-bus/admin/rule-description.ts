import { requireAction } from '../broker/rule-action.ts';
import { correlationFields, parseSqlFilter } from '../broker/rule-filter.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Rule, RuleFilter, RuleValue, SqlText } from '../store/entity-store.ts';
import { attributeOf, child, children, localName, textOf, type Xml } from './atom-xml.ts';

const schemaNamespace = 'http://www.w3.org/2001/XMLSchema';
const lacks = (what: string) =>
  new ServiceBusError('not_implemented', `The local Service Bus lacks ${what}.`);

/** Typed values by name, as properties of a correlation filter and parameters of SQL are written. */
function parseValues(xml: Xml | undefined): Record<string, RuleValue> {
  const values: Record<string, RuleValue> = {};
  for (const pair of children(xml, 'KeyValueOfstringanyType')) {
    const [key, value] = [textOf(child(pair, 'Key')), child(pair, 'Value')];
    if (key !== undefined)
      values[key] = {
        type: localName(attributeOf(value, 'type')) ?? 'string',
        text: textOf(value) ?? '',
      };
  }
  return values;
}

const parseSql = (xml: Xml | undefined): SqlText => ({
  expression: textOf(child(xml, 'SqlExpression')) ?? '',
  parameters: parseValues(child(xml, 'Parameters')),
});

function parseCorrelation(filter: Xml): RuleFilter {
  const fields: Record<string, string> = {};
  for (const name of correlationFields) {
    const text = textOf(child(filter, name));
    if (text !== undefined && text !== '') fields[name] = text;
  }
  return { kind: 'correlation', fields, properties: parseValues(child(filter, 'Properties')) };
}

function parseFilter(filter: Xml | undefined): RuleFilter {
  const type = localName(attributeOf(filter, 'type'));
  if (filter === undefined || type === 'TrueFilter') return { kind: 'true' };
  if (type === 'FalseFilter') return { kind: 'false' };
  if (type === 'CorrelationFilter') return parseCorrelation(filter);
  if (type === 'SqlFilter') return parseSqlFilter(parseSql(filter));
  throw lacks(`the filter type '${type}'`);
}

function parseAction(action: Xml | undefined): SqlText | undefined {
  const type = localName(attributeOf(action, 'type'));
  if (type === undefined || type === 'EmptyRuleAction') return undefined;
  if (type !== 'SqlRuleAction') throw lacks(`the action type '${type}'`);
  const parsed = parseSql(action);
  requireAction(parsed);
  return parsed;
}

/** A `<RuleDescription>` or `<DefaultRuleDescription>`. */
export const parseRule = (description: Xml | undefined, name: string, now: number): Rule => ({
  name,
  filter: parseFilter(child(description, 'Filter')),
  action: parseAction(child(description, 'Action')),
  createdAt: now,
});

export const defaultRule = (now: number): Rule => ({
  name: '$Default',
  filter: { kind: 'true' },
  createdAt: now,
});

const constantFilters = {
  true: { '@i:type': 'TrueFilter', SqlExpression: '1=1', CompatibilityLevel: '20' },
  false: { '@i:type': 'FalseFilter', SqlExpression: '1=0', CompatibilityLevel: '20' },
} as const;

const renderValues = (element: string, values: Readonly<Record<string, RuleValue>>): object => {
  const pairs = Object.entries(values).map(([key, { type, text }]) => ({
    Key: key,
    Value: { '@i:type': `d6p1:${type}`, '@xmlns:d6p1': schemaNamespace, '#text': text },
  }));
  return pairs.length === 0 ? {} : { [element]: { KeyValueOfstringanyType: pairs } };
};

const renderSql = (type: string, { expression, parameters }: SqlText): object => ({
  '@i:type': type,
  SqlExpression: expression,
  CompatibilityLevel: '20',
  ...renderValues('Parameters', parameters),
});

function renderFilter(filter: RuleFilter): object {
  if (filter.kind === 'sql') return renderSql('SqlFilter', filter);
  if (filter.kind !== 'correlation') return constantFilters[filter.kind];
  return {
    '@i:type': 'CorrelationFilter',
    ...filter.fields,
    ...renderValues('Properties', filter.properties),
  };
}

export const renderRule = (rule: Rule): Record<string, unknown> => ({
  Filter: renderFilter(rule.filter),
  Action: rule.action ? renderSql('SqlRuleAction', rule.action) : { '@i:type': 'EmptyRuleAction' },
  CreatedAt: new Date(rule.createdAt).toISOString(),
  Name: rule.name,
});
