import { CompactEncrypt, type CryptoKey, compactDecrypt, importJWK } from 'jose';
import { AppError } from '#shared/domain/error.ts';
import { type CertificateContent, certificateContent, type PublicKey } from './agent-messages.ts';

/** Seals key and chain to the agent's encryption key (RFC 7516; ECDH-ES+A256KW with A256GCM). */
export async function sealCertificate(key: PublicKey, content: CertificateContent): Promise<string> {
  const plaintext = new TextEncoder().encode(JSON.stringify(content));
  return new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM' })
    .encrypt(await importJWK({ ...key }, 'ECDH-ES+A256KW'));
}

/** Throws `agent_token_invalid` when it was sealed to another key or changed on the way. */
export async function unsealCertificate(key: CryptoKey, sealed: string): Promise<CertificateContent> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: ['ECDH-ES+A256KW'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return certificateContent.parse(JSON.parse(new TextDecoder().decode(plaintext)));
  } catch (cause) {
    throw new AppError('agent_token_invalid', 'the certificate is not sealed to the key of this agent', {
      cause,
    });
  }
}
