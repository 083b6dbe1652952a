/** Unix milliseconds at which a shared access signature (`se`) or a JWT (`exp`) ends; undefined when it does not say. */
export function tokenExpiry(token: string): number | undefined {
  const signed = /[ &]se=(\d{1,12})(?:&|$)/.exec(token)?.[1];
  if (signed) return Number(signed) * 1000;
  const [, payload] = token.split('.');
  if (!payload) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const hasExpiry = typeof claims === 'object' && claims !== null && 'exp' in claims;
    return hasExpiry && typeof claims.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
