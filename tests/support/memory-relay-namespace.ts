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
      return `listen ${path} ${lifetimeSeconds}`;
    },
    async removeConnection(path: string) {
      connections.delete(path);
    },
  } satisfies RelayNamespace & Record<string, unknown>;
}
