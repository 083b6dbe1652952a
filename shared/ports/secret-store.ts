export interface Secret {
  /** Decoded from base64url. */
  value: Uint8Array;
  version: string;
}

/** Symmetric keys of the deployment. Absent: `configuration_incomplete` naming the secret. */
export interface SecretStore {
  /** The newest version, or the one that is named. */
  getSecret(name: string, version?: string): Promise<Secret>;
  /** Every enabled version, the newest first: for keys that rotate with overlap. */
  listSecretVersions(name: string): Promise<Secret[]>;
}
