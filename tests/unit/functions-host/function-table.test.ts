import { describe, expect, it } from 'vitest';
import type { Binding, FunctionMetadata } from '#local/functions-host/function-metadata.ts';
import { createFunctionTable, UnservedApp } from '#local/functions-host/function-table.ts';

function metadata(
  name: string,
  trigger: Record<string, unknown> & { type: string },
  others: Record<string, Binding> = {},
): FunctionMetadata {
  return { name, bindings: { [`${trigger.type}1`]: { direction: 'in', ...trigger }, ...others } };
}
const table = (
  functions: FunctionMetadata[],
  env: NodeJS.ProcessEnv = {},
  capabilities: Record<string, string> = {},
) => createFunctionTable({ functions, capabilities }, env);

describe('the functions of an app', () => {
  it('are served in order of their names', () => {
    const found = table([metadata('b', { type: 'activityTrigger' }), metadata('A', { type: 'httpTrigger' })]);
    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ['A', 'http'],
      ['b', 'activity'],
    ]);
  });

  it('have their settings filled in', () => {
    const [found] = table([metadata('t', { type: 'timerTrigger', schedule: '%WHEN%' })], {
      WHEN: '0 0 * * * *',
    });
    expect(found?.trigger['schedule']).toBe('0 0 * * * *');
  });

  it.each(['AzureWebJobs.x.Disabled', 'AzureWebJobs__x__Disabled'])('are left out by %s', (name) => {
    expect(table([metadata('x', { type: 'entityTrigger' })], { [name]: 'true' })).toEqual([]);
  });

  it('are those that host.json lists, when it lists them', () => {
    const functions = [metadata('a', { type: 'activityTrigger' }), metadata('B', { type: 'blobTrigger' })];
    expect(createFunctionTable({ functions, capabilities: {} }, {}, ['A']).map(({ name }) => name)).toEqual([
      'a',
    ]);
  });

  const out = (type: string): Binding => ({ type, direction: 'out' });
  it.each<[string, FunctionMetadata, RegExp]>([
    ['an entity', metadata('counter', { type: 'entityTrigger' }), /'counter': its trigger 'entityTrigger'/],
    ['a blob trigger', metadata('f', { type: 'blobTrigger' }), /'f': its trigger 'blobTrigger'/],
    [
      'an output',
      metadata('f', { type: 'httpTrigger' }, { o: out('queue') }),
      /'f': its output binding 'queue'/,
    ],
    ['batches', metadata('f', { type: 'serviceBusTrigger', cardinality: 'many' }), /'f': cardinality 'many'/],
    ['manual settlement', metadata('f', { type: 'serviceBusTrigger', sdkBinding: true }), /'f': sdkBinding/],
    [
      'a retry policy',
      { ...metadata('f', { type: 'timerTrigger' }), retryOptions: {} },
      /'f': a retry policy/,
    ],
    [
      'an unknown setting',
      metadata('f', { type: 'timerTrigger', schedule: '%NO%' }),
      /'f': '%NO%' does not resolve/,
    ],
  ])('are refused with %s, by name', (_, found, message) => {
    expect(() => table([found])).toThrow(UnservedApp);
    expect(() => table([found])).toThrow(message);
  });

  it('are refused all together', () => {
    const bad = [metadata('a', { type: 'entityTrigger' }), metadata('b', { type: 'blobTrigger' })];
    expect(() => table(bad)).toThrow(/'a'.*\n.*'b'/);
  });

  it('are refused when the app streams', () => {
    expect(() => table([], {}, { HttpUri: 'http://localhost:1' })).toThrow(/streaming/);
  });
});
