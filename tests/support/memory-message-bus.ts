import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { AgentEvent, ProxyEvent } from '#shared/protocol/events.ts';
import type { Notification } from '#shared/protocol/notifications.ts';

/** A bus in memory that keeps what was sent. An event to an agent without a queue is lost, as on the real one. */
export function createMemoryMessageBus() {
  const queues = new Set<string>();
  const toAgents: { machineId: string; event: AgentEvent }[] = [];
  const toProxies: ProxyEvent[] = [];
  const notifications: Notification[] = [];
  return {
    queues,
    toAgents,
    toProxies,
    notifications,
    async ensureAgentQueue(machineId: string) {
      queues.add(machineId);
    },
    async removeAgentQueue(machineId: string) {
      queues.delete(machineId);
    },
    async sendToAgent(machineId: string, event: AgentEvent) {
      if (queues.has(machineId)) toAgents.push({ machineId, event });
    },
    async sendToProxies(event: ProxyEvent) {
      toProxies.push(event);
    },
    async notify(notification: Notification) {
      if (!notifications.some(({ id }) => id === notification.id)) notifications.push(notification);
    },
    async agentTokens(machineId: string, lifetimeSeconds: number) {
      return { events: `listen ${machineId} ${lifetimeSeconds}`, reports: `send ${lifetimeSeconds}` };
    },
  } satisfies MessageBus & Record<string, unknown>;
}
