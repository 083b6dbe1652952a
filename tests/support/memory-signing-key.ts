import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { AppError } from '#shared/domain/error.ts';
import type { PublicSigningKey, SigningKey } from '#shared/ports/signing-key.ts';

interface Version {
  keyId: string;
  privateKey: KeyObject;
  publicKey: PublicSigningKey;
}

function createVersion(keyId: string): Version {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return { keyId, privateKey, publicKey: { kty: 'EC', crv: 'P-256', x, y } };
}

/** An ES256 key of this process. */
export function createMemorySigningKey(keyId = 'key-1') {
  const first = createVersion(keyId);
  let newest = first;
  let versions = [first];
  const shown = ({ keyId: id, publicKey }: Version) => ({ keyId: id, publicKey });

  return {
    /** Adds a version, which is the one in use from now on; answers its id. */
    rotate(nextKeyId = `key-${versions.length + 1}`): string {
      newest = createVersion(nextKeyId);
      versions = [newest, ...versions];
      return nextKeyId;
    },
    async current() {
      return shown(newest);
    },
    async versions() {
      return versions.map(shown);
    },
    async sign(id: string, data: Uint8Array) {
      const version = versions.find((one) => one.keyId === id);
      if (!version) throw new AppError('configuration_incomplete', `the key has no version ${id}`);
      return sign('sha256', data, { key: version.privateKey, dsaEncoding: 'ieee-p1363' });
    },
  } satisfies SigningKey & Record<string, unknown>;
}
