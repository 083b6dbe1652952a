/**
 * What one stand-in shows another. Types only: the composition root (`local/main.ts`) hands the objects over,
 * so that no stand-in imports another.
 */

export type DnsRecordType = 'A' | 'AAAA' | 'CNAME' | 'TXT' | 'NS' | 'SOA' | 'CAA';

export interface DnsRecordSet {
  type: DnsRecordType;
  ttlSeconds: number;
  /** A, AAAA: addresses. CNAME, NS: host names. TXT: each value whole. SOA, CAA: their presentation form. */
  values: readonly string[];
}

/** The public DNS zones that the resource manager holds; read on every DNS question. */
export interface DnsZones {
  /** The zone, in lower case and without a final dot, that holds this name, or undefined. */
  zoneOf(name: string): string | undefined;
  /** Record sets at a relative name (`@` is the apex, `*.x` a wildcard as written). */
  recordSets(zone: string, relativeName: string): readonly DnsRecordSet[];
  /** True when a name exists at or below the relative name: NODATA instead of NXDOMAIN (RFC 8020). */
  exists(zone: string, relativeName: string): boolean;
}

export type RelayRight = 'Listen' | 'Send' | 'Manage';

export interface SharedAccessRule {
  name: string;
  rights: readonly RelayRight[];
  primaryKey: string;
  secondaryKey: string;
}

/** The hybrid connections of the relay namespaces that the resource manager holds. */
export interface HybridConnections {
  /** The rules that may sign for this path (its own, then the namespace's), or undefined when it does not exist. */
  find(namespace: string, path: string): { rules: readonly SharedAccessRule[] } | undefined;
  /** Called when a hybrid connection is deleted: its listeners are closed with 1001. */
  onDeleted(callback: (namespace: string, path: string) => void): void;
}
