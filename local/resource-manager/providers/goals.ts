import type { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import { composeBody, showResource } from '../generic-verbs.ts';
import type { Resource, ResourceBody } from '../resource-store.ts';
import type { ProviderContext, ResourceCall, TypeRules } from '../type-rules.ts';
import { type GoalSecret, goalKindOf, secretOf } from './goal-kinds.ts';

/** Wakes machines that wait for their goal state. */
export interface GoalSignal {
  changed(machineKey: string): void;
}

/** Resources that end only when their machine has reported: a PUT or DELETE sets a goal. */
export interface Goals {
  /**
   * The same rules for machines that read their goal state; others keep the rules as they are, so that a machine that
   * nobody plays has its extensions all the same. `isAlways`: there are no others.
   */
  over(rules: TypeRules, options?: { isAlways?: boolean; statusOnWrite?: 202 }): TypeRules;
  /** The machine has read its goal state: from now on it decides. */
  attend(machineKey: string): void;
}

/** The number of a machine's newest goal; it only grows, also when an extension is gone. */
function openTables(database: DatabaseSync) {
  database.exec(`
    CREATE TABLE IF NOT EXISTS arm_machine_sequence (machine TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS arm_attended_machine (machine TEXT PRIMARY KEY) STRICT;`);
  const next = database.prepare(`
    INSERT INTO arm_machine_sequence (machine, sequence) VALUES (?, 1)
    ON CONFLICT (machine) DO UPDATE SET sequence = sequence + 1 RETURNING sequence`);
  const attend = database.prepare('INSERT OR IGNORE INTO arm_attended_machine VALUES (?)');
  const attended = database.prepare('SELECT 1 FROM arm_attended_machine WHERE machine = ?');
  return {
    nextSequence: (machine: string) => Number(next.all(machine)[0]?.['sequence']),
    attend: (machine: string) => void attend.run(machine),
    isAttended: (machine: string) => attended.get(machine) !== undefined,
  };
}

export function openGoals(context: ProviderContext, signal: GoalSignal): Goals {
  const { resources, operations, database } = context;
  const tables = openTables(database);

  const over: Goals['over'] = (rules, { isAlways = false, statusOnWrite } = {}) => {
    const kind = goalKindOf(rules.type);
    const depth = kind.collection.split('/').length + 1;
    const machineOf = (key: string) => key.split('/').slice(0, -depth).join('/');
    const isTheirs = (key: string, existing: Resource | undefined) =>
      isAlways || tables.isAttended(machineOf(key)) || existing?.secret['sequence'] !== undefined;

    const accepted = (resource: Resource, isNew = false): HttpReply => ({
      status: statusOnWrite ?? (isNew ? 201 : 200),
      headers: operations.headers(secretOf(resource).operationId),
      body: showResource(shown, resource),
    });

    /** Sets a new goal for the machine and starts the operation that ends when it was reached. */
    const begin = (
      call: ResourceCall,
      existing: Resource | undefined,
      goal: { body: ResourceBody; wanted: GoalSecret['wanted']; isDeleting: boolean },
    ): Resource => {
      const id = existing?.id ?? call.id.id;
      const machine = machineOf(call.id.key);
      const before: Partial<GoalSecret> = existing?.secret ?? {};
      if (before.operationId !== undefined) operations.finish(before.operationId, 'Canceled');
      const operationId = operations.start(id, call.apiVersion);
      const { body, wanted, isDeleting } = goal;
      const sequence = tables.nextSequence(machine);
      const secret = { wanted, isDeleting, operationId, sequence } satisfies GoalSecret;
      context.afterCommit(() => signal.changed(machine));
      return resources.put({ id, type: rules.type, body, secret });
    };

    const shown: TypeRules = {
      ...rules,
      put(call, existing) {
        if (!isTheirs(call.id.key, existing)) {
          if (rules.put) return rules.put(call, existing);
          throw new Error(`${rules.type} has no PUT of its own`);
        }
        const body = rules.compose?.(call, existing).body ?? composeBody(call, existing);
        const wanted = kind.wantedOf(call.body());
        const state = existing?.body.properties['provisioningState'];
        if (existing && state === 'Deleting')
          throw new ArmError(409, 'Conflict', `The extension '${existing.name}' is being deleted.`);
        if (existing && isDeepStrictEqual(wanted, existing.secret['wanted'])) {
          if (state === 'Succeeded') return { status: 200, body: showResource(shown, existing) };
          if (state !== 'Failed') return accepted(existing);
        }
        const reported = Object.entries(existing?.body.properties ?? {}).filter(([name]) =>
          kind.reported.includes(name),
        );
        const provisioningState = existing ? 'Updating' : 'Creating';
        const properties = { ...body.properties, ...Object.fromEntries(reported), provisioningState };
        const goal = { body: { ...body, properties }, wanted, isDeleting: false };
        return accepted(begin(call, existing, goal), existing === undefined);
      },
      remove(call, existing) {
        if (!existing) return { status: 204 };
        if (!isTheirs(call.id.key, existing) && rules.remove) return rules.remove(call, existing);
        const { isDeleting, wanted = {}, operationId }: Partial<GoalSecret> = existing.secret;
        if (isDeleting && operationId !== undefined)
          return { status: 202, headers: operations.headers(operationId) };
        const properties = { ...existing.body.properties, provisioningState: 'Deleting' };
        const goal = { body: { ...existing.body, properties }, wanted, isDeleting: true };
        return {
          status: 202,
          headers: operations.headers(secretOf(begin(call, existing, goal)).operationId),
        };
      },
      onDeleted(resource) {
        // Reached when the machine itself is deleted.
        const { operationId }: Partial<GoalSecret> = resource.secret;
        if (operationId !== undefined) operations.finish(operationId, 'Canceled');
        context.afterCommit(() => signal.changed(machineOf(resource.key)));
      },
    };
    return shown;
  };

  return { over, attend: tables.attend };
}
