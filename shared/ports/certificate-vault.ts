import type { LeafFacts } from '#shared/domain/certificate.ts';

export interface VaultCertificate extends LeafFacts {
  version: string;
  hostNames: string[];
  tags: Readonly<Record<string, string>>;
}

/**
 * Where certificates and their keys live (Key Vault certificates).
 * Names: letters, digits and hyphens. `key_vault_unavailable` when it does not answer, `key_vault_refused` when
 * it says no.
 */
export interface CertificateVault {
  /**
   * Starts a new version by this issuer (`Unknown`: we take the request to an authority ourselves) and answers its PKCS#10 request (DER). When one is pending already, for the same host
   * names, answers that one's: a repetition makes no second key.
   */
  beginCertificate(
    name: string,
    issuer: string,
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
  /** The chain of one version, PEM, leaf first. `certificate_missing` when it is not there. */
  readChain(name: string, version: string): Promise<string>;
  /**
   * Keeps a chain whose key the machine holds, as a secret beside this name (`application/pem-certificate-chain`) with
   * the tags of a certificate; the same chain again is the version that has it.
   */
  keepChain(
    name: string,
    chainPem: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<VaultCertificate>;
  /** The chain of a machine-held key, or undefined. `version` absent: the newest. */
  findKeptChain(name: string, version?: string): Promise<string | undefined>;
  /** Gives up a pending version; nothing pending is success. */
  cancelPending(name: string): Promise<void>;
  /**
   * Gives up a pending version and disables every other one of certificate and kept chain: nothing of the name is found
   * or read until a new version is made. Absent is success.
   */
  disableCertificate(name: string): Promise<void>;
  /**
   * Takes certificate and kept chain of a disabled name away for good; absent is success. `kept`: deleted, but the vault refuses to purge
   * what is deleted (purge protection, or no right to it), so it stays there for the vault's own days of recovery.
   */
  purgeCertificate(name: string): Promise<'purged' | 'kept'>;
}
