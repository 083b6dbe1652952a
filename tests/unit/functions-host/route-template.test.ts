import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostedFunction } from '#local/functions-host/function-table.ts';
import { parseRouteTemplate } from '#local/functions-host/http/route-template.ts';
import { createRoutes, findRoute, overlappingRoutes } from '#local/functions-host/http/routes.ts';

const match = (template: string, path: string) => parseRouteTemplate(template).match(path);

function httpFunction(name: string, route: string, methods: string[] = ['GET']): HostedFunction {
  const trigger = { type: 'httpTrigger', direction: 'in' as const, route, methods };
  const metadata = { name, bindings: { trigger } };
  return { name, kind: 'http', bindingName: 'trigger', trigger, clientInputs: [], metadata };
}

describe('a route template', () => {
  it.each([
    ['api/machines/{id}', '/api/machines/a%2Fb%20c', { id: 'a%2Fb c' }],
    ['API/Machines/{id}', '/api/machines/X/', { id: 'X' }],
    ['{ignored:maxlength(0)?}', '/', {}],
    ['a/{id?}', '/a', {}],
    ['a/{id?}', '/a/7', { id: '7' }],
    ['a/{n=5}', '/a', { n: '5' }],
    ['a/{*rest}', '/a/b/c', { rest: 'b/c' }],
    ['a/{**rest}', '/a', {}],
    ['a-{x}.json', '/a-b.json', { x: 'b' }],
    ['{n:int:min(3)}', '/4', { n: '4' }],
    ['{g:guid}', '/00000000-0000-4000-8000-000000000001', { g: '00000000-0000-4000-8000-000000000001' }],
    ['{v:length(2,3)}', '/abc', { v: 'abc' }],
    ['{v:regex(^\\d+$)}', '/12', { v: '12' }],
    ['{{x}}', '/{x}', {}],
  ])('%s takes %s', (template, path, values) => {
    expect(match(template, path)).toEqual(values);
  });

  it.each([
    ['a/{id}', '/a'],
    ['a/{id}', '/a/b/c'],
    ['{ignored:maxlength(0)?}', '/x'],
    ['{n:int}', '/9999999999999'],
    ['{n:int:min(3)}', '/2'],
    ['{g:guid}', '/zzz'],
    ['a.b', '/axb'],
  ])('%s does not take %s', (template, path) => {
    expect(match(template, path)).toBeUndefined();
  });

  it.each(['{x:unheard}', '{*rest}/more', '{', 'a/{}'])('%s is refused', (template) => {
    expect(() => parseRouteTemplate(template)).toThrow(/route/);
  });

  it('gives back any value that was encoded into the path', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !text.includes('/') && !/%2f/i.test(text)),
        (text) => {
          expect(match('x/{value}', `/x/${encodeURIComponent(text)}`)).toEqual({ value: text });
        },
      ),
    );
  });
});

describe('several routes', () => {
  it('are tried in the order that they are given in', () => {
    const routes = createRoutes([httpFunction('a', 'x/{id}'), httpFunction('b', 'x/y')], '');
    expect(findRoute(routes, 'GET', '/x/y')?.target.name).toBe('a');
    expect(findRoute(routes, 'POST', '/x/y')).toBeUndefined();
  });

  it('are under the prefix', () => {
    const routes = createRoutes([httpFunction('a', 'x')], 'api');
    expect(findRoute(routes, 'GET', '/x')).toBeUndefined();
    expect(findRoute(routes, 'GET', '/api/x')?.target.name).toBe('a');
  });

  it.each([
    ['x/{id}', 'x/y', true],
    ['x/{id}', 'x/y/z', false],
    ['x/{id?}', 'x', true],
    ['{*all}', 'x/y', true],
    ['portal/{*path}', 'portal/{file}', true],
    ['portal/{*path}', 'api/{file}', false],
    ['{ignored:maxlength(0)?}', 'x', false],
    ['{ignored:maxlength(0)?}', '{id}', false],
    ['{ignored:maxlength(0)?}', '{*all}', true],
    ['X/y', 'x/Y', true],
  ])('%s and %s overlap: %s', (first, second, expected) => {
    const routes = createRoutes([httpFunction('a', first), httpFunction('b', second)], '');
    expect(overlappingRoutes(routes).length > 0).toBe(expected);
  });

  it('with different methods do not overlap', () => {
    const routes = createRoutes([httpFunction('a', 'x', ['GET']), httpFunction('b', 'x', ['PUT'])], '');
    expect(overlappingRoutes(routes)).toEqual([]);
  });
});
