import { AppError } from '#shared/domain/error.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';

export function createMemoryRelayNamespace() {
  const connections = new Set<string>();
  return {
    host: 'relay.test',
    connections,
    async ensureConnection(path: string) {
      connections.add(path);
    },
    async listenToken(path: string, lifetimeSeconds: number) {
      if (!connections.has(path))
        throw new AppError('resource_manager_refused', `404: there is no hybrid connection ${path}`);
      return `listen ${path} ${lifetimeSeconds}`;
    },
    async removeConnection(path: string) {
      connections.delete(path);
    },
  } satisfies RelayNamespace & Record<string, unknown>;
}
