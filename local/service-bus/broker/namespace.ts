import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import { entityNotFound, ServiceBusError } from '../service-bus-error.ts';
import {
  type AuthorizationRule,
  createEntityStore,
  type Entity,
  type EntityStore,
  keyOf,
} from '../store/entity-store.ts';
import { createMessageStore, type MessageStore } from '../store/message-store.ts';
import { createSchema } from '../store/schema.ts';
import type { Message } from '../wire/message.ts';
import { type EntitySettings, settingsOf } from './entity-settings.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import { filterViewOf, matches } from './rule-filter.ts';
import { createSessionLocks } from './session-locks.ts';
import { createSessionQueue, type SessionQueue } from './session-queue.ts';
import { createWakeUp } from './wake-up.ts';

const deadLetterSuffix = '/$deadletterqueue';
const dueAtOnce = 500;

/** An entity with what it does at run time. A topic has no mailbox of its own. */
export interface LiveEntity {
  entity: Entity;
  settings: EntitySettings;
  mailbox: Mailbox | undefined;
  sessions: SessionQueue | undefined;
  /** When it was last used; an entity with AutoDeleteOnIdle goes when this is too long ago. */
  usedAt: number;
}

/** Where a receiver attaches. */
export interface Source {
  live: LiveEntity;
  mailbox: Mailbox;
  /** Present when the mailbox hands out by session; a dead-letter queue never does. */
  sessions: SessionQueue | undefined;
}

/** All entities of the namespace and their messages. */
export interface Namespace {
  readonly entities: EntityStore;
  readonly messages: MessageStore;
  /** Live entities by lower-case path. */
  readonly live: ReadonlyMap<string, LiveEntity>;
  now(): number;
  find(path: string): LiveEntity | undefined;
  /** Brings an entity to life after it was stored, or refreshes it after an update. */
  admit(entity: Entity): LiveEntity;
  /** Deletes an entity, its subscriptions and all messages; its receivers are closed with not-found. */
  remove(path: string): void;
  subscriptionsOf(topic: Entity): LiveEntity[];
  /** The shared access policies of the queue or topic that a path names or lies below. */
  policiesAt(path: string): readonly AuthorizationRule[];
  source(path: string): Source;
  /** Checks that a message may be sent there; throws as the service refuses. */
  requireTarget(path: string): LiveEntity;
  /** Commits messages together: to the queue, or to each subscription with a matching rule. */
  send(target: LiveEntity, messages: readonly Message[]): number[];
  touch(live: LiveEntity): void;
  close(): void;
}

export function createNamespace(database: DatabaseSync, clock: Clock): Namespace {
  createSchema(database);
  const entities = createEntityStore(database);
  const messages = createMessageStore(database);
  const live = new Map<string, LiveEntity>();
  const mailboxes = new Map<number, Mailbox>();

  const idleAt = ({ mailbox, settings, usedAt, entity }: LiveEntity): number | undefined => {
    if (settings.autoDeleteOnIdleMs === undefined) return undefined;
    const isUsed =
      (mailbox?.consumers.size ?? 0) > 0 ||
      (entity.kind === 'topic' && namespace.subscriptionsOf(entity).length > 0);
    return (isUsed ? clock.now() : usedAt) + settings.autoDeleteOnIdleMs;
  };

  const doWhatIsDue = (now: number): number | undefined => {
    for (const message of messages.due(now, dueAtOnce)) mailboxes.get(message.mailbox)?.onDue(message);
    const times: (number | undefined)[] = [messages.nextDue()];
    for (const entry of live.values()) {
      entry.sessions?.expire(now);
      const idle = idleAt(entry);
      if (idle !== undefined && idle <= now) namespace.remove(entry.entity.path);
      else times.push(idle, entry.sessions?.locks.nextExpiry());
    }
    const next = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(next) ? next : undefined;
  };
  const wakeUp = createWakeUp(clock, doWhatIsDue);

  const createLive = (entity: Entity): LiveEntity => {
    const entry: LiveEntity = {
      entity,
      settings: settingsOf(entity),
      mailbox: undefined,
      sessions: undefined,
      usedAt: clock.now(),
    };
    if (entity.kind === 'topic') return entry;
    const common = { store: messages, clock, wakeUp };
    const deadLetters = createMailbox({
      ...common,
      id: -entity.id,
      path: `${entity.path}/$DeadLetterQueue`,
      deadLetters: undefined,
      // Messages in a dead-letter queue neither expire nor move on.
      settings: () => ({ ...entry.settings, ttlMs: undefined, requiresSession: false }),
    });
    const mailbox = createMailbox({
      ...common,
      id: entity.id,
      path: entity.path,
      deadLetters,
      settings: () => entry.settings,
      ...(entry.settings.requiresSession && { onAvailable: (id) => entry.sessions?.onAvailable(id) }),
    });
    entry.mailbox = mailbox;
    if (entry.settings.requiresSession)
      entry.sessions = createSessionQueue({ mailbox, locks: createSessionLocks(), clock, wakeUp });
    mailboxes.set(mailbox.id, mailbox).set(deadLetters.id, deadLetters);
    return entry;
  };

  const drop = (entry: LiveEntity) => {
    live.delete(keyOf(entry.entity.path));
    for (const mailbox of [entry.mailbox, entry.mailbox?.deadLetters]) {
      if (!mailbox) continue;
      mailboxes.delete(mailbox.id);
      for (const consumer of mailbox.consumers) consumer.close(entityNotFound(mailbox.path));
      messages.removeAll(mailbox.id);
    }
    entities.remove(entry.entity.id);
  };

  const namespace: Namespace = {
    entities,
    messages,
    live,
    now: () => clock.now(),
    find: (path) => live.get(keyOf(path)),
    admit(entity) {
      const present = live.get(keyOf(entity.path));
      const entry = present ?? createLive(entity);
      entry.entity = entity;
      entry.settings = settingsOf(entity);
      live.set(keyOf(entity.path), entry);
      namespace.touch(entry);
      return entry;
    },
    remove(path) {
      const entry = namespace.find(path);
      if (!entry) return;
      messages.atomically(() => {
        if (entry.entity.kind === 'topic')
          for (const child of namespace.subscriptionsOf(entry.entity)) drop(child);
        drop(entry);
      });
    },
    subscriptionsOf: (topic) => [...live.values()].filter(({ entity }) => entity.topicId === topic.id),
    policiesAt(path) {
      const parts = path.split('/');
      for (let length = parts.length; length > 0; length--) {
        const entry = namespace.find(parts.slice(0, length).join('/'));
        if (entry && entry.entity.kind !== 'subscription') return entry.entity.authorizationRules;
      }
      return [];
    },
    source(path) {
      const isDeadLetter = keyOf(path).endsWith(deadLetterSuffix);
      const entry = namespace.find(isDeadLetter ? path.slice(0, -deadLetterSuffix.length) : path);
      const mailbox = isDeadLetter ? entry?.mailbox?.deadLetters : entry?.mailbox;
      if (!entry || !mailbox) throw entityNotFound(path);
      if (!entry.settings.mayReceive)
        throw new ServiceBusError(
          'entity_disabled',
          `The messaging entity '${path}' is disabled for receiving.`,
        );
      return { live: entry, mailbox, sessions: isDeadLetter ? undefined : entry.sessions };
    },
    requireTarget(path) {
      const entry = namespace.find(path);
      if (!entry || entry.entity.kind === 'subscription') throw entityNotFound(path);
      if (!entry.settings.maySend)
        throw new ServiceBusError(
          'entity_disabled',
          `The messaging entity '${path}' is disabled for sending.`,
        );
      return entry;
    },
    send(target, batch) {
      namespace.touch(target);
      if (target.settings.requiresSession && batch.some(({ sessionId }) => sessionId === undefined))
        throw new ServiceBusError(
          'not_allowed',
          'The SessionId was not set on a message, and it cannot be sent to the entity. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.',
        );
      return deliverTo(target, batch);
    },
    touch(entry) {
      entry.usedAt = clock.now();
      if (entry.settings.autoDeleteOnIdleMs !== undefined)
        wakeUp.noLaterThan(entry.usedAt + entry.settings.autoDeleteOnIdleMs);
    },
    close: () => wakeUp.stop(),
  };

  const deliverTo = (target: LiveEntity, batch: readonly Message[]): number[] => {
    const { mailbox } = target;
    if (mailbox) return messages.atomically(() => batch.map((message) => mailbox.enqueue(message)));
    const ttlMs = target.settings.ttlMs;
    const subscriptions = namespace.subscriptionsOf(target.entity).map((entry) => ({
      mailbox: entry.mailbox,
      settings: entry.settings,
      rules: entities.rules(entry.entity.id),
    }));
    return messages.atomically(() =>
      batch.map((message) => {
        const view = filterViewOf(message.bare);
        const limited =
          ttlMs === undefined ? message : { ...message, ttlMs: Math.min(message.ttlMs ?? ttlMs, ttlMs) };
        for (const { mailbox: inbox, settings, rules } of subscriptions) {
          const lacksSession = settings.requiresSession && message.sessionId === undefined;
          if (!lacksSession && rules.some(({ filter }) => matches(filter, view))) inbox?.enqueue(limited);
        }
        return 0;
      }),
    );
  };

  for (const entity of entities.all()) namespace.admit(entity);
  // A lock does not outlive the process that gave it, as the service's do not outlive a failover.
  for (const message of messages.locked()) mailboxes.get(message.mailbox)?.putBack(message, true);
  const first = messages.nextDue();
  if (first !== undefined) wakeUp.noLaterThan(first);
  return namespace;
}
