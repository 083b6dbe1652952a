import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import type { SigningKey } from '#shared/ports/signing-key.ts';

/** RFC 7515 section 7.2.2, the only form that RFC 8555 section 6.2 knows. */
export interface FlattenedJws {
  protected: string;
  payload: string;
  signature: string;
}

const encodeJson = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signed where the key lives; `undefined` as payload is the empty one of a POST-as-GET. */
export async function signFlattened(
  accountKey: Pick<SigningKey, 'sign'>,
  keyId: string,
  header: object,
  payload: object | undefined,
): Promise<FlattenedJws> {
  const encoded = encodeJson({ alg: 'ES256', ...header });
  const body = payload === undefined ? '' : encodeJson(payload);
  const signature = await accountKey.sign(keyId, Buffer.from(`${encoded}.${body}`));
  return { protected: encoded, payload: body, signature: Buffer.from(signature).toString('base64url') };
}

/** HS256 by a MAC key in base64url: RFC 8555 section 7.3.4. */
export function macFlattened(macKey: string, header: object, payload: object): FlattenedJws {
  const encoded = encodeJson({ alg: 'HS256', ...header });
  const body = encodeJson(payload);
  const mac = createHmac('sha256', Buffer.from(macKey, 'base64url')).update(`${encoded}.${body}`);
  return { protected: encoded, payload: body, signature: mac.digest('base64url') };
}
