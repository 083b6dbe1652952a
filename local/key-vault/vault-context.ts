import type { DatabaseSync } from 'node:sqlite';
import type { Calls } from '#local/kit/calls.ts';
import type { Clock } from '#local/kit/clock.ts';
import type { Faults } from '#local/kit/faults.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { createIssuance } from './issuance.ts';
import { createIssuerStore } from './issuer-store.ts';
import type { VaultContext } from './vault-call.ts';
import { createVaultStore } from './vault-store.ts';

export interface VaultContextOptions {
  store: DatabaseSync;
  clock: Clock;
  faults: Faults;
  calls: Calls;
  purgeProtected?: readonly string[];
  issuingAuthority?: TlsIdentity;
  issuanceDelayMs?: number;
}

/** What every operation works on. */
export function createVaultContext(options: VaultContextOptions): VaultContext {
  const { store, clock, faults, calls, issuingAuthority, issuanceDelayMs = 2_000 } = options;
  return {
    store: createVaultStore(store),
    issuers: createIssuerStore(store),
    issuance: createIssuance({
      authority: issuingAuthority,
      delayMs: issuanceDelayMs,
      now: clock.now,
      faults,
      calls,
    }),
    protectedVaults: new Set(options.purgeProtected),
    clock,
  };
}
