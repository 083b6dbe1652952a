import type { AgentEvent, ProxyEvent } from '#shared/protocol/events.ts';
import type { Notification } from '#shared/protocol/notifications.ts';

/**
 * Events to agents and proxies. A queue per agent, one session-enabled queue for reports, one topic for the
 * proxies. Events are hints: a lost one delays, it never breaks. `message_bus_unavailable` when it does not answer.
 */
export interface MessageBus {
  /** Makes the agent's queue with a rule of its own to listen; repeatable. */
  ensureAgentQueue(machineId: string): Promise<void>;
  removeAgentQueue(machineId: string): Promise<void>;
  sendToAgent(machineId: string, event: AgentEvent): Promise<void>;
  sendToProxies(event: ProxyEvent): Promise<void>;
  /** To whoever has subscribed to the topic `notifications`; the same id again is a repetition. */
  notify(notification: Notification): Promise<void>;
  /** SAS tokens for this agent's queue (Listen) and for the report queue (Send), and nothing else. */
  agentTokens(machineId: string, lifetimeSeconds: number): Promise<{ events: string; reports: string }>;
}
