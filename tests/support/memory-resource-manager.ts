import type { MachineFacts } from '#shared/domain/machine.ts';
import type { ProviderState, ResourceManager } from '#shared/ports/resource-manager.ts';

/** Subscriptions of one tenant, in memory. */
export function createMemoryResourceManager(tenantId: string) {
  const machines = new Map<string, MachineFacts>();
  const registered = new Set<string>();
  /** How often the state is read as Registering before a provider is Registered. */
  const slowness = { reads: 0 };
  const waiting = new Map<string, number>();
  return {
    /** Facts by lower-cased resource id. */
    machines,
    registered,
    slowness,
    async tenantOf() {
      return tenantId;
    },
    async providerState(subscriptionId: string, namespace: string): Promise<ProviderState> {
      const key = `${subscriptionId} ${namespace}`;
      const left = waiting.get(key);
      if (left !== undefined && left > 0) {
        waiting.set(key, left - 1);
        return 'Registering';
      }
      if (left === 0) registered.add(key);
      return registered.has(key) ? 'Registered' : 'NotRegistered';
    },
    async registerProvider(subscriptionId: string, namespace: string) {
      const key = `${subscriptionId} ${namespace}`;
      if (!registered.has(key) && !waiting.has(key)) waiting.set(key, slowness.reads);
    },
    async findMachine(resourceId: string) {
      return machines.get(resourceId.toLowerCase());
    },
  } satisfies ResourceManager & Record<string, unknown>;
}
