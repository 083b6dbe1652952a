import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '#local/kit/store.ts';

export type EntityKind = 'queue' | 'topic' | 'subscription';
export type Right = 'Listen' | 'Send' | 'Manage';

/** A shared access policy of one queue, topic or the namespace; either key signs. */
export interface AuthorizationRule {
  keyName: string;
  rights: readonly Right[];
  primaryKey: string;
  secondaryKey: string;
}

export interface Entity {
  id: number;
  kind: EntityKind;
  /** As its maker wrote it; a subscription's is `<topic>/Subscriptions/<name>`. Names match without case. */
  path: string;
  topicId: number | undefined;
  /** By their names in the ATOM description, defaults filled in. */
  properties: Readonly<Record<string, string>>;
  authorizationRules: readonly AuthorizationRule[];
  createdAt: number;
  updatedAt: number;
}

/** A typed value of a rule as XML writes it: the name of its type in XML Schema, and its text. */
export interface RuleValue {
  type: string;
  text: string;
}

/** An SQL text with its parameters by name, `@` included. */
export interface SqlText {
  expression: string;
  parameters: Readonly<Record<string, RuleValue>>;
}

/** A filter of a subscription: an SQL condition, or all set fields must equal the message's, or it says yes or no to every message. */
export type RuleFilter =
  | { kind: 'true' }
  | { kind: 'false' }
  | ({ kind: 'sql' } & SqlText)
  | {
      kind: 'correlation';
      fields: Readonly<Record<string, string>>;
      properties: Readonly<Record<string, RuleValue>>;
    };

export interface Rule {
  name: string;
  filter: RuleFilter;
  /** Changes the copy of a message that this rule selects; a rule with an action makes a copy of its own. */
  action?: SqlText | undefined;
  createdAt: number;
}

export interface EntityStore {
  all(): Entity[];
  /** Commits the entity, and the first rules of a subscription with it. */
  add(entity: Omit<Entity, 'id'>, rules: readonly Rule[]): Entity;
  update(entity: Entity): void;
  remove(id: number): void;
  rules(subscriptionId: number): Rule[];
  addRule(subscriptionId: number, rule: Rule): void;
  removeRule(subscriptionId: number, name: string): void;
}

interface Row {
  id: number;
  kind: EntityKind;
  path: string;
  topic_id: number | null;
  properties: string;
  authorization_rules: string;
  created_at: number;
  updated_at: number;
}

export const keyOf = (path: string) => path.toLowerCase();

export function createEntityStore(database: DatabaseSync): EntityStore {
  const all = database.prepare('SELECT * FROM service_bus_entities ORDER BY path_key');
  const insert = database.prepare(
    `INSERT INTO service_bus_entities
       (kind, path, path_key, topic_id, properties, authorization_rules, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  );
  const update = database.prepare(
    'UPDATE service_bus_entities SET properties = ?, authorization_rules = ?, updated_at = ? WHERE id = ?',
  );
  const remove = database.prepare('DELETE FROM service_bus_entities WHERE id = ?');
  const rules = database.prepare(
    'SELECT name, filter, created_at FROM service_bus_rules WHERE subscription_id = ? ORDER BY name',
  );
  const addRule = database.prepare(
    'INSERT OR REPLACE INTO service_bus_rules (subscription_id, name, filter, created_at) VALUES (?, ?, ?, ?)',
  );
  const removeRule = database.prepare('DELETE FROM service_bus_rules WHERE subscription_id = ? AND name = ?');
  const removeRules = database.prepare('DELETE FROM service_bus_rules WHERE subscription_id = ?');
  const saveRule = (id: number, rule: Rule) =>
    void addRule.run(id, rule.name, JSON.stringify({ ...rule.filter, action: rule.action }), rule.createdAt);

  return {
    all: () =>
      (all.all() as unknown as Row[]).map((row) => ({
        id: row.id,
        kind: row.kind,
        path: row.path,
        topicId: row.topic_id ?? undefined,
        properties: JSON.parse(row.properties) as Record<string, string>,
        authorizationRules: JSON.parse(row.authorization_rules) as AuthorizationRule[],
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      })),
    add: (entity, first) =>
      inTransaction(database, () => {
        const { id } = insert.get(
          entity.kind,
          entity.path,
          keyOf(entity.path),
          entity.topicId ?? null,
          JSON.stringify(entity.properties),
          JSON.stringify(entity.authorizationRules),
          entity.createdAt,
          entity.updatedAt,
        ) as { id: number };
        for (const rule of first) saveRule(id, rule);
        return { ...entity, id };
      }),
    update: ({ id, properties, authorizationRules, updatedAt }) =>
      void update.run(JSON.stringify(properties), JSON.stringify(authorizationRules), updatedAt, id),
    remove: (id) =>
      inTransaction(database, () => {
        removeRules.run(id);
        remove.run(id);
      }),
    rules: (id) =>
      (rules.all(id) as { name: string; filter: string; created_at: number }[]).map((row) => {
        const { action, ...filter } = JSON.parse(row.filter) as RuleFilter & { action?: SqlText };
        return { name: row.name, filter, action, createdAt: row.created_at };
      }),
    addRule: saveRule,
    removeRule: (id, name) => void removeRule.run(id, name),
  };
}
