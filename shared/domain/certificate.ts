/**
 * One certificate per machine, for the base name and its wildcard (requirement 64; the wildcard carries the
 * session labels). `issued`: in Key Vault. `served`: seen on the machine, by its own signed report or by a
 * handshake. Issue and renewal are done at `served`, never before.
 */
type CertificateState = 'issued' | 'served';

export interface CertificateRecord {
  state: CertificateState;
  /** Base name and wildcard, in this order. */
  hostNames: string[];
  /** SHA-256 of the leaf, lower-case hex. */
  thumbprint: string;
  /** Version of the Key Vault certificate. */
  version: string;
  /** Upper-case hex, as in certificate transparency logs. */
  serialNumber: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
  /** Which authority (directory URL) and which account of it issued this: `replaces` is sent to no other. */
  issuedBy: { authority: string; account: string };
  /** When renewal starts, ISO 8601. */
  dueAt: string;
  servedAt?: string;
}

/** What identifies a leaf and bounds it in time. */
export interface LeafFacts {
  thumbprint: string;
  serialNumber: string;
  /** ISO 8601. */
  notBefore: string;
  notAfter: string;
}

export const hostNamesOf = (machineName: string, zone: string): string[] => [
  `${machineName}.${zone}`,
  `*.${machineName}.${zone}`,
];
