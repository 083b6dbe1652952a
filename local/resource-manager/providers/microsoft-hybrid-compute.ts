import type { DatabaseSync } from 'node:sqlite';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import { showResource } from '../generic-verbs.ts';
import type { Resource } from '../resource-store.ts';
import type { Provider, ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import { type ExtensionSecret, isSameGoal, parseExtension, secretOf } from './hybrid-compute-extension.ts';

const apiVersions = ['2025-01-13', '2024-07-10', '2024-05-20-preview', '2023-10-03-preview', '2022-12-27'];

/** Wakes machines that wait for their goal state. */
export interface GoalSignal {
  changed(machineKey: string): void;
}

/** The number of a machine's newest goal; it only grows, also when an extension is gone. */
function createSequences(database: DatabaseSync): (machineKey: string) => number {
  database.exec(
    'CREATE TABLE IF NOT EXISTS arm_machine_sequence (machine TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT',
  );
  const next = database.prepare(`
    INSERT INTO arm_machine_sequence (machine, sequence) VALUES (?, 1)
    ON CONFLICT (machine) DO UPDATE SET sequence = sequence + 1 RETURNING sequence`);
  return (machineKey) => {
    const [row] = next.all(machineKey);
    return Number(row?.['sequence']);
  };
}

const machineOf = (extensionKey: string): string => extensionKey.split('/').slice(0, -2).join('/');

/** Arc machines (their facts are seeded) and their extensions, which end only when the machine has reported. */
export function microsoftHybridCompute(context: ProviderContext, signal: GoalSignal): Provider {
  const { resources, operations, database } = context;
  const nextSequence = createSequences(database);

  const machines: TypeRules = {
    type: 'Microsoft.HybridCompute/machines',
    apiVersions,
    verbs: ['GET', 'LIST', 'PATCH', 'DELETE'],
    compose(call, existing) {
      if (!existing) throw new ArmError(405, 'MethodNotAllowed', 'Machines are seeded.');
      const { tags } = call.body();
      return {
        body: {
          ...existing.body,
          tags: { ...existing.body.tags, ...(tags as Record<string, string> | undefined) },
        },
      };
    },
  };

  const accepted = (resource: Resource): HttpReply => ({
    status: 202,
    headers: operations.headers(secretOf(resource).operationId),
    body: showResource(extensions, resource),
  });

  /** Sets a new goal for the machine and starts the operation that ends when it was reached. */
  const begin = (
    call: ResourceCall,
    existing: Resource | undefined,
    goal: { body: Resource['body']; wanted: ExtensionSecret['wanted']; isDeleting: boolean },
  ): HttpReply => {
    const id = existing?.id ?? call.id.id;
    const machine = machineOf(call.id.key);
    if (existing) operations.finish(secretOf(existing).operationId, 'Canceled');
    const operationId = operations.start(id, call.apiVersion);
    const { body, wanted, isDeleting } = goal;
    const secret = {
      wanted,
      isDeleting,
      operationId,
      sequence: nextSequence(machine),
    } satisfies ExtensionSecret;
    const written = resources.put({ id, type: extensions.type, body, secret });
    context.afterCommit(() => signal.changed(machine));
    return accepted(written);
  };

  const extensions: TypeRules = {
    type: 'Microsoft.HybridCompute/machines/extensions',
    apiVersions,
    verbs: ['GET', 'LIST', 'PUT', 'DELETE'],
    put(call, existing) {
      const wanted = parseExtension(call);
      const state = existing?.body.properties['provisioningState'];
      if (existing && state === 'Deleting')
        throw new ArmError(409, 'Conflict', `The extension '${existing.name}' is being deleted.`);
      if (existing && isSameGoal(wanted.properties, existing)) {
        if (state === 'Succeeded') return { status: 200, body: showResource(extensions, existing) };
        if (state !== 'Failed') return accepted(existing);
      }
      const { protectedSettings: _, ...properties } = wanted.properties;
      const kept = { ...existing?.body.properties, ...properties };
      return begin(call, existing, {
        body: {
          location: wanted.location,
          ...(wanted.tags && { tags: wanted.tags }),
          properties: { ...kept, provisioningState: existing ? 'Updating' : 'Creating' },
        },
        wanted: wanted.properties,
        isDeleting: false,
      });
    },
    remove(call, existing) {
      if (!existing) return { status: 204 };
      const { isDeleting, wanted } = secretOf(existing);
      if (isDeleting) return accepted(existing);
      const properties = { ...existing.body.properties, provisioningState: 'Deleting' };
      const { status, headers = {} } = begin(call, existing, {
        body: { ...existing.body, properties },
        wanted,
        isDeleting: true,
      });
      return { status, headers };
    },
    onDeleted(resource) {
      // Reached when the machine itself is deleted.
      operations.finish(secretOf(resource).operationId, 'Canceled');
      context.afterCommit(() => signal.changed(machineOf(resource.key)));
    },
  };

  return { types: [machines, extensions] };
}
