import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpRequest } from '#local/kit/http-server.ts';
import type { TokenClaims } from '#local/kit/tokens.ts';

/** Azure keeps events for 90 days. */
const keptMs = 90 * 24 * 3600 * 1000;

export interface ActivityEvent {
  /** Milliseconds since the epoch. */
  at: number;
  resourceId: string;
  /** For example `Microsoft.Network/dnsZones/TXT/write`. */
  operation: string;
  status: 'Succeeded' | 'Accepted' | 'Failed';
  httpStatus: number;
  httpMethod: string;
  caller: string;
  correlationId: string;
  /** ARM's code of a failure. */
  failure: string | undefined;
}

/** Who changed what and when: each write, deletion and action, also those that were refused. */
export interface ActivityLog {
  record(event: {
    request: HttpRequest;
    operation: string;
    claims: TokenClaims;
    httpStatus: number;
    correlationId: string | undefined;
    failure?: string;
  }): void;
  /** Newest first. */
  between(fromMs: number, untilMs: number): (ActivityEvent & { id: string })[];
}

function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export function openActivityLog(database: DatabaseSync, clock: Clock): ActivityLog {
  database.exec(`
    CREATE TABLE IF NOT EXISTS arm_event (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
      at INTEGER NOT NULL, content TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS arm_event_at ON arm_event (at);`);
  const insert = database.prepare('INSERT INTO arm_event (id, at, content) VALUES (?, ?, ?)');
  const forget = database.prepare('DELETE FROM arm_event WHERE at < ?');
  const select = database.prepare(
    'SELECT id, content FROM arm_event WHERE at >= ? AND at <= ? ORDER BY seq DESC LIMIT 5000',
  );
  return {
    record({ request, operation, claims, httpStatus, correlationId, failure }) {
      const at = clock.now();
      const isFailure = httpStatus >= 400;
      const event: ActivityEvent = {
        at,
        resourceId: readable(request.url.pathname),
        operation,
        status: isFailure ? 'Failed' : httpStatus === 202 ? 'Accepted' : 'Succeeded',
        httpStatus,
        httpMethod: request.method,
        caller: claims.upn ?? claims.oid ?? '',
        correlationId: correlationId ?? randomUUID(),
        failure,
      };
      forget.run(at - keptMs);
      insert.run(randomUUID(), at, JSON.stringify(event));
    },
    between: (fromMs, untilMs) =>
      select
        .all(fromMs, untilMs)
        .map((row) => ({ ...(JSON.parse(String(row['content'])) as ActivityEvent), id: String(row['id']) })),
  };
}
