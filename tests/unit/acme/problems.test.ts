import { describe, expect, it } from 'vitest';
import { AcmeProblem, toRefusal } from '#shared/adapters/acme/acme-problem.ts';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';

const urn = (type: string): string => `urn:ietf:params:acme:error:${type}`;

const refusalOf = (status: number, type: string, retryAfterMs?: number): AppError => {
  const refusal = toRefusal(
    new AcmeProblem(status, { type, detail: 'because', subproblems: [] }, retryAfterMs),
  );
  if (refusal instanceof AppError) return refusal;
  throw new Error('not translated');
};

describe('problems of an authority in our words', () => {
  it.each<[number, string, ErrorCode]>([
    [429, urn('rateLimited'), 'certificate_rate_limited'],
    [429, 'about:blank', 'certificate_rate_limited'],
    [503, urn('rateLimited'), 'certificate_rate_limited'],
    [500, urn('serverInternal'), 'certificate_authority_unavailable'],
    [503, 'about:blank', 'certificate_authority_unavailable'],
    [400, urn('badNonce'), 'certificate_authority_unavailable'],
    [0, urn('unauthorized'), 'certificate_challenge_failed'],
    [0, urn('dns'), 'certificate_challenge_failed'],
    [0, urn('caa'), 'certificate_authority_forbidden'],
    [403, urn('caa'), 'certificate_authority_forbidden'],
    [403, urn('unauthorized'), 'certificate_order_refused'],
    [400, urn('badCSR'), 'certificate_order_refused'],
    [400, urn('rejectedIdentifier'), 'certificate_order_refused'],
    [404, 'https://ca.example/errors/odd', 'certificate_order_refused'],
  ])('calls HTTP %i %s %s', (status, type, code) => {
    expect(refusalOf(status, type)).toMatchObject({ code, cause: { status } });
  });

  it('keeps the wait that was named, and names one for a limit without', () => {
    expect(refusalOf(429, urn('rateLimited'), 5_000).retryAfterMs).toBe(5_000);
    expect(refusalOf(429, urn('rateLimited')).retryAfterMs).toBe(600_000);
    expect(refusalOf(503, urn('serverInternal')).retryAfterMs).toBeUndefined();
  });

  it('says what is wrong with each name', () => {
    const subproblems = [
      { type: urn('caa'), detail: 'the zone forbids it', identifier: { type: 'dns', value: 'a.example' } },
      { type: urn('dns'), detail: '', identifier: { type: 'dns', value: 'b.example' } },
    ];
    const refusal = toRefusal(
      new AcmeProblem(0, { type: urn('compound'), detail: 'two names failed', subproblems }),
    );
    expect(refusal).toMatchObject({
      code: 'certificate_authority_forbidden',
      message: 'two names failed; a.example: the zone forbids it; b.example: dns',
      facts: { type: 'compound', subproblems },
    });
  });

  it('leaves what is no problem as it is', () => {
    const error = new AppError('configuration_incomplete', 'no key');
    expect(toRefusal(error)).toBe(error);
  });
});
