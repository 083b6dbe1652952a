import type { DatabaseSync } from 'node:sqlite';

/** Ids of the messages that an entity with duplicate detection took within its window. */
export interface SeenMessages {
  /** Forgets what is older than the window; the sequence number of a message with this id, if one was taken since. */
  find(entity: number, messageId: string, since: number): number | undefined;
  add(entity: number, messageId: string, sequence: number, seenAt: number): void;
  forgetAll(entity: number): void;
}

export function createSeenMessages(database: DatabaseSync): SeenMessages {
  const forget = database.prepare('DELETE FROM service_bus_message_ids WHERE entity = ? AND seen_at <= ?');
  const find = database.prepare(
    'SELECT sequence FROM service_bus_message_ids WHERE entity = ? AND message_id = ?',
  );
  const add = database.prepare(
    'INSERT OR REPLACE INTO service_bus_message_ids (entity, message_id, sequence, seen_at) VALUES (?, ?, ?, ?)',
  );
  const forgetAll = database.prepare('DELETE FROM service_bus_message_ids WHERE entity = ?');
  return {
    find(entity, messageId, since) {
      forget.run(entity, since);
      return (find.get(entity, messageId) as { sequence: number } | undefined)?.sequence;
    },
    add: (entity, messageId, sequence, seenAt) => void add.run(entity, messageId, sequence, seenAt),
    forgetAll: (entity) => void forgetAll.run(entity),
  };
}
