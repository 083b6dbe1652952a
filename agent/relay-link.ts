import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';

type RelayTarget = AgentState['relay'];

export interface RelayLinkOptions {
  open(target: RelayTarget): TunnelListener;
  onStream(incoming: Incoming): void;
  /** Connected, lost, or one more attempt that failed. */
  onState(connected: boolean, reason?: string): void;
  /** Only when it is another state than before. */
  onChange(connected: boolean): void;
}

/** The one listener of this machine, moved when desired state names another relay. */
export interface RelayLink {
  /** Listens there; the same target again changes nothing. */
  aim(target: RelayTarget): void;
  isConnected(): boolean;
  close(): Promise<void>;
}

export function createRelayLink(options: RelayLinkOptions): RelayLink {
  let current: { target: RelayTarget; listener: TunnelListener } | undefined;
  let connected = false;

  return {
    aim(target) {
      if (current?.target.host === target.host && current.target.path === target.path) return;
      const listener = options.open(target);
      void current?.listener.close();
      current = { target, listener };
      connected = false;
      listener.onStream(options.onStream);
      listener.onState((isConnected, reason) => {
        if (current?.listener !== listener) return;
        options.onState(isConnected, reason);
        const isNews = isConnected !== connected;
        connected = isConnected;
        if (isNews) options.onChange(isConnected);
      });
      listener.start();
    },
    isConnected: () => connected,
    async close() {
      const closing = current?.listener;
      current = undefined;
      connected = false;
      await closing?.close();
    },
  };
}
