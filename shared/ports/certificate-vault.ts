import type { LeafFacts } from '#shared/domain/certificate.ts';

export interface VaultCertificate extends LeafFacts {
  version: string;
  hostNames: string[];
  tags: Readonly<Record<string, string>>;
}

/**
 * Where certificates and their keys live (Key Vault certificates with issuer `Unknown`).
 * Names: letters, digits and hyphens. `key_vault_unavailable` when it does not answer, `key_vault_refused` when
 * it says no.
 */
export interface CertificateVault {
  /**
   * Starts a new version and answers its PKCS#10 request (DER). When one is pending already, for the same host
   * names, answers that one's: a repetition makes no second key.
   */
  beginCertificate(
    name: string,
    hostNames: readonly string[],
    tags: Readonly<Record<string, string>>,
  ): Promise<Uint8Array>;
  /**
   * Completes the pending version with the chain (PEM, leaf first). Repeated after success it answers the
   * version that holds this leaf.
   */
  mergeCertificate(name: string, chainPem: string): Promise<VaultCertificate>;
  /** The newest complete version, or undefined. */
  findCertificate(name: string): Promise<VaultCertificate | undefined>;
  /** PKCS#8 key and chain of one version, both PEM. For sealing to the agent only: never logged, never stored. */
  readPrivate(name: string, version: string): Promise<{ privateKeyPem: string; chainPem: string }>;
  /** Gives up a pending version; nothing pending is success. */
  cancelPending(name: string): Promise<void>;
  /** Disables and soft-deletes; absent is success. */
  removeCertificate(name: string): Promise<void>;
}
