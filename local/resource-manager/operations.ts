import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from './arm-error.ts';
import type { ReadTime } from './read-time.ts';
import type { Route } from './type-rules.ts';

type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';

interface OperationError {
  code: string;
  message: string;
}

/** Long-running operations: who started one polls it by `Azure-AsyncOperation` or `Location`. */
export interface Operations {
  start(resourceId: string, apiVersion: string): string;
  /** Ends a running operation; one that has ended stays as it is. */
  finish(id: string, status: Exclude<OperationStatus, 'InProgress'>, error?: OperationError): void;
  /** The headers that an asynchronous answer carries. */
  headers(id: string): Record<string, string>;
  running(): RunningOperation[];
  routes: readonly Route[];
}

interface RunningOperation {
  id: string;
  resourceId: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

interface OperationRow {
  id: string;
  resourceId: string;
  apiVersion: string;
  status: OperationStatus;
  startedAt: number;
  endedAt: number | null;
  error: string | null;
}

const path =
  /^\/subscriptions\/[^/]+\/providers\/[^/]+\/locations\/[^/]+\/(operationStatuses|operationResults)\/([^/]+)$/i;

export function openOperations(options: {
  database: DatabaseSync;
  clock: Clock;
  readTime: ReadTime;
  origin(): string;
  retryAfterSeconds: number;
  show(key: string): object | undefined;
}): Operations {
  const { database, clock, origin, retryAfterSeconds } = options;
  database.exec(`CREATE TABLE IF NOT EXISTS arm_operation (
    id TEXT PRIMARY KEY, resourceId TEXT NOT NULL, apiVersion TEXT NOT NULL, status TEXT NOT NULL,
    startedAt INTEGER NOT NULL, endedAt INTEGER, error TEXT) STRICT`);
  const select = database.prepare('SELECT * FROM arm_operation WHERE id = ?');
  const running = database.prepare(
    "SELECT id, resourceId, startedAt FROM arm_operation WHERE status = 'InProgress' ORDER BY startedAt LIMIT 200",
  );
  const find = (id: string): OperationRow => {
    const row = select.get(id) as OperationRow | undefined;
    if (!row) throw new ArmError(404, 'NotFound', `The operation '${id}' was not found.`);
    const isAhead = row.endedAt !== null && row.endedAt > options.readTime.now();
    return isAhead ? { ...row, status: 'InProgress', endedAt: null, error: null } : row;
  };

  const addresses = (row: OperationRow): Record<string, string> => {
    const [, subscription = '', namespace = ''] =
      /^\/subscriptions\/([^/]+)\/.*\/providers\/([^/]+)\//i.exec(row.resourceId) ?? [];
    const base = `${origin()}/subscriptions/${subscription}/providers/${namespace}/locations/local`;
    return {
      'azure-asyncoperation': `${base}/operationStatuses/${row.id}?api-version=${row.apiVersion}`,
      location: `${base}/operationResults/${row.id}?api-version=${row.apiVersion}`,
      'retry-after': String(retryAfterSeconds),
    };
  };

  const status = (row: OperationRow): HttpReply => ({
    status: 200,
    headers: row.status === 'InProgress' ? { 'retry-after': String(retryAfterSeconds) } : {},
    body: {
      id: row.resourceId,
      name: row.id,
      status: row.status,
      startTime: new Date(row.startedAt).toISOString(),
      ...(row.endedAt !== null && { endTime: new Date(row.endedAt).toISOString() }),
      ...(row.error !== null && { error: JSON.parse(row.error) as OperationError }),
    },
  });

  const result = (row: OperationRow): HttpReply => {
    if (row.status === 'InProgress') return { status: 202, headers: addresses(row) };
    if (row.error !== null) {
      const { code, message } = JSON.parse(row.error) as OperationError;
      throw new ArmError(400, code, message);
    }
    const body = options.show(row.resourceId);
    return body ? { status: 200, body } : { status: 204 };
  };

  return {
    start(resourceId, apiVersion) {
      const id = randomUUID();
      database
        .prepare(
          'INSERT INTO arm_operation (id, resourceId, apiVersion, status, startedAt) VALUES (?, ?, ?, ?, ?)',
        )
        .run(id, resourceId, apiVersion, 'InProgress' satisfies OperationStatus, clock.now());
      return id;
    },
    finish(id, ended, error) {
      database
        .prepare(
          "UPDATE arm_operation SET status = ?, endedAt = ?, error = ? WHERE id = ? AND status = 'InProgress'",
        )
        .run(ended, clock.now(), error ? JSON.stringify(error) : null, id);
    },
    headers: (id) => addresses(find(id)),
    running: () =>
      running.all().map((row) => ({
        id: String(row['id']),
        resourceId: String(row['resourceId']),
        startedAt: Number(row['startedAt']),
      })),
    routes: [
      {
        name: 'GET operation',
        method: 'GET',
        pattern: path,
        apiVersions: [],
        handle: (_, kind = '', id = '') => {
          const row = find(id);
          return kind.toLowerCase() === 'operationstatuses' ? status(row) : result(row);
        },
      },
    ],
  };
}
