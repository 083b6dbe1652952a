import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { ArmError } from '../arm-error.ts';
import type { ReadTime } from '../read-time.ts';
import type { Route, TypeRules } from '../type-rules.ts';

export const resourcesApiVersions = [
  '2024-11-01',
  '2024-03-01',
  '2022-12-01',
  '2022-09-01',
  '2021-04-01',
  '2021-01-01',
  '2020-01-01',
] as const;

type RegistrationState = 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering' | 'Unregistered';

/** Which provider namespaces the subscription has registered (Microsoft.Resources). */
export interface Registrations {
  /** Throws 409 MissingSubscriptionRegistration. */
  requireRegistered(namespace: string): void;
  routes: readonly Route[];
}

/**
 * Namespaces in `unregistered` begin as NotRegistered, all others as Registered. Registering
 * and unregistering take `delayMs` of the clock (2 to 5 minutes in Azure).
 */
export function openRegistrations(options: {
  database: DatabaseSync;
  clock: Clock;
  readTime: ReadTime;
  /** Whether the subscription has resources of a namespace: those must go before it can be unregistered. */
  hasResources(namespace: string): boolean;
  subscriptionId: string;
  types: () => Iterable<TypeRules>;
  unregistered: readonly string[];
  delayMs: number;
}): Registrations {
  const { database, clock, subscriptionId, unregistered, delayMs } = options;
  database.exec(`CREATE TABLE IF NOT EXISTS arm_registration (
    namespace TEXT PRIMARY KEY, isWanted INTEGER NOT NULL, registeredAt INTEGER NOT NULL) STRICT`);
  const select = database.prepare('SELECT isWanted, registeredAt FROM arm_registration WHERE namespace = ?');
  const upsert = database.prepare(`
    INSERT INTO arm_registration (namespace, isWanted, registeredAt) VALUES (?, ?, ?)
    ON CONFLICT (namespace) DO UPDATE SET isWanted = excluded.isWanted, registeredAt = excluded.registeredAt`);
  const startsUnregistered = new Set(unregistered.map((namespace) => namespace.toLowerCase()));

  const stateOf = (namespace: string): RegistrationState => {
    const row = select.get(namespace.toLowerCase());
    if (!row) return startsUnregistered.has(namespace.toLowerCase()) ? 'NotRegistered' : 'Registered';
    const isWanted = row['isWanted'] !== 0;
    const now = options.readTime.now();
    const doneAt = Number(row['registeredAt']);
    if (now < doneAt - delayMs) return isWanted ? 'NotRegistered' : 'Registered';
    if (now < doneAt) return isWanted ? 'Registering' : 'Unregistering';
    return isWanted ? 'Registered' : 'Unregistered';
  };

  const show = (namespace: string): Record<string, unknown> => {
    const own = [...options.types()].filter((rules) =>
      rules.type.toLowerCase().startsWith(`${namespace.toLowerCase()}/`),
    );
    const [first] = own;
    if (!first)
      throw new ArmError(
        404,
        'InvalidResourceNamespace',
        `The resource namespace '${namespace}' is invalid.`,
      );
    const spelling = first.type.split('/')[0] ?? namespace;
    return {
      id: `/subscriptions/${subscriptionId}/providers/${spelling}`,
      namespace: spelling,
      registrationPolicy: 'RegistrationRequired',
      registrationState: stateOf(namespace),
      resourceTypes: own.map(({ type, apiVersions }) => ({
        resourceType: type.slice(spelling.length + 1),
        locations: [],
        apiVersions,
      })),
    };
  };

  const change = (namespace: string, action: string): HttpReply => {
    const state = stateOf(namespace);
    const body = show(namespace);
    if (action.toLowerCase() === 'unregister') {
      if (options.hasResources(namespace))
        throw new ArmError(
          409,
          'Conflict',
          `The resource provider '${namespace}' cannot be unregistered while the subscription has resources of it.`,
        );
      if (state === 'Registered' || state === 'Registering')
        upsert.run(namespace.toLowerCase(), 0, clock.now() + delayMs);
    } else if (state !== 'Registered' && state !== 'Registering')
      upsert.run(namespace.toLowerCase(), 1, clock.now() + delayMs);
    return { status: 200, body: { ...body, registrationState: stateOf(namespace) } };
  };

  return {
    requireRegistered(namespace) {
      const state = stateOf(namespace);
      if (state === 'Registered') return;
      throw new ArmError(
        409,
        'MissingSubscriptionRegistration',
        `The subscription is not registered to use namespace '${namespace}'. See https://aka.ms/rps-not-found for how to register subscriptions.`,
      );
    },
    routes: [
      {
        name: 'GET provider',
        method: 'GET',
        pattern: /^\/subscriptions\/[^/]+\/providers\/([^/]+)$/i,
        apiVersions: resourcesApiVersions,
        handle: (_, namespace = '') => ({ status: 200, body: show(namespace) }),
      },
      {
        name: 'LIST provider',
        method: 'GET',
        pattern: /^\/subscriptions\/[^/]+\/providers$/i,
        apiVersions: resourcesApiVersions,
        handle: () => {
          const namespaces = new Set([...options.types()].map(({ type }) => type.split('/')[0] ?? ''));
          return { status: 200, body: { value: [...namespaces].sort().map(show) } };
        },
      },
      {
        name: 'POST provider register',
        method: 'POST',
        pattern: /^\/subscriptions\/[^/]+\/providers\/([^/]+)\/(register|unregister)$/i,
        apiVersions: resourcesApiVersions,
        permission: (namespace = '', action = '') => `${namespace}/${action.toLowerCase()}/action`,
        handle: (_, namespace = '', action = '') => change(namespace, action),
      },
    ],
  };
}
