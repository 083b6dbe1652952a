import { type LabelRefusal, verifyLabel } from '#shared/domain/label.ts';
import type { ServiceName } from '#shared/domain/machine.ts';
import { isMachineId } from '#shared/domain/machine-name.ts';
import type { TlsAlert } from '#shared/runtime/tls-alert.ts';

/** What a decision is made from; it changes when the control plane says so. */
export interface RouteTable {
  zone: string;
  /** The newest first. */
  labelKeys: readonly Uint8Array[];
  isRevoked(sessionId: string): boolean;
}

export interface Route {
  machineName: string;
  sessionId: string;
  service: ServiceName;
  /** Unix seconds. */
  expiresAt: number;
}

export type RouteRefusal =
  | 'no_server_name'
  | 'foreign_zone'
  | 'no_label'
  | 'revoked_label'
  | `${LabelRefusal}_label`;

/**
 * The alert for each reason. A name that can never be a session is not recognised; a label that is not good (any
 * more) is denied, so that a person who looks at the wire can tell them apart.
 */
export const refusalAlerts: Readonly<Record<RouteRefusal, TlsAlert>> = {
  no_server_name: 'unrecognized_name',
  foreign_zone: 'unrecognized_name',
  no_label: 'unrecognized_name',
  malformed_label: 'access_denied',
  foreign_label: 'access_denied',
  expired_label: 'access_denied',
  revoked_label: 'access_denied',
};

/**
 * Decides where a server name leads: `<label>.<machine name>.<zone>` and nothing else. The base name of a machine
 * has no label and leads nowhere. `serverName` is in lower case.
 */
export function decideRoute(
  serverName: string | undefined,
  table: RouteTable,
  nowSeconds: number,
): Route | RouteRefusal {
  if (serverName === undefined) return 'no_server_name';
  if (!serverName.endsWith(`.${table.zone}`)) return 'foreign_zone';
  const labels = serverName.slice(0, -table.zone.length - 1).split('.');
  const [label, machineName] = labels;
  if (labels.length === 1) return 'no_label';
  // Machine names have the same shape as machine ids.
  if (labels.length !== 2 || !label || !machineName || !isMachineId(machineName)) return 'malformed_label';
  const verified = verifyLabel(table.labelKeys, machineName, label, nowSeconds);
  if (typeof verified === 'string') return `${verified}_label`;
  if (table.isRevoked(verified.sessionId)) return 'revoked_label';
  return { machineName, ...verified };
}
