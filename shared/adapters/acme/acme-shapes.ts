import { z } from 'zod';
import { problemShape } from './acme-problem.ts';

/** What is read of an authority's answers; members that are not named here are ignored (RFC 8555 section 7.1). */
export const directoryShape = z.object({
  newNonce: z.url(),
  newAccount: z.url(),
  newOrder: z.url(),
  revokeCert: z.url().optional(),
  keyChange: z.url().optional(),
  /** RFC 9773 section 4.1. */
  renewalInfo: z.url().optional(),
  meta: z
    .object({
      externalAccountRequired: z.boolean().default(false),
      caaIdentities: z.array(z.string()).default([]),
      /** draft-ietf-acme-profiles: what is offered, each with a description. */
      profiles: z.record(z.string(), z.unknown()).default({}),
    })
    .prefault({}),
});

export const accountShape = z.object({
  status: z.enum(['valid', 'deactivated', 'revoked']).default('valid'),
  contact: z.array(z.string()).optional(),
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
  suggestedWindow: z
    .object({
      start: z.iso.datetime({ offset: true }),
      end: z.iso.datetime({ offset: true }),
    })
    // RFC 9773 section 4.2: such a window counts as no answer.
    .refine(({ start, end }) => Date.parse(end) > Date.parse(start), 'the window ends before it starts'),
  explanationURL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .catch(undefined),
});

export type AcmeDirectory = z.infer<typeof directoryShape>;
export type AcmeOrder = z.infer<typeof orderShape>;
export type AcmeChallenge = z.infer<typeof challengeShape>;
export type AcmeAuthorization = z.infer<typeof authorizationShape>;
