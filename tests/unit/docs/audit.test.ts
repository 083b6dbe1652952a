import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditActions } from '#shared/domain/audit-actions.ts';
import { operationKinds } from '#shared/domain/operation.ts';
import { auditRole, auditVerifyReply } from '#shared/protocol/audit-api.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';

const root = new URL('../../../', import.meta.url);
const guide = readFileSync(new URL('docs/audit.md', root), 'utf8');
const rows = [...guide.matchAll(/^\| `([^`]+)` +\| (.+?) +\|$/gm)].map(([, name = '', text = '']) => [
  name,
  text,
]);

const sources = ['functions', 'orchestrations'].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(`${folder}/${file}`, root), 'utf8')),
);

describe('the page on the audit', () => {
  it('has every action with its sentence, and no other', () => {
    const actions = rows.filter(([name = '']) => / /.test(name) && !/[/<?]/.test(name));
    expect(actions).toEqual(Object.entries(auditActions));
  });

  it('has no action that nobody writes', () => {
    const ofOperations = operationKinds.flatMap((kind) => [`${kind} begin`, `${kind} end`]);
    const isWritten = (action: string) =>
      action === 'audit break' ||
      ofOperations.includes(action) ||
      sources.some((text) => text.includes(`'${action}'`));
    expect(Object.keys(auditActions).filter((action) => !isWritten(action))).toEqual([]);
  });

  it('has every break that a check finds', () => {
    const found = auditVerifyReply.shape.broken.unwrap().shape.why.options;
    const named = rows.map(([name = '']) => name).filter((name) => found.some((why) => why === name));
    expect(named.toSorted()).toEqual([...found].toSorted());
  });

  it('names the role and the key as they are', () => {
    expect(guide).toContain(`appRoles[?value=='${auditRole}']`);
    expect(guide).toContain(`secret \`${secretNames.auditKey}\``);
  });
});
