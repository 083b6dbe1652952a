import type { ErrorRecord } from './error.ts';
import type { Person } from './lease.ts';
import type { MachineKind, ServiceName } from './machine.ts';

/** Seconds. DESIGN of the lifetime: one hour by default, bounded as the provider bounds its credentials. */
export const sessionLifetime = { default: 3600, minimum: 600, maximum: 10_800 } as const;

/** Why a session is over. Every reason but the first cuts its live connections at once. */
export const sessionEndReasons = [
  /** Its time was up. */
  'expired',
  /** By its user, or somebody who may. */
  'revoked',
  /** The role assignment that opened it is gone (96). */
  'right_lost',
  /** Nobody can say whether the right is still there. */
  'undecided',
  'lease_ended',
  /** The endpoint or its service configuration was taken away (87). */
  'service_closed',
  'uninstalled',
  /** The machine's own policy (38-42). */
  'local_policy',
] as const;
export type SessionEndReason = (typeof sessionEndReasons)[number];

/** What the machine counted in one session, all its connections together. */
export interface SessionUsage {
  /** From the browser to the machine, bytes. */
  bytesUp: number;
  bytesDown: number;
  /** Open now. */
  connections: number;
  /** ISO 8601. */
  lastActiveAt?: string;
  reportedAt: string;
}

/** Which account Entra sign-in over SSH gives: requirements 91 to 93. */
export type SshLevel = 'administrator' | 'user' | 'local';

export interface Session {
  /** 16 characters of base32. */
  id: string;
  machineId: string;
  service: ServiceName;
  user: { id: string; name: string };
  /** The machine as the role was decided on it, for those who decide again. */
  on?: { resourceId: string; subscriptionId: string; kind: MachineKind };
  /** Public address from which it was asked for. */
  from?: string;
  /** `opening` until the path was tried end to end; only an `open` session is given away. */
  state: 'opening' | 'open' | 'failed' | 'revoked' | 'ended';
  /** Unix seconds. */
  createdAt: number;
  expiresAt: number;
  /** When each of the two steps of Connect had succeeded, ISO 8601. */
  accessGrantedAt?: string;
  openedAt?: string;
  /** SHA-256 of the leaf that answered when the path was tried. */
  seenThumbprint?: string;
  /** Ids of the role assignments that opened it. */
  grantedBy?: string[];
  /** The lease that it ends with. */
  leaseId?: string;
  /** Of an SSH session. */
  level?: SshLevel;
  usage?: SessionUsage;
  /** ISO 8601. */
  end?: { at: string; reason: SessionEndReason; by?: Person };
  /** The machine has said its last count: the end is in the audit. */
  settled?: boolean;
  /** Why it did not open. */
  failure?: ErrorRecord;
}

/** `<label>.<machine name>.<zone>` */
export const sessionHostName = (label: string, machineName: string, zone: string): string =>
  `${label}.${machineName}.${zone}`;

/** The URL that opens the session once; the port is left out when it is 443. */
export function sessionUrl(hostName: string, port: number, ticket: string): string {
  const origin = port === 443 ? `https://${hostName}` : `https://${hostName}:${port}`;
  return `${origin}/_session?ticket=${ticket}`;
}
