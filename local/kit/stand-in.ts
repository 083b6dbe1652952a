import type { DatabaseSync } from 'node:sqlite';
import type { Calls } from './calls.ts';
import type { Clock } from './clock.ts';
import type { FaultKind, Faults } from './faults.ts';

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
  /** Names of its operations, as calls are counted and faults are set; absent when they are not a closed list. */
  readonly operations?: readonly string[];
  /** Which faults it honours. */
  readonly faultKinds?: readonly FaultKind[];
  /** What somebody who looks inside wants to see now: queues with depths, documents, certificates. No secret. */
  inspect?(): InspectedTable[];
  close(): Promise<void>;
}

/** A small table for the status page and for `--json`. */
export interface InspectedTable {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

/** Throws when the environment says production: a stand-in must never serve real traffic. */
export function refuseProduction(env: NodeJS.ProcessEnv): void {
  const names = ['NODE_ENV', 'AZURE_FUNCTIONS_ENVIRONMENT', 'ADMIN_CENTER_ENVIRONMENT'];
  const name = names.find((candidate) => env[candidate]?.toLowerCase() === 'production');
  if (name) throw new Error(`${name} says production: the local stand-ins refuse to run there`);
}
