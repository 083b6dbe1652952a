import type { Duplex } from 'node:stream';

/** What a stream is for; travels beside the bytes and is checked again by the agent. */
export interface StreamPurpose {
  service: string;
  sessionId: string;
}

/** The proxy's side: opens a byte stream to a machine. Nothing listens there: `agent_offline`. */
export interface TunnelDialer {
  open(machineName: string, purpose: StreamPurpose, signal: AbortSignal): Promise<Duplex>;
  close(): Promise<void>;
}

/**
 * A stream that wants in: accepted or rejected once, within 30 s. With one of our error codes as `reason` the dialer
 * fails with that code. Streams end half by half, as TCP does; a stream that breaks off is an error at both ends.
 */
export type Incoming = {
  accept(): Promise<Duplex>;
  reject(status: number, reason: string): Promise<void>;
  purpose: StreamPurpose;
};

/**
 * The agent's side: waits outbound for streams. It reconnects by itself with jitter, asks `token` anew for each
 * connection and before the old one ends, and reports its state.
 */
export interface TunnelListener {
  onStream(handler: (incoming: Incoming) => void): void;
  onState(handler: (connected: boolean, reason?: string) => void): void;
  start(): void;
  close(): Promise<void>;
}
