import { settingsOf } from '../broker/entity-settings.ts';
import type { LiveEntity, Namespace } from '../broker/namespace.ts';
import { createRules, requireName, requirePlainName } from '../broker/rules.ts';
import { standardTier } from '../limits.ts';
import { alreadyExists, entityNotFound, ServiceBusError } from '../service-bus-error.ts';
import type { Entity, EntityKind, Rule } from '../store/entity-store.ts';
import { subscriptionPath } from './admin-path.ts';
import { child, textOf, type Xml } from './atom-xml.ts';
import { elementOf, parseDescription } from './entity-description.ts';
import { defaultRule, parseRule } from './rule-description.ts';

/** Creates, changes and deletes entities and rules as administration requests ask. */
export interface EntityAdministration {
  putEntity(path: string, content: Xml | undefined, isUpdate: boolean): LiveEntity;
  putSubscription(topic: string, name: string, content: Xml | undefined, isUpdate: boolean): LiveEntity;
  putRule(subscription: LiveEntity, name: string, content: Xml | undefined, isUpdate: boolean): Rule;
  removeRule(subscription: LiveEntity, name: string): void;
  remove(path: string): void;
  require(path: string, kind?: EntityKind): LiveEntity;
}

const queuePathPattern = /^[a-z0-9](?:[a-z0-9._~/-]*[a-z0-9_])?$/i;

export function createEntityAdministration(namespace: Namespace): EntityAdministration {
  const { entities } = namespace;
  const rules = createRules(namespace);

  /** The target of a forwarding must be there first (learn.microsoft.com, "service-bus-auto-forwarding"). */
  const requireForwardTargets = (entity: Pick<Entity, 'path' | 'properties'>) => {
    const { forwardTo, forwardDeadLettersTo } = settingsOf(entity);
    for (const path of [forwardTo, forwardDeadLettersTo]) {
      if (path === undefined) continue;
      const target = namespace.find(path);
      const isItself = path.toLowerCase() === entity.path.toLowerCase();
      if (!target || target.entity.kind === 'subscription' || isItself)
        throw new ServiceBusError(
          'argument',
          `SubCode=40000. '${entity.path}' cannot forward to '${path}': that is no other queue or topic of the namespace.`,
        );
    }
  };

  const create = (
    entity: Omit<Entity, 'id' | 'createdAt' | 'updatedAt'>,
    rules: readonly Rule[],
  ): LiveEntity => {
    requireForwardTargets(entity);
    const now = namespace.now();
    return namespace.admit(entities.add({ ...entity, createdAt: now, updatedAt: now }, rules));
  };

  const update = (live: LiveEntity, description: Xml | undefined): LiveEntity => {
    const changes = parseDescription(live.entity.kind, description, live.entity);
    const entity = { ...live.entity, ...changes, updatedAt: namespace.now() };
    requireForwardTargets(entity);
    entities.update(entity);
    return namespace.admit(entity);
  };

  const requireRoom = (count: number, limit: number, what: string) => {
    if (count >= limit)
      throw new ServiceBusError(
        'quota_exceeded',
        `SubCode=40300. The namespace has its most ${what}: ${limit}.`,
      );
  };

  const administration: EntityAdministration = {
    require(path, kind) {
      const live = namespace.find(path);
      if (!live || (kind && live.entity.kind !== kind)) throw entityNotFound(path);
      return live;
    },
    putEntity(path, content, isUpdate) {
      requireName(path, queuePathPattern, standardTier.entityNameLength);
      const kind: EntityKind = child(content, elementOf.topic) === undefined ? 'queue' : 'topic';
      const description = child(content, elementOf[kind]);
      if (description === undefined)
        throw new ServiceBusError(
          'argument',
          'The entry holds neither a QueueDescription nor a TopicDescription.',
        );
      if (isUpdate) return update(administration.require(path, kind), description);
      if (namespace.find(path)) throw alreadyExists(path);
      const count = [...namespace.live.values()].filter(
        ({ entity }) => entity.kind !== 'subscription',
      ).length;
      requireRoom(count, standardTier.queuesAndTopics, 'queues and topics');
      return create({ kind, path, topicId: undefined, ...parseDescription(kind, description) }, []);
    },
    putSubscription(topic, name, content, isUpdate) {
      requirePlainName(name);
      const parent = administration.require(topic, 'topic').entity;
      const path = subscriptionPath(parent.path, name);
      const description = child(content, elementOf.subscription);
      if (isUpdate) return update(administration.require(path), description);
      if (namespace.find(path)) throw alreadyExists(path);
      requireRoom(
        namespace.subscriptionsOf(parent).length,
        standardTier.subscriptionsPerTopic,
        'subscriptions',
      );
      const first = child(description, 'DefaultRuleDescription');
      const now = namespace.now();
      const rule = first
        ? parseRule(first, textOf(child(first, 'Name')) ?? '$Default', now)
        : defaultRule(now);
      return create(
        { kind: 'subscription', path, topicId: parent.id, ...parseDescription('subscription', description) },
        [rule],
      );
    },
    putRule(subscription, name, content, isUpdate) {
      const rule = parseRule(child(content, 'RuleDescription'), name, namespace.now());
      if (isUpdate) rules.replace(subscription, rule);
      else rules.add(subscription, rule);
      return rule;
    },
    removeRule: (subscription, name) => rules.remove(subscription, name),
    remove(path) {
      administration.require(path);
      namespace.remove(path);
    },
  };
  return administration;
}
