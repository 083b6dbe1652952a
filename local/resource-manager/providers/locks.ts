import { z } from 'zod';
import { ArmError } from '../arm-error.ts';
import type { ResourceId } from '../resource-id.ts';
import type { Resource } from '../resource-store.ts';
import type { ProviderContext, TypeRules } from '../type-rules.ts';

const type = 'Microsoft.Authorization/locks';
const apiVersions = ['2020-05-01', '2017-04-01', '2016-09-01', '2015-01-01'];
const lockBody = z.object({
  properties: z.object({
    level: z.enum(['CanNotDelete', 'ReadOnly']),
    notes: z.string().max(512).optional(),
    owners: z.array(z.object({ applicationId: z.string() })).optional(),
  }),
});

type Change = 'write' | 'delete' | 'action';

const scopeOf = (lock: Resource): string =>
  lock.key.split('/providers/microsoft.authorization/locks/')[0] ?? '';

/**
 * Management locks: inherited by everything below their scope; a lock below keeps what is above from being deleted.
 * ReadOnly also stops writes and actions, because an action is a POST. Locks themselves are never locked.
 * Source: "Lock your Azure resources to protect your infrastructure" (learn.microsoft.com).
 */
export function managementLocks({ resources }: ProviderContext) {
  const rules: TypeRules = {
    type,
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    isExtension: true,
    compose(call) {
      const parsed = lockBody.safeParse(call.body());
      if (!parsed.success)
        throw new ArmError(400, 'InvalidRequestContent', z.prettifyError(parsed.error).replaceAll('\n', ' '));
      return { body: { properties: parsed.data.properties } };
    },
  };

  return {
    rules,
    /** Throws 409 ScopeLocked as ARM writes it. */
    requireUnlocked(id: ResourceId, change: Change): void {
      if (id.key.includes('/providers/microsoft.authorization/locks/')) return;
      const stops = (lock: Resource) => {
        const scope = scopeOf(lock);
        const isAtOrAbove = id.key === scope || id.key.startsWith(`${scope}/`);
        const isBelow = change === 'delete' && scope.startsWith(`${id.key}/`);
        if (!isAtOrAbove && !isBelow) return false;
        return change === 'delete' || lock.body.properties['level'] === 'ReadOnly';
      };
      const locks = resources.list(type, '').filter(stops);
      if (!locks.length) return;
      const scopes = [
        ...new Set(locks.map((lock) => lock.id.split(/\/providers\/microsoft\.authorization\/locks\//i)[0])),
      ];
      throw new ArmError(
        409,
        'ScopeLocked',
        `The scope '${id.id}' cannot perform ${change === 'delete' ? 'delete' : 'write'} operation because following scope(s) are locked: '${scopes.join("', '")}'. Please remove the lock and try again.`,
      );
    },
  };
}
