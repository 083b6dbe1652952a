import { createHmac, timingSafeEqual } from 'node:crypto';
import { ServiceBusError } from '../service-bus-error.ts';

/** `SharedAccessSignature sr=<encoded resource>&sig=<base64>&se=<epoch seconds>&skn=<rule name>` */
export interface SharedAccessSignature {
  resource: string;
  keyName: string;
  expiresAt: number;
  /** Whether this key made the signature. */
  isSignedBy(key: string): boolean;
}

const scheme = 'SharedAccessSignature ';
const refuse = (what: string) => new ServiceBusError('unauthorized', what);

/** Throws `unauthorized` on anything that is not a complete token; the signature itself is not checked here. */
export function parseSharedAccessSignature(token: string): SharedAccessSignature {
  if (!token.startsWith(scheme)) throw refuse('MalformedToken: The token is no shared access signature.');
  const fields = new Map<string, string>();
  for (const pair of token.slice(scheme.length).split('&')) {
    const at = pair.indexOf('=');
    if (at > 0) fields.set(pair.slice(0, at), pair.slice(at + 1));
  }
  const decode = (name: string): string => {
    try {
      return decodeURIComponent(fields.get(name) ?? '');
    } catch {
      return '';
    }
  };
  const [rawResource, expiry] = [fields.get('sr'), Number(fields.get('se'))];
  const [resource, keyName, signature] = [decode('sr'), decode('skn'), Buffer.from(decode('sig'), 'base64')];
  if (!rawResource || !resource || !keyName || signature.length === 0 || !Number.isSafeInteger(expiry))
    throw refuse('MalformedToken: The token lacks one of sr, sig, se and skn.');
  return {
    resource,
    keyName,
    expiresAt: expiry * 1000,
    isSignedBy(key) {
      // The resource is signed as it was sent, still percent-encoded: clients differ in the case of the escapes.
      const expected = createHmac('sha256', key).update(`${rawResource}\n${expiry}`).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  };
}
