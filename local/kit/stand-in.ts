import type { DatabaseSync } from 'node:sqlite';
import type { Calls } from './calls.ts';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';

/** A private key and its certificate chain, both PEM. */
export interface TlsIdentity {
  key: string;
  cert: string;
}

/** What every stand-in is given. It listens on 127.0.0.1:`port` only; port 0 takes a free one. */
export interface StandInOptions {
  clock: Clock;
  store: DatabaseSync;
  port: number;
}

/** A running stand-in of one Azure service. */
export interface StandIn {
  readonly name: string;
  readonly port: number;
  readonly calls: Calls;
  readonly faults: Faults;
  close(): Promise<void>;
}

/** Throws when the environment says production: a stand-in must never serve real traffic. */
export function refuseProduction(env: NodeJS.ProcessEnv): void {
  const names = ['NODE_ENV', 'AZURE_FUNCTIONS_ENVIRONMENT', 'ADMIN_CENTER_ENVIRONMENT'];
  const name = names.find((candidate) => env[candidate]?.toLowerCase() === 'production');
  if (name) throw new Error(`${name} says production: the local stand-ins refuse to run there`);
}
