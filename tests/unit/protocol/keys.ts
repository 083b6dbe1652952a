import { type CryptoKey, exportJWK, generateKeyPair } from 'jose';
import type { PublicKey } from '#shared/protocol/agent-messages.ts';

export const machineId = 'lpxvysfon5hw75noyqimipig5s';
export const nowSeconds = Date.UTC(2026, 9, 1, 12) / 1000;

export interface KeyPair {
  privateKey: CryptoKey;
  /** The public members alone, as they are enrolled. */
  publicKey: PublicKey;
}

export async function newKeys(algorithm: 'ES256' | 'ECDH-ES+A256KW'): Promise<KeyPair> {
  const pair = await generateKeyPair(algorithm);
  const { x = '', y = '' } = await exportJWK(pair.publicKey);
  return { privateKey: pair.privateKey, publicKey: { kty: 'EC', crv: 'P-256', x, y } };
}
