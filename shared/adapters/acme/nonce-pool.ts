/** More are of no use: each answer brings one, and old ones go bad. */
const kept = 16;

/** Nonces that answers brought along (RFC 8555 section 6.5.1), the freshest first; each is given out once. */
export interface NoncePool {
  add(nonce: string | null): void;
  take(): string | undefined;
}

export function createNoncePool(): NoncePool {
  let nonces: string[] = [];
  return {
    add(nonce) {
      if (nonce !== null && /^[\w-]+$/.test(nonce)) nonces = [...nonces.slice(1 - kept), nonce];
    },
    take: () => nonces.pop(),
  };
}
