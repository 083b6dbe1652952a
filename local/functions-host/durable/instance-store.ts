import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { HistoryEvent, ParentInstance } from './history.ts';
import type {
  InstanceRecord,
  RuntimeStatus,
  ScheduledActivity,
  ScheduledTimer,
  StoredMessage,
} from './instance.ts';

const schema = `
CREATE TABLE IF NOT EXISTS durable_instance (
  id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL,
  status TEXT NOT NULL, input TEXT, output TEXT, custom_status TEXT,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, parent TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS durable_instance_by_status ON durable_instance (status);
CREATE INDEX IF NOT EXISTS durable_instance_by_time ON durable_instance (created_ms, id);
CREATE TABLE IF NOT EXISTS durable_history (
  instance_id TEXT NOT NULL, position INTEGER NOT NULL, event TEXT NOT NULL,
  PRIMARY KEY (instance_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS durable_message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, execution_id TEXT, event TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS durable_message_by_instance ON durable_message (instance_id);
CREATE TABLE IF NOT EXISTS durable_activity (
  instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, task_id INTEGER NOT NULL,
  name TEXT NOT NULL, input TEXT, PRIMARY KEY (instance_id, execution_id, task_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS durable_timer (
  instance_id TEXT NOT NULL, execution_id TEXT NOT NULL, timer_id INTEGER NOT NULL,
  fire_at_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  PRIMARY KEY (instance_id, execution_id, timer_id)
) STRICT, WITHOUT ROWID;
`;

/** Before every instance. */
const firstMs = Number.MIN_SAFE_INTEGER;

type Row = Record<string, SQLOutputValue>;

/** Which instances are asked for, oldest first. */
export interface InstanceQuery {
  /** Inclusive, in milliseconds. */
  createdFromMs?: number;
  createdToMs?: number;
  /** Any when empty. */
  statuses?: readonly string[];
  idPrefix?: string;
  limit?: number;
  /** Answers what comes behind this instance. */
  after?: { createdMs: number; id: string };
}

const textOrNull = (value: SQLOutputValue | undefined): string | null =>
  typeof value === 'string' ? value : null;

function toRecord(row: Row): InstanceRecord {
  const parent = textOrNull(row['parent']);
  return {
    id: String(row['id']),
    executionId: String(row['execution_id']),
    name: String(row['name']),
    version: String(row['version']),
    status: row['status'] as RuntimeStatus,
    input: textOrNull(row['input']),
    output: textOrNull(row['output']),
    customStatus: textOrNull(row['custom_status']),
    createdMs: Number(row['created_ms']),
    updatedMs: Number(row['updated_ms']),
    parent: parent === null ? null : (JSON.parse(parent) as ParentInstance),
  };
}

/** The engine's tables. Every method is one statement or few; the caller opens the transaction. */
export function createInstanceStore(database: DatabaseSync) {
  database.exec(schema);
  const sql = {
    put: database.prepare(
      `INSERT INTO durable_instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET execution_id = excluded.execution_id, name = excluded.name,
         version = excluded.version, status = excluded.status, input = excluded.input,
         output = excluded.output, custom_status = excluded.custom_status,
         created_ms = excluded.created_ms, updated_ms = excluded.updated_ms, parent = excluded.parent`,
    ),
    get: database.prepare('SELECT * FROM durable_instance WHERE id = ?'),
    select: database.prepare(
      `SELECT * FROM durable_instance
       WHERE created_ms BETWEEN max(:from, :afterMs) AND :to AND (created_ms, id) > (:afterMs, :afterId)
         AND substr(id, 1, length(:prefix)) = :prefix
         AND (:statuses = '[]' OR status IN (SELECT value FROM json_each(:statuses)))
       ORDER BY created_ms, id LIMIT :limit`,
    ),
    unfinished: database.prepare(
      "SELECT * FROM durable_instance WHERE status IN ('Pending', 'Running', 'Suspended')",
    ),
    removeInstance: database.prepare('DELETE FROM durable_instance WHERE id = ?'),
    addHistory: database.prepare('INSERT INTO durable_history VALUES (?, ?, ?)'),
    history: database.prepare('SELECT event FROM durable_history WHERE instance_id = ? ORDER BY position'),
    clearHistory: database.prepare('DELETE FROM durable_history WHERE instance_id = ?'),
    addMessage: database.prepare(
      'INSERT INTO durable_message (instance_id, execution_id, event) VALUES (?, ?, ?)',
    ),
    messages: database.prepare('SELECT * FROM durable_message ORDER BY id'),
    removeMessage: database.prepare('DELETE FROM durable_message WHERE id = ?'),
    clearMessages: database.prepare('DELETE FROM durable_message WHERE instance_id = ?'),
    addActivity: database.prepare('INSERT INTO durable_activity VALUES (?, ?, ?, ?, ?)'),
    activities: database.prepare('SELECT * FROM durable_activity'),
    removeActivity: database.prepare(
      'DELETE FROM durable_activity WHERE instance_id = ? AND execution_id = ? AND task_id = ?',
    ),
    clearActivities: database.prepare('DELETE FROM durable_activity WHERE instance_id = ?'),
    addTimer: database.prepare('INSERT INTO durable_timer VALUES (?, ?, ?, ?, ?)'),
    timers: database.prepare('SELECT * FROM durable_timer'),
    removeTimer: database.prepare(
      'DELETE FROM durable_timer WHERE instance_id = ? AND execution_id = ? AND timer_id = ?',
    ),
    clearTimers: database.prepare('DELETE FROM durable_timer WHERE instance_id = ?'),
  };

  return {
    putInstance(instance: InstanceRecord): void {
      sql.put.run(
        instance.id,
        instance.executionId,
        instance.name,
        instance.version,
        instance.status,
        instance.input,
        instance.output,
        instance.customStatus,
        instance.createdMs,
        instance.updatedMs,
        instance.parent && JSON.stringify(instance.parent),
      );
    },
    getInstance(id: string): InstanceRecord | undefined {
      const row = sql.get.get(id);
      return row && toRecord(row);
    },
    selectInstances: (query: InstanceQuery): InstanceRecord[] =>
      sql.select
        .all({
          from: query.createdFromMs ?? firstMs,
          to: query.createdToMs ?? Number.MAX_SAFE_INTEGER,
          afterMs: query.after?.createdMs ?? firstMs,
          afterId: query.after?.id ?? '',
          prefix: query.idPrefix ?? '',
          statuses: JSON.stringify(query.statuses ?? []),
          limit: query.limit ?? -1,
        })
        .map(toRecord),
    unfinishedInstances: (): InstanceRecord[] => sql.unfinished.all().map(toRecord),
    history: (instanceId: string): HistoryEvent[] =>
      sql.history.all(instanceId).map((row) => JSON.parse(String(row['event'])) as HistoryEvent),
    addHistory: (instanceId: string, position: number, eventJson: string) =>
      void sql.addHistory.run(instanceId, position, eventJson),
    addMessage(instanceId: string, executionId: string | null, event: HistoryEvent): StoredMessage {
      const { lastInsertRowid } = sql.addMessage.run(instanceId, executionId, JSON.stringify(event));
      return { messageId: Number(lastInsertRowid), instanceId, executionId, event };
    },
    messages: (): StoredMessage[] =>
      sql.messages.all().map((row) => ({
        messageId: Number(row['id']),
        instanceId: String(row['instance_id']),
        executionId: textOrNull(row['execution_id']),
        event: JSON.parse(String(row['event'])) as HistoryEvent,
      })),
    removeMessage: (messageId: number) => void sql.removeMessage.run(messageId),
    addActivity: (a: ScheduledActivity) =>
      void sql.addActivity.run(a.instanceId, a.executionId, a.taskId, a.name, a.input),
    removeActivity: (a: ScheduledActivity) =>
      void sql.removeActivity.run(a.instanceId, a.executionId, a.taskId),
    activities: (): ScheduledActivity[] =>
      sql.activities.all().map((row) => ({
        instanceId: String(row['instance_id']),
        executionId: String(row['execution_id']),
        taskId: Number(row['task_id']),
        name: String(row['name']),
        input: textOrNull(row['input']),
      })),
    addTimer: (t: ScheduledTimer) =>
      void sql.addTimer.run(t.instanceId, t.executionId, t.timerId, t.fireAtMs, t.createdMs),
    removeTimer: (instanceId: string, executionId: string, timerId: number) =>
      void sql.removeTimer.run(instanceId, executionId, timerId),
    timers: (): ScheduledTimer[] =>
      sql.timers.all().map((row) => ({
        instanceId: String(row['instance_id']),
        executionId: String(row['execution_id']),
        timerId: Number(row['timer_id']),
        fireAtMs: Number(row['fire_at_ms']),
        createdMs: Number(row['created_ms']),
      })),
    /** Forgets what an execution still had open: nothing of it may run or be delivered any more. */
    clearWork(instanceId: string): void {
      sql.clearActivities.run(instanceId);
      sql.clearTimers.run(instanceId);
    },
    clearHistory: (instanceId: string) => void sql.clearHistory.run(instanceId),
    removeInstance(instanceId: string): void {
      this.clearWork(instanceId);
      sql.clearMessages.run(instanceId);
      sql.clearHistory.run(instanceId);
      sql.removeInstance.run(instanceId);
    },
    clearMessages: (instanceId: string) => void sql.clearMessages.run(instanceId),
  };
}

export type InstanceStore = ReturnType<typeof createInstanceStore>;
