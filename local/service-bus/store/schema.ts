import type { DatabaseSync } from 'node:sqlite';

/**
 * Tables of one namespace. A mailbox is where messages wait: number `n` is the queue or subscription with that
 * entity id, number `-n` its dead-letter queue, number `n` + 2^40 what it could not forward. `due_at` is when something happens to a message by itself: the
 * end of its lock (locked), its enqueue time (scheduled), its expiry (active, deferred).
 */
export function createSchema(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS service_bus_entities (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL,
      path TEXT NOT NULL,
      path_key TEXT NOT NULL UNIQUE,
      topic_id INTEGER,
      properties TEXT NOT NULL,
      authorization_rules TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS service_bus_rules (
      subscription_id INTEGER NOT NULL,
      name TEXT NOT NULL COLLATE NOCASE,
      filter TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (subscription_id, name)
    );
    CREATE TABLE IF NOT EXISTS service_bus_sequences (
      mailbox INTEGER PRIMARY KEY,
      last INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS service_bus_messages (
      mailbox INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      state TEXT NOT NULL,
      session_id TEXT,
      message_id TEXT NOT NULL,
      enqueued_at INTEGER NOT NULL,
      enqueued_sequence INTEGER NOT NULL,
      expires_at INTEGER,
      due_at INTEGER,
      delivery_count INTEGER NOT NULL DEFAULT 0,
      lock_token BLOB,
      locked_until INTEGER,
      dead_letter_source TEXT,
      durable INTEGER NOT NULL,
      priority INTEGER NOT NULL,
      ttl_ms INTEGER,
      annotations BLOB NOT NULL,
      bare BLOB NOT NULL,
      PRIMARY KEY (mailbox, sequence)
    );
    CREATE INDEX IF NOT EXISTS service_bus_messages_next
      ON service_bus_messages (mailbox, state, sequence);
    CREATE INDEX IF NOT EXISTS service_bus_messages_next_of_session
      ON service_bus_messages (mailbox, state, session_id, sequence) WHERE session_id IS NOT NULL;
    CREATE INDEX IF NOT EXISTS service_bus_messages_due
      ON service_bus_messages (due_at) WHERE due_at IS NOT NULL;
    CREATE UNIQUE INDEX IF NOT EXISTS service_bus_messages_lock
      ON service_bus_messages (lock_token) WHERE lock_token IS NOT NULL;
    CREATE TABLE IF NOT EXISTS service_bus_message_ids (
      entity INTEGER NOT NULL,
      message_id TEXT NOT NULL,
      sequence INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      PRIMARY KEY (entity, message_id)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS service_bus_message_ids_seen
      ON service_bus_message_ids (entity, seen_at);
    CREATE TABLE IF NOT EXISTS service_bus_sessions (
      mailbox INTEGER NOT NULL,
      session_id TEXT NOT NULL,
      state BLOB,
      PRIMARY KEY (mailbox, session_id)
    );
  `);
}
