import { randomBytes } from 'node:crypto';

/** The oldest are forgotten beyond this many: a client that holds one that long gets badNonce and repeats. */
const kept = 10_000;

/** A repeatable sequence in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Anti-replay nonces (RFC 8555 section 6.5). In memory: a restart makes every old one bad, as it may. */
export interface Nonces {
  next(): string;
  /** True when the nonce was given out and not used yet, unless this one is picked to be refused. */
  redeem(nonce: string): boolean;
}

export interface NonceOptions {
  /** Share of good nonces that are refused all the same, 0 to 1: clients must repeat. */
  rejectRate: number;
  random: () => number;
  /** True when a switched-on fault refuses this one. */
  isRejectedByFault: () => boolean;
}

export function createNonces({ rejectRate, random, isRejectedByFault }: NonceOptions): Nonces {
  const open = new Set<string>();
  return {
    next() {
      const nonce = randomBytes(16).toString('base64url');
      open.add(nonce);
      for (const oldest of open) {
        if (open.size <= kept) break;
        open.delete(oldest);
      }
      return nonce;
    },
    redeem: (nonce) => open.delete(nonce) && !isRejectedByFault() && random() >= rejectRate,
  };
}
