import { z } from 'zod';
import { problemShape } from './acme-problem.ts';

/** What is read of an authority's answers; members that are not named here are ignored (RFC 8555 section 7.1). */
export const directoryShape = z.object({
  newNonce: z.url(),
  newAccount: z.url(),
  newOrder: z.url(),
  renewalInfo: z.url().optional(),
  meta: z.object({ externalAccountRequired: z.boolean().default(false) }).prefault({}),
});

export const orderShape = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  authorizations: z.array(z.url()),
  finalize: z.url(),
  certificate: z.url().optional(),
  error: problemShape.optional(),
});

export const challengeShape = z.object({
  type: z.string(),
  url: z.url(),
  status: z.enum(['pending', 'processing', 'valid', 'invalid']),
  token: z.string().optional(),
  error: problemShape.optional(),
});

export const authorizationShape = z.object({
  identifier: z.object({ type: z.string(), value: z.string() }),
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  challenges: z.array(challengeShape),
});

export const renewalInfoShape = z.object({
  suggestedWindow: z.object({
    start: z.iso.datetime({ offset: true }),
    end: z.iso.datetime({ offset: true }),
  }),
});

export type AcmeDirectory = z.infer<typeof directoryShape>;
export type AcmeOrder = z.infer<typeof orderShape>;
export type AcmeChallenge = z.infer<typeof challengeShape>;
export type AcmeAuthorization = z.infer<typeof authorizationShape>;
