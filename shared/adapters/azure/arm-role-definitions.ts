import { z } from 'zod';
import type { Permissions } from '#shared/domain/access.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';

export const authorizationVersion = '2022-04-01';
/** The first that is described with the conditions of a role; without them one would give more than Azure does. */
const definitionsVersion = '2022-05-01-preview';
/** Built-in roles change with Azure itself. */
const builtInFreshMs = 60 * 60_000;
/** Custom ones are read anew with every reading of assignments; readings that come together share one. */
const customFreshMs = 2_000;
/** From this many on, one list is less than a GET for each. */
const many = 5;

const names = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);
/** Of a role, and of a deny assignment. */
export const permissions = z.array(
  z
    .object({
      actions: names,
      notActions: names,
      dataActions: names,
      notDataActions: names,
      condition: z.string().nullish(),
      conditionVersion: z.string().nullish(),
    })
    .transform(
      ({ condition, conditionVersion, ...lists }): Permissions => ({
        ...lists,
        ...(condition && { condition, ...(conditionVersion && { conditionVersion }) }),
      }),
    ),
);
const roleDefinition = z.object({
  id: z.string(),
  properties: z.object({
    roleName: z.string(),
    type: z.string().nullish(),
    permissions,
  }),
});

interface RoleDefinition {
  roleName: string;
  permissions: readonly Permissions[];
}

interface Known extends RoleDefinition {
  isCustom: boolean;
  readAt: number;
}

const guidOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1).toLowerCase();

export interface RoleDefinitions {
  /** Beside the assignments, so that custom roles that are known cost no time of their own. */
  refresh(): Promise<void>;
  /** By the id of a definition, none for what is gone; not older than `since` where it is a custom one. */
  read(ids: Iterable<string>, since: number): Promise<(id: string) => RoleDefinition | undefined>;
}

/** The role definitions of one subscription: another cannot give the same id to something else here. */
export function createRoleDefinitions(arm: ArmClient, path: string, now: () => number): RoleDefinitions {
  const known = new Map<string, Known>();
  let refreshing: Promise<void> | undefined;

  const list = (query?: Record<string, string>) =>
    arm.list(`${path}/roleDefinitions`, definitionsVersion, roleDefinition, query);
  const keep = ({ id, properties }: z.infer<typeof roleDefinition>, readAt: number): void => {
    const { type, ...definition } = properties;
    known.set(guidOf(id), { ...definition, isCustom: type !== 'BuiltInRole', readAt });
  };
  const isUsable = ({ isCustom, readAt }: Known, since: number): boolean => {
    const age = now() - readAt;
    return (isCustom && readAt >= since) || (age >= 0 && age < (isCustom ? customFreshMs : builtInFreshMs));
  };

  async function readCustom(beganAt: number): Promise<void> {
    const found = await list({ $filter: "type eq 'CustomRole'" });
    for (const [guid, { isCustom, readAt }] of known) if (isCustom && readAt <= beganAt) known.delete(guid);
    for (const one of found) keep(one, beganAt);
  }

  return {
    async refresh() {
      const beganAt = now();
      if (![...known.values()].some((one) => one.isCustom && !isUsable(one, beganAt))) return;
      refreshing ??= readCustom(beganAt).finally(() => {
        refreshing = undefined;
      });
      await refreshing;
    },
    async read(ids, since) {
      const wanted = new Map([...ids].map((id) => [guidOf(id), id] as const));
      const readAt = now();
      const missing = () =>
        [...wanted].filter(([guid]) => {
          const one = known.get(guid);
          return !one || !isUsable(one, since);
        });
      if (missing().length >= many) for (const one of await list()) keep(one, readAt);
      const single = missing().map(([, id]) => orMissing(arm.get(id, definitionsVersion, roleDefinition)));
      for (const one of await Promise.all(single)) if (one) keep(one, readAt);
      const gone = new Set(missing().map(([guid]) => guid));
      const here = new Map([...wanted.keys()].map((guid) => [guid, known.get(guid)] as const));
      return (id) => (gone.has(guidOf(id)) ? undefined : here.get(guidOf(id)));
    },
  };
}
