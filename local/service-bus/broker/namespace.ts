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
import { createMessageStore, type MessageStore, type StoredMessage } from '../store/message-store.ts';
import { createSchema } from '../store/schema.ts';
import { createSeenMessages } from '../store/seen-messages.ts';
import type { Message } from '../wire/message.ts';
import { createDelivery } from './delivery.ts';
import { type EntitySettings, settingsOf } from './entity-settings.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import { createSessionLocks } from './session-locks.ts';
import { createSessionQueue, type SessionQueue } from './session-queue.ts';
import { createWakeUp } from './wake-up.ts';

const transferSuffix = '/$transfer/$deadletterqueue';
const deadLetterSuffix = '/$deadletterqueue';
/** Added to an entity's id: the mailbox of what it could not forward. */
const transferBase = 2 ** 40;
/** Messages in a dead-letter queue neither expire nor belong to a session. */
const deadLetterSettings = { ttlMs: undefined, requiresSession: false } as const;
const dueAtOnce = 500;

/** An entity with what it does at run time. A topic has no mailbox of its own. */
export interface LiveEntity {
  entity: Entity;
  settings: EntitySettings;
  mailbox: Mailbox | undefined;
  /** What the entity could not forward. */
  transferDeadLetters: Mailbox | undefined;
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
  const seen = createSeenMessages(database);
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

  const locate = (path: string): { entry: LiveEntity | undefined; mailbox: Mailbox | undefined } => {
    const suffix = [transferSuffix, deadLetterSuffix].find((end) => keyOf(path).endsWith(end));
    const entry = namespace.find(suffix === undefined ? path : path.slice(0, -suffix.length));
    if (suffix === undefined) return { entry, mailbox: entry?.mailbox };
    return {
      entry,
      mailbox: suffix === transferSuffix ? entry?.transferDeadLetters : entry?.mailbox?.deadLetters,
    };
  };

  const createLive = (entity: Entity): LiveEntity => {
    const entry: LiveEntity = {
      entity,
      settings: settingsOf(entity),
      mailbox: undefined,
      transferDeadLetters: undefined,
      sessions: undefined,
      usedAt: clock.now(),
    };
    if (entity.kind === 'topic') return entry;
    const common = { store: messages, clock, wakeUp };
    const transfer = createMailbox({
      ...common,
      id: transferBase + entity.id,
      path: `${entity.path}/$Transfer/$DeadLetterQueue`,
      deadLetters: undefined,
      settings: () => ({ ...entry.settings, ...deadLetterSettings, forwardTo: undefined }),
    });
    const forwardFrom = (source: () => Mailbox) => (message: StoredMessage) => {
      const path = source().settings().forwardTo;
      if (path !== undefined) delivery.forward(source(), transfer, message, path);
    };
    const deadLetters: Mailbox = createMailbox({
      ...common,
      id: -entity.id,
      path: `${entity.path}/$DeadLetterQueue`,
      deadLetters: undefined,
      settings: () => ({
        ...entry.settings,
        ...deadLetterSettings,
        forwardTo: entry.settings.forwardDeadLettersTo,
      }),
      forward: forwardFrom(() => deadLetters),
    });
    const mailbox: Mailbox = createMailbox({
      ...common,
      id: entity.id,
      path: entity.path,
      deadLetters,
      settings: () => entry.settings,
      forward: forwardFrom(() => mailbox),
      ...(entry.settings.requiresSession && { onAvailable: (id) => entry.sessions?.onAvailable(id) }),
    });
    entry.mailbox = mailbox;
    entry.transferDeadLetters = transfer;
    if (entry.settings.requiresSession)
      entry.sessions = createSessionQueue({ mailbox, locks: createSessionLocks(), clock, wakeUp });
    for (const each of [mailbox, deadLetters, transfer]) mailboxes.set(each.id, each);
    return entry;
  };

  const bring = (entity: Entity): LiveEntity => {
    const present = live.get(keyOf(entity.path));
    const entry = present ?? createLive(entity);
    entry.entity = entity;
    entry.settings = settingsOf(entity);
    live.set(keyOf(entity.path), entry);
    namespace.touch(entry);
    return entry;
  };

  /** What was here before a forwarding was switched on, or came while its target was away, goes the same way. */
  const sendOn = (entry: LiveEntity): LiveEntity => {
    if (entry.settings.forwardTo !== undefined) entry.mailbox?.pump();
    if (entry.settings.forwardDeadLettersTo !== undefined) entry.mailbox?.deadLetters?.pump();
    return entry;
  };

  const drop = (entry: LiveEntity) => {
    live.delete(keyOf(entry.entity.path));
    for (const mailbox of [entry.mailbox, entry.mailbox?.deadLetters, entry.transferDeadLetters]) {
      if (!mailbox) continue;
      mailboxes.delete(mailbox.id);
      for (const consumer of mailbox.consumers) consumer.close(entityNotFound(mailbox.path));
      messages.removeAll(mailbox.id);
    }
    seen.forgetAll(entry.entity.id);
    entities.remove(entry.entity.id);
  };

  const namespace: Namespace = {
    entities,
    messages,
    live,
    now: () => clock.now(),
    find: (path) => live.get(keyOf(path)),
    admit: (entity) => sendOn(bring(entity)),
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
      const { entry, mailbox } = locate(path);
      if (!entry || !mailbox) throw entityNotFound(path);
      if (!entry.settings.mayReceive)
        throw new ServiceBusError(
          'entity_disabled',
          `The messaging entity '${path}' is disabled for receiving.`,
        );
      return { live: entry, mailbox, sessions: mailbox === entry.mailbox ? entry.sessions : undefined };
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
    send: (target, batch) => delivery.deliver(target, batch),
    touch(entry) {
      entry.usedAt = clock.now();
      if (entry.settings.autoDeleteOnIdleMs !== undefined)
        wakeUp.noLaterThan(entry.usedAt + entry.settings.autoDeleteOnIdleMs);
    },
    close: () => wakeUp.stop(),
  };

  const delivery = createDelivery(namespace, entities, messages, seen);
  // A forwarding needs its target alive, so nothing moves before all are.
  for (const entry of entities.all().map(bring)) sendOn(entry);
  // A lock does not outlive the process that gave it, as the service's do not outlive a failover.
  for (const message of messages.locked()) mailboxes.get(message.mailbox)?.putBack(message, true);
  const first = messages.nextDue();
  if (first !== undefined) wakeUp.noLaterThan(first);
  return namespace;
}
