import type { Incoming, TunnelListener } from '#shared/ports/tunnel.ts';
import type { AgentState } from '#shared/protocol/agent-messages.ts';
import { systemClock } from '#shared/runtime/clock.ts';
import type { Logger } from '#shared/runtime/logger.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { AgentClock } from './clock.ts';
import { createDirectConnections } from './direct-connections.ts';
import { createDirectListener, writeTarget } from './direct-listener.ts';
import { namesOf } from './host-names.ts';
import { createRelayLinks, type RelayTarget, relayTargetsOf } from './relay-links.ts';
import type { ListenerFinding } from './self-check.ts';

export type OpenTunnel = (
  relay: RelayTarget,
  token: () => Promise<string>,
  now: () => number,
) => TunnelListener;

export interface WaysInOptions {
  openTunnel: OpenTunnel;
  tokens: AccessTokens;
  clock: AgentClock;
  logger: Logger;
  onStream(incoming: Incoming): void;
  /** Whether the machine's own policy allows the port. */
  isAllowed(port: number): boolean;
  /** Browsers can get here now, or no longer. */
  onChange(isReachable: boolean): void;
  /** It cannot listen where it is to, one sentence. */
  onFailure(detail: string): void;
}

/** How browsers get to this machine: by the relay, and, in direct mode, on an address of its own. */
export interface WaysIn {
  /** As desired state says; undefined closes all of them. */
  aim(state: AgentState | undefined): void;
  /** After a change of the machine's own policy: a port that it closes is not listened on. */
  review(): void;
  /** By the way that the machine's present name leads. */
  isReachable(): boolean;
  /** undefined where it is not to listen. */
  listener(): ListenerFinding | undefined;
  close(): Promise<void>;
}

export function createWaysIn(options: WaysInOptions): WaysIn {
  const { openTunnel, tokens, clock, logger } = options;
  let state: AgentState | undefined;
  let wasReachable = false;

  async function listenToken({ path }: RelayTarget): Promise<string> {
    const { relay, relays: others } = await tokens.get();
    const token = others?.[path] ?? (path === state?.relay.path ? relay : undefined);
    if (token === undefined) throw new Error(`there is no token for ${path}`);
    return token;
  }

  const relays = createRelayLinks({
    open: (target) => openTunnel(target, () => listenToken(target), clock.now),
    onStream: options.onStream,
    onState({ path }, connected, reason) {
      const facts = { path, ...(reason !== undefined && { reason }) };
      logger.log(connected ? 'tunnel.connected' : 'tunnel.disconnected', facts);
      // The token may be what was refused.
      if (!connected) tokens.drop();
    },
    onChange: announce,
  });
  const connections = createDirectConnections({
    names: () => (state ? namesOf(state) : []),
    nowSeconds: clock.nowSeconds,
    clock: systemClock,
    onStream: options.onStream,
    onRefused: (facts) => logger.log('connection.refused', { ...facts }),
  });
  const listener = createDirectListener({
    onConnection: connections.take,
    onChange(target, isListening) {
      logger.log(isListening ? 'listener.opened' : 'listener.closed', { at: writeTarget(target) });
      if (!isListening) connections.cut();
      announce();
    },
    onFailure(target, reason) {
      logger.log('listener.failed', { at: writeTarget(target), reason });
      options.onFailure(`the agent cannot listen on ${writeTarget(target)}: ${reason}`);
    },
  });

  /** Where the name leads to an address, there is no path of the relay for it. */
  const isReachable = () =>
    state?.direct && state.relay.path === '' ? listener.isListening() : relays.isConnected();

  function announce(): void {
    if (isReachable() === wasReachable) return;
    wasReachable = !wasReachable;
    options.onChange(wasReachable);
  }

  function review(): void {
    const direct = state?.direct;
    listener.aim(direct && options.isAllowed(direct.port) ? direct : undefined);
    announce();
  }

  return {
    aim(next) {
      const targets = next ? relayTargetsOf(next) : [];
      // Tokens are for the paths that were known when they were fetched.
      if (state && JSON.stringify(relayTargetsOf(state)) !== JSON.stringify(targets)) tokens.drop();
      state = next;
      relays.aim(targets);
      review();
    },
    review,
    isReachable,
    listener() {
      const latest = listener.latest();
      if (!latest) return undefined;
      const { target, failure } = latest;
      return { at: writeTarget(target), ...(failure !== undefined && { failure }) };
    },
    async close() {
      listener.aim(undefined);
      await relays.close();
    },
  };
}
