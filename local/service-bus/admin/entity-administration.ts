import type { LiveEntity, Namespace } from '../broker/namespace.ts';
import { standardTier } from '../limits.ts';
import { entityNotFound, ServiceBusError } from '../service-bus-error.ts';
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

const conflict = (path: string) =>
  new ServiceBusError('conflict', `SubCode=40900. Conflict. The messaging entity '${path}' already exists.`);
const queuePathPattern = /^[a-z0-9](?:[a-z0-9._~/-]*[a-z0-9_])?$/i;
const plainNamePattern = /^[\w$](?:[\w.-]*\w)?$/i;

function requireName(name: string, pattern: RegExp, longest: number): void {
  if (name.length > longest || !pattern.test(name))
    throw new ServiceBusError(
      'argument',
      `'${name}' is no valid name: letters, digits, '.', '-' and '_', at most ${longest}.`,
    );
}

export function createEntityAdministration(namespace: Namespace): EntityAdministration {
  const { entities } = namespace;

  const create = (
    entity: Omit<Entity, 'id' | 'createdAt' | 'updatedAt'>,
    rules: readonly Rule[],
  ): LiveEntity => {
    const now = namespace.now();
    return namespace.admit(entities.add({ ...entity, createdAt: now, updatedAt: now }, rules));
  };

  const update = (live: LiveEntity, description: Xml | undefined): LiveEntity => {
    const changes = parseDescription(live.entity.kind, description, live.entity);
    const entity = { ...live.entity, ...changes, updatedAt: namespace.now() };
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
      if (namespace.find(path)) throw conflict(path);
      const count = [...namespace.live.values()].filter(
        ({ entity }) => entity.kind !== 'subscription',
      ).length;
      requireRoom(count, standardTier.queuesAndTopics, 'queues and topics');
      return create({ kind, path, topicId: undefined, ...parseDescription(kind, description) }, []);
    },
    putSubscription(topic, name, content, isUpdate) {
      requireName(name, plainNamePattern, standardTier.subscriptionNameLength);
      const parent = administration.require(topic, 'topic').entity;
      const path = subscriptionPath(parent.path, name);
      const description = child(content, elementOf.subscription);
      if (isUpdate) return update(administration.require(path), description);
      if (namespace.find(path)) throw conflict(path);
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
    putRule({ entity }, name, content, isUpdate) {
      requireName(name, plainNamePattern, standardTier.subscriptionNameLength);
      const exists = entities.rules(entity.id).some((rule) => rule.name.toLowerCase() === name.toLowerCase());
      if (exists && !isUpdate) throw conflict(`${entity.path}/Rules/${name}`);
      if (!exists && isUpdate) throw entityNotFound(`${entity.path}/Rules/${name}`);
      const rule = parseRule(child(content, 'RuleDescription'), name, namespace.now());
      entities.addRule(entity.id, rule);
      return rule;
    },
    removeRule({ entity }, name) {
      const exists = entities.rules(entity.id).some((rule) => rule.name.toLowerCase() === name.toLowerCase());
      if (!exists) throw entityNotFound(`${entity.path}/Rules/${name}`);
      entities.removeRule(entity.id, name);
    },
    remove(path) {
      administration.require(path);
      namespace.remove(path);
    },
  };
  return administration;
}
