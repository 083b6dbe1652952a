import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import { requireVersion } from './collection.ts';
import { encryptionAlgorithms, signatureAlgorithms } from './key-algorithms.ts';
import { nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, forbidden, lacking } from './vault-error.ts';

const bytes = z
  .string()
  .regex(/^[A-Za-z0-9_-]*$/, 'not base64url')
  .transform((text) => Buffer.from(text, 'base64url'));

const operationParameters = z.object({ alg: z.string(), value: bytes });
const verifyParameters = z.object({ alg: z.string(), digest: bytes, value: bytes });

type Use = 'sign' | 'verify' | 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt';

/** The private half of the version that the route names, once everything allows this use of it. */
function requireUsable(context: VaultContext, call: VaultCall, use: Use) {
  const { object, version } = requireVersion(context, call, 'keys');
  const { enabled, notBefore = 0, expires = Number.POSITIVE_INFINITY, body } = version;
  const now = nowSeconds(context);
  if (!enabled) throw forbidden(`Operation ${use} is not allowed on a disabled key.`, 'KeyDisabled');
  if (now < notBefore)
    throw forbidden(`Operation ${use} is not allowed on a key that is not yet valid.`, 'KeyNotYetValid');
  if (now >= expires) throw forbidden(`Operation ${use} is not allowed on an expired key.`, 'KeyExpired');
  if (!body.operations.includes(use))
    throw forbidden(`Operation ${use} is not permitted on this key.`, 'KeyOperationForbidden');
  const kid = `${call.baseUrl}/keys/${object.name}/${version.version}`;
  const { kty, crv } = createPrivateKey(body.privateKey).export({ format: 'jwk' });
  return { kid, privateKey: body.privateKey, kty, crv };
}

function requireSignatureAlgorithm(
  name: string,
  key: { kty: string | undefined; crv: string | undefined },
  digest: Buffer,
) {
  const algorithm = signatureAlgorithms.get(name);
  if (!algorithm) throw lacking(`the signature algorithm ${name}`);
  if (algorithm.kty !== key.kty || (algorithm.curve && algorithm.curve !== key.crv))
    throw badParameter(
      `Key and signing algorithm are incompatible. Key is ${key.kty} ${key.crv ?? ''}, alg is ${name}.`,
    );
  if (digest.length !== algorithm.digestBytes)
    throw badParameter(
      `Invalid length of digest: ${digest.length} bytes. ${name} takes ${algorithm.digestBytes} bytes.`,
    );
  return algorithm;
}

function sign(context: VaultContext, call: VaultCall) {
  const { alg, value } = parseBody(call, operationParameters);
  const key = requireUsable(context, call, 'sign');
  const signature = requireSignatureAlgorithm(alg, key, value).sign(key.privateKey, value);
  return { status: 200, body: { kid: key.kid, value: signature.toString('base64url') } };
}

function verify(context: VaultContext, call: VaultCall) {
  const { alg, digest, value } = parseBody(call, verifyParameters);
  const key = requireUsable(context, call, 'verify');
  const isValid = requireSignatureAlgorithm(alg, key, digest).verify(key.privateKey, digest, value);
  return { status: 200, body: { value: isValid } };
}

const cipher = (use: Use, direction: 'encrypt' | 'decrypt') => (context: VaultContext, call: VaultCall) => {
  const { alg, value } = parseBody(call, operationParameters);
  const key = requireUsable(context, call, use);
  const algorithm = encryptionAlgorithms.get(alg);
  if (!algorithm) throw lacking(`the encryption algorithm ${alg}`);
  if (key.kty !== 'RSA')
    throw badParameter(`Key and encryption algorithm are incompatible: ${key.kty} and ${alg}.`);
  let result: Buffer;
  try {
    result = algorithm[direction](key.privateKey, value);
  } catch {
    throw badParameter(`The parameter value can not be ${direction}ed with this key and ${alg}.`);
  }
  return { status: 200, body: { kid: key.kid, value: result.toString('base64url') } };
};

const uses = {
  sign: { operation: 'Sign', handle: sign },
  verify: { operation: 'Verify', handle: verify },
  wrapkey: { operation: 'WrapKey', handle: cipher('wrapKey', 'encrypt') },
  unwrapkey: { operation: 'UnwrapKey', handle: cipher('unwrapKey', 'decrypt') },
  encrypt: { operation: 'Encrypt', handle: cipher('encrypt', 'encrypt') },
  decrypt: { operation: 'Decrypt', handle: cipher('decrypt', 'decrypt') },
} as const;

/** Without a version (`/keys/{name}//sign` in some clients) the latest is used. */
export const keyUseRoutes: readonly Route[] = Object.entries(uses).flatMap(
  ([verb, { operation, handle }]) => [
    { method: 'POST' as const, path: `/keys/{name}/${verb}`, operation, handle },
    { method: 'POST' as const, path: `/keys/{name}/{version}/${verb}`, operation, handle },
  ],
);
