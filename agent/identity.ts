import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { PublicKey } from '#shared/protocol/agent-messages.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';

const signAlgorithm = 'ES256';
const sealAlgorithm = 'ECDH-ES+A256KW';

const privateKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});
type PrivateKey = z.infer<typeof privateKey>;
const identityFile = z.object({ signing: privateKey, encryption: privateKey });

/** The two keys of this agent. The private halves never leave the data directory. */
export interface AgentIdentity {
  /** ES256: signs calls and reports. */
  signingKey: CryptoKey;
  /** ECDH-ES: unseals the certificate. */
  unsealingKey: CryptoKey;
  publicSigningKey: PublicKey;
  publicEncryptionKey: PublicKey;
}

async function newPrivateKey(algorithm: string): Promise<PrivateKey> {
  const { privateKey: key } = await generateKeyPair(algorithm, { extractable: true });
  return privateKey.parse(await exportJWK(key));
}

const publicHalf = ({ kty, crv, x, y }: PrivateKey): PublicKey => ({ kty, crv, x, y });

/**
 * The identity in `identity.json`, made at the first start. A file that cannot be read is replaced by a new install
 * alone: otherwise the control plane knows its public keys and would refuse others; throws `configuration_incomplete`.
 */
export async function openIdentity(dataDirectory: string, isNewInstall = false): Promise<AgentIdentity> {
  const file = join(dataDirectory, 'identity.json');
  const text = await readIfPresent(file);
  const kept = text === undefined ? undefined : parseIdentity(text);
  if (text !== undefined && !kept && !isNewInstall)
    throw new AppError(
      'configuration_incomplete',
      'identity.json in the data directory is damaged; reinstall the extension',
    );
  const keys = kept ?? (await createIdentity(file));
  if (text !== undefined) await chmod(file, 0o600);
  return {
    signingKey: await importJWK(keys.signing, signAlgorithm),
    unsealingKey: await importJWK(keys.encryption, sealAlgorithm),
    publicSigningKey: publicHalf(keys.signing),
    publicEncryptionKey: publicHalf(keys.encryption),
  };
}

async function createIdentity(file: string): Promise<z.infer<typeof identityFile>> {
  const keys = {
    signing: await newPrivateKey(signAlgorithm),
    encryption: await newPrivateKey(sealAlgorithm),
  };
  await writeDurably(file, JSON.stringify(keys));
  return keys;
}

function parseIdentity(text: string): z.infer<typeof identityFile> | undefined {
  try {
    return identityFile.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
