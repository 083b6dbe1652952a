/** Public half of an ES256 key, RFC 7517; exactly the members that RFC 7638 hashes, so a thumbprint is stable. */
export interface PublicSigningKey {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
}

/** An ES256 key that signs where it lives and is never read out. Absent: `configuration_incomplete`. */
export interface SigningKey {
  /** The key in use now and an id that changes when it rotates. */
  current(): Promise<{ keyId: string; publicKey: PublicSigningKey }>;
  /** Every enabled version, the newest first: an account that an older one opened is moved to the newest. */
  versions(): Promise<{ keyId: string; publicKey: PublicSigningKey }[]>;
  /** JWS form of the signature (r and s, 64 bytes; RFC 7518 section 3.4) over SHA-256 of `data`, by that key. */
  sign(keyId: string, data: Uint8Array): Promise<Uint8Array>;
}
