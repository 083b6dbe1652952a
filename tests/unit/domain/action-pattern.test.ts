import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rolesAt } from '#shared/domain/access.ts';
import { matchesAction } from '#shared/domain/action-pattern.ts';

describe('a pattern of actions', () => {
  // Few letters, so that parts overlap and repeat.
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '/', '*'), maxLength: 8 });

  it('matches what the same regular expression matches', () => {
    fc.assert(
      fc.property(pattern, text, (given, name) => {
        const expression = new RegExp(`^${given.replaceAll('*', '.*')}$`, 'is');
        expect(matchesAction(given, name)).toBe(expression.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('is no regular expression: what is special there stands for itself', () => {
    expect(matchesAction('a.b', 'axb')).toBe(false);
    expect(matchesAction('(a+)*', '(a+)b')).toBe(true);
  });
});

describe('a scope', () => {
  const segment = fc.constantFrom('a', 'A', 'ab', 'b');
  const id = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
  const slash = fc.constantFrom('', '/');

  it('reaches a resource when its segments are the first of the resource’s, and no other', () => {
    fc.assert(
      fc.property(id, slash, id, (above, end, below) => {
        const segments = (path: string) => path.toLowerCase().split('/').filter(Boolean);
        const expected = segments(above).every((one, at) => segments(below)[at] === one);
        const grants = [{ roleName: 'any', scope: `${above}${end}`, permissions: [] }];
        expect(rolesAt({ grants, denials: [] }, below).grants).toHaveLength(expected ? 1 : 0);
      }),
      { numRuns: 1000 },
    );
  });
});
