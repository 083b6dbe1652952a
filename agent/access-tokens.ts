import type { AgentTokens } from '#shared/protocol/agent-messages.ts';
import type { ControlPlane } from './control-plane.ts';

/** Tokens are fetched anew when less than this part of their life is left. */
const leastLeft = 0.25;

/** The short-lived tokens for bus and relay, fetched once for all who ask at the same time. */
export interface AccessTokens {
  get(): Promise<HeldTokens>;
  /** After a refusal: the next `get` fetches. */
  drop(): void;
}

export interface HeldTokens extends AgentTokens {
  /** Milliseconds since the epoch: whoever holds one of them changes it by then. */
  renewAt: number;
}

export function createAccessTokens(
  controlPlane: Pick<ControlPlane, 'fetchTokens'>,
  now: () => number,
): AccessTokens {
  let held: HeldTokens | undefined;
  let fetching: Promise<HeldTokens> | undefined;

  async function fetchTokens(): Promise<HeldTokens> {
    const askedAt = now();
    const tokens = await controlPlane.fetchTokens();
    const lifetimeMs = Date.parse(tokens.expiresAt) - askedAt;
    held = { ...tokens, renewAt: askedAt + lifetimeMs * (1 - leastLeft) };
    return held;
  }

  return {
    async get() {
      if (held && now() < held.renewAt) return held;
      fetching ??= fetchTokens().finally(() => {
        fetching = undefined;
      });
      return fetching;
    },
    drop() {
      held = undefined;
    },
  };
}
