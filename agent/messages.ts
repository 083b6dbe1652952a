import { ServiceBusClient } from '@azure/service-bus';
import WebSocket from 'ws';
import type { AgentState } from '#shared/protocol/agent-messages.ts';

export type MessageHosts = AgentState['messages'];

const hasScheme = (endpoint: string): boolean => endpoint.includes('://');

/**
 * A client of the bus over AMQP on WebSockets (port 443 in production), with one SAS token for its whole life:
 * whoever opens it opens another before the token ends. `host` is the namespace that tokens are signed for;
 * `endpoint` is where to connect, when it is another place.
 */
export function openBusClient({ host, endpoint }: MessageHosts, token: string): ServiceBusClient {
  const isElsewhere = endpoint !== host && endpoint !== '';
  return new ServiceBusClient(
    host,
    { signature: token },
    {
      webSocketOptions: { webSocket: WebSocket },
      ...(isElsewhere && { customEndpointAddress: hasScheme(endpoint) ? endpoint : `https://${endpoint}` }),
      // Waits between attempts are ours: they are jittered, and they end with the process.
      retryOptions: { maxRetries: 1, retryDelayInMs: 1_000, timeoutInMs: 20_000 },
    },
  );
}
