import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { inTransaction } from '#local/kit/store.ts';
import type { Message } from '../wire/message.ts';

type MessageState = 'active' | 'locked' | 'deferred' | 'scheduled';

export interface StoredMessage extends Omit<Message, 'scheduledFor'> {
  mailbox: number;
  sequence: number;
  state: MessageState;
  enqueuedAt: number;
  /** The sequence number in the queue that the message came from; the same unless it was dead-lettered. */
  enqueuedSequence: number;
  expiresAt: number | undefined;
  deliveryCount: number;
  lockToken: Buffer | undefined;
  lockedUntil: number | undefined;
  deadLetterSource: string | undefined;
}

type NewMessage = Omit<
  StoredMessage,
  'sequence' | 'enqueuedSequence' | 'lockToken' | 'lockedUntil' | 'deadLetterSource' | 'deliveryCount'
> & {
  dueAt: number | undefined;
  enqueuedSequence?: number | undefined;
  deliveryCount?: number;
  deadLetterSource?: string | undefined;
};

/** A change of state; fields that are absent stay as they are. */
interface MessageChange {
  state: MessageState;
  dueAt: number | undefined;
  deliveryCount?: number;
  enqueuedAt?: number;
  lock?: { token: Buffer; until: number } | undefined;
  bare?: Buffer;
}

interface MessageCounts {
  active: number;
  scheduled: number;
  bytes: number;
}

export interface MessageStore {
  /** Commits the message and answers its sequence number, which is never given twice in a mailbox. */
  add(message: NewMessage): number;
  change(mailbox: number, sequence: number, change: MessageChange): void;
  remove(mailbox: number, sequence: number): void;
  removeAll(mailbox: number): void;
  /** The oldest active message, of one session when `sessionId` is given. */
  nextActive(mailbox: number, sessionId: string | undefined): StoredMessage | undefined;
  findByLock(mailbox: number, token: Buffer): StoredMessage | undefined;
  find(mailbox: number, sequence: number): StoredMessage | undefined;
  lockedOfSession(mailbox: number, sessionId: string): StoredMessage[];
  /** Messages from a sequence number on, in order, for peeking. */
  page(mailbox: number, from: number, limit: number, sessionId: string | undefined): StoredMessage[];
  /** Sessions with active messages, the one with the oldest message first. */
  sessionsWithMessages(mailbox: number): string[];
  /** At most `limit` messages whose time has come. */
  due(now: number, limit: number): StoredMessage[];
  nextDue(): number | undefined;
  locked(): StoredMessage[];
  counts(mailbox: number): MessageCounts;
  sessionState(mailbox: number, sessionId: string): Buffer | undefined;
  /** Commits all that `work` does together, or nothing of it. */
  atomically<T>(work: () => T): T;
  setSessionState(mailbox: number, sessionId: string, state: Buffer | undefined): void;
}

interface Row {
  mailbox: number;
  sequence: number;
  state: MessageState;
  session_id: string | null;
  message_id: string;
  enqueued_at: number;
  enqueued_sequence: number;
  expires_at: number | null;
  delivery_count: number;
  lock_token: Uint8Array | null;
  locked_until: number | null;
  dead_letter_source: string | null;
  durable: number;
  priority: number;
  ttl_ms: number | null;
  annotations: Uint8Array;
  bare: Uint8Array;
}

const viewOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const fromRow = (row: Row): StoredMessage => ({
  mailbox: row.mailbox,
  sequence: row.sequence,
  state: row.state,
  sessionId: row.session_id ?? undefined,
  messageId: row.message_id,
  enqueuedAt: row.enqueued_at,
  enqueuedSequence: row.enqueued_sequence,
  expiresAt: row.expires_at ?? undefined,
  deliveryCount: row.delivery_count,
  lockToken: row.lock_token ? viewOf(row.lock_token) : undefined,
  lockedUntil: row.locked_until ?? undefined,
  deadLetterSource: row.dead_letter_source ?? undefined,
  durable: row.durable === 1,
  priority: row.priority,
  ttlMs: row.ttl_ms ?? undefined,
  annotations: viewOf(row.annotations),
  bare: viewOf(row.bare),
});

/** Each method is one committed statement or transaction when it returns. */
export function createMessageStore(database: DatabaseSync): MessageStore {
  const prepare = (sql: string) => database.prepare(sql.replaceAll('MESSAGES', 'service_bus_messages'));
  const number = prepare(
    `INSERT INTO service_bus_sequences (mailbox, last) VALUES (?, 1)
     ON CONFLICT (mailbox) DO UPDATE SET last = last + 1 RETURNING last`,
  );
  const insert = prepare(
    `INSERT INTO MESSAGES (mailbox, sequence, state, session_id, message_id, enqueued_at, enqueued_sequence,
       expires_at, due_at, delivery_count, dead_letter_source, durable, priority, ttl_ms, annotations, bare)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const update = prepare(
    `UPDATE MESSAGES SET state = ?, due_at = ?, delivery_count = coalesce(?, delivery_count),
       enqueued_at = coalesce(?, enqueued_at), lock_token = ?, locked_until = ?, bare = coalesce(?, bare)
     WHERE mailbox = ? AND sequence = ?`,
  );
  const remove = prepare('DELETE FROM MESSAGES WHERE mailbox = ? AND sequence = ?');
  const next = prepare(
    `SELECT * FROM MESSAGES WHERE mailbox = ? AND state = 'active' ORDER BY sequence LIMIT 1`,
  );
  const nextOfSession = prepare(
    `SELECT * FROM MESSAGES WHERE mailbox = ? AND state = 'active' AND session_id = ? ORDER BY sequence LIMIT 1`,
  );
  const byLock = prepare('SELECT * FROM MESSAGES WHERE lock_token = ? AND mailbox = ?');
  const bySequence = prepare('SELECT * FROM MESSAGES WHERE mailbox = ? AND sequence = ?');
  const heldBySession = prepare(
    `SELECT * FROM MESSAGES WHERE mailbox = ? AND state = 'locked' AND session_id = ? ORDER BY sequence`,
  );
  const page = prepare(
    `SELECT * FROM MESSAGES WHERE mailbox = ?1 AND sequence >= ?2 AND (?3 IS NULL OR session_id = ?3)
     ORDER BY sequence LIMIT ?4`,
  );
  const sessions = prepare(
    `SELECT session_id FROM MESSAGES WHERE mailbox = ? AND state = 'active' AND session_id IS NOT NULL
     GROUP BY session_id ORDER BY min(sequence)`,
  );
  const due = prepare('SELECT * FROM MESSAGES WHERE due_at <= ? ORDER BY due_at, sequence LIMIT ?');
  const earliest = prepare('SELECT min(due_at) AS at FROM MESSAGES WHERE due_at IS NOT NULL');
  const locked = prepare(`SELECT * FROM MESSAGES WHERE state = 'locked' ORDER BY mailbox, sequence`);
  const counts = prepare(
    `SELECT count(*) FILTER (WHERE state <> 'scheduled') AS active,
       count(*) FILTER (WHERE state = 'scheduled') AS scheduled,
       coalesce(sum(length(bare) + length(annotations)), 0) AS bytes FROM MESSAGES WHERE mailbox = ?`,
  );
  const state = prepare('SELECT state FROM service_bus_sessions WHERE mailbox = ? AND session_id = ?');
  const setState = prepare(
    `INSERT INTO service_bus_sessions (mailbox, session_id, state) VALUES (?, ?, ?)
     ON CONFLICT (mailbox, session_id) DO UPDATE SET state = excluded.state`,
  );
  const empty = ['service_bus_messages', 'service_bus_sessions', 'service_bus_sequences'].map((table) =>
    prepare(`DELETE FROM ${table} WHERE mailbox = ?`),
  );
  const one = (row: unknown) => (row === undefined ? undefined : fromRow(row as Row));
  const many = (rows: unknown[]) => rows.map((row) => fromRow(row as Row));

  return {
    add: (message) =>
      inTransaction(database, () => {
        const { last } = number.get(message.mailbox) as { last: number };
        const values: SQLInputValue[] = [
          message.mailbox,
          last,
          message.state,
          message.sessionId ?? null,
          message.messageId,
          message.enqueuedAt,
          message.enqueuedSequence ?? last,
          message.expiresAt ?? null,
          message.dueAt ?? null,
          message.deliveryCount ?? 0,
          message.deadLetterSource ?? null,
          message.durable ? 1 : 0,
          message.priority,
          message.ttlMs ?? null,
          message.annotations,
          message.bare,
        ];
        insert.run(...values);
        return last;
      }),
    change: (mailbox, sequence, change) =>
      void update.run(
        change.state,
        change.dueAt ?? null,
        change.deliveryCount ?? null,
        change.enqueuedAt ?? null,
        change.lock?.token ?? null,
        change.lock?.until ?? null,
        change.bare ?? null,
        mailbox,
        sequence,
      ),
    remove: (mailbox, sequence) => void remove.run(mailbox, sequence),
    removeAll: (mailbox) =>
      inTransaction(database, () => {
        for (const statement of empty) statement.run(mailbox);
      }),
    nextActive: (mailbox, sessionId) =>
      one(sessionId === undefined ? next.get(mailbox) : nextOfSession.get(mailbox, sessionId)),
    findByLock: (mailbox, token) => one(byLock.get(token, mailbox)),
    find: (mailbox, sequence) => one(bySequence.get(mailbox, sequence)),
    lockedOfSession: (mailbox, sessionId) => many(heldBySession.all(mailbox, sessionId)),
    page: (mailbox, from, limit, sessionId) => many(page.all(mailbox, from, sessionId ?? null, limit)),
    sessionsWithMessages: (mailbox) =>
      (sessions.all(mailbox) as { session_id: string }[]).map((row) => row.session_id),
    due: (now, limit) => many(due.all(now, limit)),
    nextDue: () => (earliest.get() as { at: number | null }).at ?? undefined,
    locked: () => many(locked.all()),
    counts: (mailbox) => ({ ...(counts.get(mailbox) as unknown as MessageCounts) }),
    atomically: (work) => inTransaction(database, work),
    sessionState: (mailbox, sessionId) => {
      const row = state.get(mailbox, sessionId) as { state: Uint8Array | null } | undefined;
      return row?.state ? viewOf(row.state) : undefined;
    },
    setSessionState: (mailbox, sessionId, value) => void setState.run(mailbox, sessionId, value ?? null),
  };
}
