import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { SigningKey } from '#shared/ports/signing-key.ts';

interface Version {
  keyId: string;
  privateKey: KeyObject;
  publicKey: Awaited<ReturnType<SigningKey['current']>>['publicKey'];
}

export interface AccountKey extends SigningKey {
  /** Of the newest version; for requests that a test signs by hand. */
  readonly privateKey: KeyObject;
  /** Makes a new version, as a vault's rotation does. */
  rotate(): void;
  /** What a process sees that remembers the version before the last rotation as the current one. */
  stale(): SigningKey;
}

function newVersion(keyId: string): Version {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { keyId, privateKey, publicKey: { kty: 'EC', crv: 'P-256', x, y } };
}

/** An account key in memory with versions, the newest first; `sign` is what a vault would do. */
export function createAccountKey(): AccountKey {
  const first = newVersion('version-1');
  const versions = [first];
  const newest = (): Version => versions[0] ?? first;
  const shown = ({ keyId, publicKey }: Version) => ({ keyId, publicKey });
  const key: SigningKey = {
    current: () => Promise.resolve(shown(newest())),
    versions: () => Promise.resolve(versions.map(shown)),
    sign(keyId, data) {
      const version = versions.find((one) => one.keyId === keyId);
      if (!version) return Promise.reject(new Error(`there is no version ${keyId}`));
      return Promise.resolve(sign('sha256', data, { key: version.privateKey, dsaEncoding: 'ieee-p1363' }));
    },
  };
  return {
    ...key,
    get privateKey() {
      return newest().privateKey;
    },
    rotate: () => void versions.unshift(newVersion(`version-${versions.length + 1}`)),
    stale: () => ({ ...key, current: () => Promise.resolve(shown(versions[1] ?? first)) }),
  };
}
