import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from './arm-error.ts';
import { composeBody, replyWith } from './generic-verbs.ts';
import type { Operations } from './operations.ts';
import type { Resource, ResourceStore } from './resource-store.ts';
import type { ResourceCall, TypeRules } from './type-rules.ts';

/** Changes that take a while, as those of most providers do; what is due is kept and survives a crash. */
export interface TimedChanges {
  /** The same rules, whose PUT, PATCH and DELETE are long-running operations. */
  over(rules: TypeRules): TypeRules;
  /** An action that changes nothing but takes its time; answers 202. */
  act(call: ResourceCall, resource: Resource): HttpReply;
  /** Brings about what fell due. Called before each request. */
  settle(): void;
}

export interface TimedChangesOptions {
  database: DatabaseSync;
  resources: ResourceStore;
  operations: Operations;
  clock: Clock;
  delayMs: number;
  onRemoved(removed: readonly Resource[]): void;
}

export function openTimedChanges(options: TimedChangesOptions): TimedChanges {
  const { database, resources, operations, clock, delayMs } = options;
  database.exec(`CREATE TABLE IF NOT EXISTS arm_timed_change (
    operationId TEXT PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, dueAt INTEGER NOT NULL) STRICT`);
  const insert = database.prepare('INSERT INTO arm_timed_change VALUES (?, ?, ?, ?)');
  const due = database.prepare('SELECT * FROM arm_timed_change WHERE dueAt <= ? ORDER BY dueAt');
  const done = database.prepare('DELETE FROM arm_timed_change WHERE operationId = ?');
  const changing = database.prepare(
    "SELECT operationId, kind FROM arm_timed_change WHERE key = ? AND kind <> 'act' LIMIT 1",
  );

  const begin = (call: ResourceCall, id: string, kind: 'write' | 'remove' | 'act') => {
    const operationId = operations.start(id, call.apiVersion);
    insert.run(operationId, id.toLowerCase(), kind, clock.now() + delayMs);
    return operations.headers(operationId);
  };

  const requireIdle = (resource: Resource | undefined) => {
    if (resource && changing.get(resource.key))
      throw new ArmError(
        409,
        'Conflict',
        `Another operation on '${resource.name}' is in progress. Wait until it has ended and try again.`,
        { headers: { 'retry-after': '1' } },
      );
  };

  const finish = (key: string, kind: string) => {
    const resource = resources.get(key);
    if (!resource) return;
    if (kind === 'remove') options.onRemoved(resources.remove(key));
    if (kind !== 'write') return;
    const { id, type, body, secret } = resource;
    const properties = { ...body.properties, provisioningState: 'Succeeded' };
    resources.put({ id, type, body: { ...body, properties }, secret });
  };

  return {
    over: (rules) => ({
      ...rules,
      put(call, existing) {
        requireIdle(existing);
        const { body, secret = existing?.secret ?? {} } = rules.compose?.(call, existing) ?? {
          body: composeBody(call, existing),
        };
        const provisioningState = existing ? 'Updating' : 'Creating';
        const written = resources.put({
          id: existing?.id ?? call.id.id,
          type: rules.type,
          body: { ...body, properties: { ...body.properties, provisioningState } },
          secret,
        });
        rules.onWritten?.(written, existing);
        // The resource is what a PUT is about: no Location, so that pollers read it at its own address at the end.
        const { location: _, ...headers } = begin(call, written.id, 'write');
        const reply = replyWith(rules, existing ? 200 : (rules.statusOnCreate ?? 201), written);
        return { ...reply, headers: { ...reply.headers, ...headers } };
      },
      remove(call, existing) {
        if (!existing) return { status: 204 };
        requireIdle(existing);
        rules.requireDeletable?.(existing);
        const { id, type, body, secret } = existing;
        const properties = { ...body.properties, provisioningState: 'Deleting' };
        resources.put({ id, type, body: { ...body, properties }, secret });
        return { status: 202, headers: begin(call, id, 'remove') };
      },
    }),
    act: (call, resource) => ({ status: 202, headers: begin(call, resource.id, 'act') }),
    settle() {
      for (const row of due.all(clock.now())) {
        const operationId = String(row['operationId']);
        finish(String(row['key']), String(row['kind']));
        operations.finish(operationId, 'Succeeded');
        done.run(operationId);
      }
    },
  };
}
