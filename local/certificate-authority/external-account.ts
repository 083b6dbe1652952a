import { Buffer } from 'node:buffer';
import { calculateJwkThumbprint, flattenedVerify, type JWK } from 'jose';
import type { Authority } from './authority.ts';
import { Problem } from './problem.ts';
import { parseEnvelope, parseJson, type SignedRequest } from './signed-request.ts';
import { urls } from './urls.ts';

/**
 * Checks an external account binding (RFC 8555 section 7.3.4) and answers its key id; undefined when this
 * authority asks for none and none was sent.
 */
export async function requireExternalAccount(
  authority: Authority,
  origin: string,
  request: SignedRequest,
  binding: unknown,
): Promise<string | undefined> {
  if (!authority.externalAccounts) {
    if (binding === undefined) return undefined;
    throw new Problem('malformed', 'this authority has no external accounts');
  }
  if (binding === undefined) throw new Problem('externalAccountRequired', 'an external account is needed');
  const { envelope, header } = parseEnvelope(binding);
  const macKey = header.kid === undefined ? undefined : authority.externalAccounts[header.kid];
  if (header.kid === undefined || macKey === undefined) {
    throw new Problem('unauthorized', 'the external account is unknown');
  }
  if (header.url !== urls.newAccount(origin) || header.nonce !== undefined || header.jwk !== undefined) {
    throw new Problem('malformed', 'the binding must carry alg, kid and the newAccount url alone');
  }
  try {
    const { payload } = await flattenedVerify(envelope, Buffer.from(macKey, 'base64url'), {
      algorithms: ['HS256', 'HS384', 'HS512'],
    });
    const bound = parseJson(Buffer.from(payload).toString(), 'the binding') as JWK;
    if ((await calculateJwkThumbprint(bound)) === request.thumbprint) return header.kid;
  } catch {
    throw new Problem('unauthorized', 'the external account binding is not valid');
  }
  throw new Problem('malformed', 'the external account binding is for another key');
}
