import type { DatabaseSync } from 'node:sqlite';

/** When a timer function last ran and runs next; times in milliseconds. */
export interface TimerStatus {
  schedule: string;
  lastMs: number | null;
  nextMs: number;
  updatedMs: number;
}

export function createTimerStore(database: DatabaseSync) {
  database.exec(`CREATE TABLE IF NOT EXISTS timer_status (
    name TEXT PRIMARY KEY, schedule TEXT NOT NULL, last_ms INTEGER, next_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
  ) STRICT`);
  const get = database.prepare('SELECT * FROM timer_status WHERE name = ?');
  const put = database.prepare(
    'INSERT INTO timer_status VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET schedule = excluded.schedule, last_ms = excluded.last_ms, next_ms = excluded.next_ms, updated_ms = excluded.updated_ms',
  );
  return {
    get(name: string): TimerStatus | undefined {
      const row = get.get(name);
      if (!row) return undefined;
      const last = row['last_ms'];
      return {
        schedule: String(row['schedule']),
        lastMs: typeof last === 'number' ? last : null,
        nextMs: Number(row['next_ms']),
        updatedMs: Number(row['updated_ms']),
      };
    },
    put(name: string, { schedule, lastMs, nextMs, updatedMs }: TimerStatus): void {
      put.run(name, schedule, lastMs, nextMs, updatedMs);
    },
  };
}
