import { correlationFields, parseSqlFilter } from '../broker/rule-filter.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import type { Rule, RuleFilter } from '../store/entity-store.ts';
import { attributeOf, child, children, localName, textOf, type Xml } from './atom-xml.ts';

const schemaNamespace = 'http://www.w3.org/2001/XMLSchema';
const lacks = (what: string) =>
  new ServiceBusError('not_implemented', `The local Service Bus lacks ${what}.`);

function parseCorrelation(filter: Xml): RuleFilter {
  const fields: Record<string, string> = {};
  for (const name of correlationFields) {
    const text = textOf(child(filter, name));
    if (text !== undefined && text !== '') fields[name] = text;
  }
  const properties: Record<string, { type: string; text: string }> = {};
  for (const pair of children(child(filter, 'Properties'), 'KeyValueOfstringanyType')) {
    const [key, value] = [textOf(child(pair, 'Key')), child(pair, 'Value')];
    if (key !== undefined)
      properties[key] = {
        type: localName(attributeOf(value, 'type')) ?? 'string',
        text: textOf(value) ?? '',
      };
  }
  return { kind: 'correlation', fields, properties };
}

function parseFilter(filter: Xml | undefined): RuleFilter {
  const type = localName(attributeOf(filter, 'type'));
  if (filter === undefined || type === 'TrueFilter') return { kind: 'true' };
  if (type === 'FalseFilter') return { kind: 'false' };
  if (type === 'CorrelationFilter') return parseCorrelation(filter);
  if (type === 'SqlFilter') return parseSqlFilter(textOf(child(filter, 'SqlExpression')) ?? '');
  throw lacks(`the filter type '${type}'`);
}

/** A `<RuleDescription>` or `<DefaultRuleDescription>`. */
export function parseRule(description: Xml | undefined, name: string, now: number): Rule {
  const action = localName(attributeOf(child(description, 'Action'), 'type'));
  if (action !== undefined && action !== 'EmptyRuleAction') throw lacks(`rule actions (${action})`);
  return { name, filter: parseFilter(child(description, 'Filter')), createdAt: now };
}

export const defaultRule = (now: number): Rule => ({
  name: '$Default',
  filter: { kind: 'true' },
  createdAt: now,
});

const constantFilters = {
  true: { '@i:type': 'TrueFilter', SqlExpression: '1=1', CompatibilityLevel: '20' },
  false: { '@i:type': 'FalseFilter', SqlExpression: '1=0', CompatibilityLevel: '20' },
} as const;

function renderFilter(filter: RuleFilter): object {
  if (filter.kind !== 'correlation') return constantFilters[filter.kind];
  const pairs = Object.entries(filter.properties).map(([key, { type, text }]) => ({
    Key: key,
    Value: { '@i:type': `d6p1:${type}`, '@xmlns:d6p1': schemaNamespace, '#text': text },
  }));
  return {
    '@i:type': 'CorrelationFilter',
    ...filter.fields,
    ...(pairs.length > 0 && { Properties: { KeyValueOfstringanyType: pairs } }),
  };
}

export const renderRule = (rule: Rule): Record<string, unknown> => ({
  Filter: renderFilter(rule.filter),
  Action: { '@i:type': 'EmptyRuleAction' },
  CreatedAt: new Date(rule.createdAt).toISOString(),
  Name: rule.name,
});
