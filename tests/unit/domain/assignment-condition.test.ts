import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConditionVerdict, judgeCondition } from '#shared/domain/assignment-condition.ts';

const see = 'Microsoft.HybridCompute/machines/read';
const assign = 'Microsoft.Authorization/roleAssignments/write';
const judge = (condition: string, action = see) => judgeCondition(condition, '2.0', action);

/** What Azure writes for "may assign all roles but privileged administrator roles". */
const notPrivileged = `(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
 )
 OR
 (
  @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635, 18d7d88d-d35e-4fb5-a5c3-7773c20a72d9}
 )
)
AND
(
 (
  !(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})
 )
 OR
 (
  @Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAllValues:GuidNotEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635}
 )
)`;
const blobs = `((!(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} AND NOT SubOperationMatches{'Blob.List'})) OR (@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>] StringEquals 'Cascade' && @Environment[UtcNow] DateTimeGreaterThan '2026-01-01T00:00:00.0Z'))`;

describe('a condition', () => {
  it.each<[string, string, string, ConditionVerdict]>([
    ['all but privileged roles, to see', notPrivileged, see, 'true'],
    ['all but privileged roles, to assign one', notPrivileged, assign, 'unknown'],
    ['of other resources', blobs, see, 'true'],
    ['that needs another action', "ActionMatches{'Microsoft.Compute/*'}", see, 'false'],
    ['that names this action in another case', `ActionMatches{'${see.toUpperCase()}'}`, see, 'true'],
    ['with a wildcard', "ActionMatches{'Microsoft.HybridCompute/*/read'}", see, 'true'],
    ['with one of several patterns', `ActionMatches{'a/b', '${see}'}`, see, 'true'],
    ['on a part of an action', "SubOperationMatches{'Blob.List'}", see, 'unknown'],
    ['that an attribute exists', 'Exists @Principal[Microsoft.Directory/x:y]', see, 'unknown'],
    ['that no attribute can save', `!(ActionMatches{'*'}) AND @Resource[a] StringEquals 'b'`, see, 'false'],
    ['that an attribute cannot harm', `@Resource[a] StringEquals 'b' || ActionMatches{'*'}`, see, 'true'],
    ['that compares two attributes', '@Resource[a] StringEquals @Principal[b]', see, 'unknown'],
    [
      'with the attribute on the right',
      "{'a', 'b'} ForAnyOfAnyValues:StringEquals @Resource[c]",
      see,
      'unknown',
    ],
    ['twice turned', `!!(!ActionMatches{'*'})`, see, 'false'],
    ['with words in lower case', `not (actionmatches{'*'}) or actionmatches{'*'}`, see, 'true'],
  ])('%s', (_, condition, action, expected) => {
    expect(judge(condition, action)).toBe(expected);
  });

  it.each([
    ['nothing', ' '],
    ['words alone', 'let him in'],
    ['a value without an attribute', "'a' StringEquals 'a'"],
    ['an open parenthesis', `(ActionMatches{'*'}`],
    ['a parenthesis too many', `ActionMatches{'*'})`],
    ['an open text', `ActionMatches{'*}`],
    ['an empty set', 'ActionMatches{}'],
    ['a pattern without quotation marks', 'ActionMatches{*}'],
    ['something after its end', `ActionMatches{'*'} ActionMatches{'*'}`],
    ['AND and OR side by side', `ActionMatches{'*'} OR ActionMatches{'a'} AND ActionMatches{'b'}`],
    ['an unreadable part that decides nothing', `ActionMatches{'*'} OR (what is this)`],
    ['a sign of its own', `ActionMatches{'*'} ; `],
    ['more depth than anybody needs', `${'('.repeat(100)}ActionMatches{'*'}${')'.repeat(100)}`],
    ['more length than Azure takes', `ActionMatches{'*'}${' '.repeat(8192)}`],
  ])('is unreadable with %s', (_, condition) => {
    expect(judge(condition)).toBe('unreadable');
  });

  it('is read in version 2.0, and in none that is not known', () => {
    expect(judgeCondition(`ActionMatches{'*'}`, undefined, see)).toBe('true');
    expect(judgeCondition(`ActionMatches{'*'}`, '1.0', see)).toBe('unreadable');
    expect(judgeCondition(`ActionMatches{'*'}`, '3.0', see)).toBe('unreadable');
  });
});

interface Formula {
  text: string;
  truth: 'true' | 'false' | 'unknown';
}

const and = (all: readonly Formula[]): Formula['truth'] => {
  if (all.some(({ truth }) => truth === 'false')) return 'false';
  return all.every(({ truth }) => truth === 'true') ? 'true' : 'unknown';
};
const turned = { true: 'false', false: 'true', unknown: 'unknown' } as const;
const negate = ({ text, truth }: Formula): Formula => ({ text: `!(${text})`, truth: turned[truth] });

const leaf = fc.constantFrom<Formula>(
  { text: `ActionMatches{'${see}'}`, truth: 'true' },
  { text: `ActionMatches{'Microsoft.Compute/*'}`, truth: 'false' },
  { text: `@Resource[a/b:c<$key_case_sensitive$>] StringLike '*)'`, truth: 'unknown' },
  { text: `Exists @Request[d]`, truth: 'unknown' },
  { text: `@Principal[e] ForAllOfAnyValues:NumericEquals {1, 2.5}`, truth: 'unknown' },
);
const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    leaf,
    tie('formula').map(negate),
    fc
      .tuple(
        fc.array(tie('formula'), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom('', ' ', '\n'),
      )
      .map(([all, isAnd, space]): Formula => {
        const word = isAnd ? (space ? 'AND' : '&&') : space ? 'OR' : '||';
        const text = all.map((one) => `(${one.text})`).join(`${space}${word}${space}`);
        return { text, truth: isAnd ? and(all) : turned[and(all.map(negate))] };
      }),
  ),
}));

describe('any condition', () => {
  it('is judged by three-valued logic', () => {
    fc.assert(
      fc.property(formula, ({ text, truth }) => {
        fc.pre(text.length <= 8192);
        expect(judge(text)).toBe(truth);
      }),
      { numRuns: 200 },
    );
  });

  it('is refused or judged and never throws', () => {
    const piece = fc.constantFrom(
      'ActionMatches',
      '{',
      '}',
      '(',
      ')',
      '!',
      'AND',
      '||',
      `'*'`,
      `'`,
      '@Resource[a]',
      '@',
      '[',
      ',',
      'StringEquals',
      '\\',
      '\u0000',
      'NOT',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.array(piece).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (condition) => {
        expect(['true', 'false', 'unknown', 'unreadable']).toContain(judge(condition));
      }),
      { numRuns: 300 },
    );
  });

  it('is never met because of a letter that was taken out of it', () => {
    const needed = `(ActionMatches{'${see}'}) AND (@Resource[a:b] StringEquals 'c')`;
    for (let at = 0; at < needed.length; at += 1)
      expect(judge(needed.slice(0, at) + needed.slice(at + 1))).not.toBe('true');
  });
});
