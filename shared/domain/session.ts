import type { ErrorRecord } from './error.ts';
import type { ServiceName } from './machine.ts';

/** Seconds. DESIGN of the lifetime: one hour by default, bounded as the provider bounds its credentials. */
export const sessionLifetime = { default: 3600, minimum: 600, maximum: 10_800 } as const;

export interface Session {
  /** 16 characters of base32. */
  id: string;
  machineId: string;
  service: ServiceName;
  user: { id: string; name: string };
  /** `opening` until the path was tried end to end; only an `open` session is given away. */
  state: 'opening' | 'open' | 'failed' | 'revoked';
  /** Unix seconds. */
  createdAt: number;
  expiresAt: number;
  /** When each of the two steps of Connect had succeeded, ISO 8601. */
  accessGrantedAt?: string;
  openedAt?: string;
  /** SHA-256 of the leaf that answered when the path was tried. */
  seenThumbprint?: string;
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
