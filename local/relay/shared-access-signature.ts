import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RelayRight, SharedAccessRule } from '#local/kit/boundaries.ts';
import { HandshakeRefusal } from './handshake-refusal.ts';

interface SharedAccessSignature {
  /** As in the token, still encoded: this text is what was signed. */
  sr: string;
  signature: Buffer;
  expiresAt: number;
  ruleName: string;
}

const prefix = 'SharedAccessSignature ';

export const isSharedAccessSignature = (token: string): boolean =>
  token.toLowerCase().startsWith(prefix.toLowerCase());

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return '';
  }
}

function parse(token: string): SharedAccessSignature {
  const fields = new Map(
    token
      .slice(prefix.length)
      .split('&')
      .map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)] as const;
      }),
  );
  const sr = fields.get('sr');
  const expiresAt = Number(fields.get('se'));
  const ruleName = decode(fields.get('skn'));
  if (!sr || !ruleName || !Number.isInteger(expiresAt) || !fields.get('sig'))
    throw new HandshakeRefusal(401, 'MalformedToken: The token must have sr, sig, se and skn.');
  return { sr, signature: Buffer.from(decode(fields.get('sig')), 'base64'), expiresAt, ruleName };
}

/** `host/path` in lower case, without scheme, port, query, `$hc/` and a final slash. */
function normalise(resource: string): string {
  return resource
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[?#].*$/, '')
    .replace(/^([^/:]+):\d+/, '$1')
    .replace('/$hc/', '/')
    .replace(/\/+$/, '');
}

/**
 * Checks a token by the rules that may sign for the path (Azure Relay hybrid connections protocol). 401 when it proves nothing, 403 when it
 * proves something else than what is asked. `resource` is `host/path`. Answers its end in Unix seconds.
 */
export function verifySharedAccessSignature(
  token: string,
  rules: readonly SharedAccessRule[],
  right: RelayRight,
  resource: string,
  nowSeconds: number,
): number {
  const { sr, signature, expiresAt, ruleName } = parse(token);
  const signedBy = rules.filter(
    (rule) =>
      rule.name.toLowerCase() === ruleName.toLowerCase() &&
      [rule.primaryKey, rule.secondaryKey].some((key) => {
        const expected = createHmac('sha256', key).update(`${sr}\n${expiresAt}`).digest();
        return expected.length === signature.length && timingSafeEqual(expected, signature);
      }),
  );
  if (signedBy.length === 0)
    throw new HandshakeRefusal(401, 'InvalidSignature: The token has an invalid signature.');
  if (nowSeconds >= expiresAt) throw new HandshakeRefusal(401, 'ExpiredToken: The token is expired.');
  const scope = normalise(decode(sr));
  const asked = normalise(resource);
  if (asked !== scope && !asked.startsWith(`${scope}/`))
    throw new HandshakeRefusal(403, 'InvalidAudience: The token is for another resource.');
  if (!signedBy.some((rule) => rule.rights.includes(right)))
    throw new HandshakeRefusal(
      403,
      `Unauthorized access. '${right}' claim(s) are required to perform this operation.`,
    );
  return expiresAt;
}
