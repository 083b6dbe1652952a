import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { eventType } from '#local/functions-host/durable/history.ts';

/** What one operation left in the engine's tables: its instance and all that it started. */
export interface HistorySize {
  instances: number;
  events: number;
  /** JSON text of the events, as the engine keeps them. */
  bytes: number;
  /** What the managed backend bills and limits: each start, each step scheduled, each result, timer and event. */
  actions: number;
}

/** Milliseconds between scheduling and result, summed over one operation. */
export interface StepTime {
  name: string;
  count: number;
  ms: number;
}

const stored = z.looseObject({
  EventType: z.number(),
  EventId: z.number(),
  Timestamp: z.string(),
  Name: z.string().optional(),
  TaskScheduledId: z.number().optional(),
  TimerId: z.number().optional(),
});
type StoredEvent = z.infer<typeof stored>;

const results: readonly number[] = [
  eventType.taskCompleted,
  eventType.taskFailed,
  eventType.subOrchestrationCompleted,
  eventType.subOrchestrationFailed,
  eventType.timerFired,
];
const actions: readonly number[] = [
  eventType.executionStarted,
  eventType.taskScheduled,
  eventType.eventRaised,
  ...results,
];

/** Every step of one instance with how long it took; a wait of the orchestration itself is named `timer`. */
function stepTimes(events: readonly StoredEvent[]): { name: string; ms: number }[] {
  const begun = new Map(events.filter(({ EventId }) => EventId >= 0).map((event) => [event.EventId, event]));
  return events.flatMap((event) => {
    if (!results.includes(event.EventType)) return [];
    const from = begun.get(event.TaskScheduledId ?? event.TimerId ?? -1);
    if (!from || from.EventType === eventType.subOrchestrationCreated) return [];
    const ms = Date.parse(event.Timestamp) - Date.parse(from.Timestamp);
    return [{ name: from.Name ?? 'timer', ms }];
  });
}

/**
 * Reads the state of an embedded host while it runs. A child orchestration names its parent in its record.
 */
export function openHistories(file: string) {
  const database = new DatabaseSync(file, { readOnly: true });
  const family = database.prepare(
    `WITH RECURSIVE family (id) AS (
       SELECT id FROM durable_instance WHERE id = ?
       UNION SELECT i.id FROM durable_instance i JOIN family f
         ON json_extract(i.parent, '$.OrchestrationInstance.InstanceId') = f.id)
     SELECT h.instance_id AS id, h.event AS event FROM durable_history h
     WHERE h.instance_id IN (SELECT id FROM family) ORDER BY h.instance_id, h.position`,
  );
  const rowsOf = (id: string) =>
    z.array(z.object({ id: z.string(), event: z.string() })).parse(family.all(id));

  return {
    sizeOf(operationId: string): HistorySize {
      const rows = rowsOf(operationId);
      const events = rows.map(({ event }) => stored.parse(JSON.parse(event)));
      return {
        instances: new Set(rows.map(({ id }) => id)).size,
        events: rows.length,
        bytes: rows.reduce((sum, { event }) => sum + Buffer.byteLength(event), 0),
        actions: events.filter(({ EventType }) => actions.includes(EventType)).length,
      };
    },
    /** By the name of the activity, the longest first. */
    timesOf(operationId: string): StepTime[] {
      const byInstance = Map.groupBy(rowsOf(operationId), ({ id }) => id);
      const steps = [...byInstance.values()].flatMap((rows) =>
        stepTimes(rows.map(({ event }) => stored.parse(JSON.parse(event)))),
      );
      return [...Map.groupBy(steps, ({ name }) => name)]
        .map(([name, all]) => ({ name, count: all.length, ms: all.reduce((sum, { ms }) => sum + ms, 0) }))
        .toSorted((a, b) => b.ms - a.ms);
    },
    close: () => database.close(),
  };
}
