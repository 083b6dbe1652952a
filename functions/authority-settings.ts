import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
/** A limit that our table does not know: `docs/certificates.md` says how an authority's words become these numbers. */
const ownLimit = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]{0,39}$/),
  title: z.string().max(120),
  capacity: z.int().min(1),
  refillSeconds: z.number().positive(),
  scope: z.enum(['zone', 'account', 'machine']),
  freeForReplacements: z.boolean().default(false),
  freeForSameNames: z.boolean().default(false),
});
/** The name of a row of our table, or limits of one's own. */
const limits = z.union([
  z.enum(['lets-encrypt', 'lets-encrypt-staging', 'google-trust-services', 'zerossl', 'none']),
  z.array(ownLimit).max(10),
]);

const acme = z.strictObject({
  name,
  /** Directory URL: using it means that its terms of service are agreed to. */
  directory: z.url({ protocol: /^https$/ }),
  limits,
  contact: z.email().optional(),
  /** RFC 9773's companion: a profile that the authority offers, for example `shortlived`. */
  profile: z.string().max(40).optional(),
  /** Common name of the root or intermediate whose chain is preferred. */
  preferredChain: z.string().max(120).optional(),
  /** Key id, and the Key Vault secret with the MAC key (RFC 8555 section 7.3.4). */
  externalAccount: z.strictObject({ keyId: z.string(), macKeySecret: z.string() }).optional(),
});
/** An issuer that Key Vault itself orders from; the issuer exists in the vault. */
const integrated = z.strictObject({ name, issuer: z.string().regex(/^[A-Za-z0-9-]{1,60}$/), limits });

const authorities = z
  .array(z.union([acme, integrated]))
  .min(1)
  .max(8)
  .refine(
    (list) => new Set(list.map((one) => one.name)).size === list.length,
    'two authorities have one name',
  );

/** JSON text, as a setting holds it. */
export const authorityList = z.string().transform((text, context) => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
  const parsed = authorities.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues)
    context.addIssue({ code: 'custom', message: `${path.map(String).join('.')}: ${message}` });
  return z.NEVER;
});
