import type { ArmClient } from '#shared/adapters/azure/arm-client.ts';
import { AppError } from '#shared/domain/error.ts';

interface ListedArm {
  arm: ArmClient;
  /** What was asked for, in order: `LIST roleAssignments assignedTo('u')`, `GET <guid>`. */
  asked: string[];
}

/** An ARM client that answers by the last segment of a path and its filter. */
export function createListedArm(
  lists: (collection: string, filter: string | undefined) => readonly object[],
  definitions: ReadonlyMap<string, object>,
): ListedArm {
  const asked: string[] = [];
  const unused = async () => {
    throw new Error('roles are read by GET alone');
  };
  return {
    asked,
    arm: {
      send: unused,
      follow: unused,
      async list(path, _version, item, query = {}) {
        const collection = path.split('/').at(-1) ?? '';
        const filter = query['$filter'];
        asked.push(['LIST', collection, filter].filter(Boolean).join(' '));
        await Promise.resolve();
        return lists(collection, filter).map((one) => item.parse(one));
      },
      async get(path, _version, schema) {
        const name = path.split('/').at(-1)?.toLowerCase() ?? '';
        asked.push(`GET ${name}`);
        const found = definitions.get(name);
        if (!found) throw new AppError('resource_manager_refused', 'gone', { facts: { armStatus: 404 } });
        return schema.parse(found);
      },
    },
  };
}
