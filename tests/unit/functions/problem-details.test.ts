import { describe, expect, it } from 'vitest';
import { problemOf } from '#functions/http/problem-details.ts';
import { AppError, type ErrorCode, errorTable } from '#shared/domain/error.ts';
import { problem } from '#shared/protocol/api.ts';

function render(error: AppError) {
  const { response, instance } = problemOf(error);
  return {
    status: response.status,
    instance,
    headers: new Headers(response.headers),
    body: JSON.parse(typeof response.body === 'string' ? response.body : '') as Record<string, unknown>,
  };
}

describe('a problem', () => {
  it('RFC 9457: has the members of the standard and ours', () => {
    const { status, headers, body, instance } = render(
      new AppError('port_not_allowed', 'the policy refuses WAC'),
    );
    expect(status).toBe(403);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(body).toEqual({
      type: '/api/openapi.json#port_not_allowed',
      title: 'The machine does not allow this port',
      status: 403,
      detail: 'the policy refuses WAC',
      instance,
      code: 'port_not_allowed',
      hop: 'agent',
      remedy: 'On the machine: azcmagent config set incomingconnections.ports <port>.',
      retryable: false,
    });
  });

  it.each(Object.keys(errorTable) as ErrorCode[])('of %s has the shape that is promised', (code) => {
    const { status, body } = render(new AppError(code, 'detail'));
    expect(problem.parse(body)).toMatchObject({ code, status });
  });

  it('carries its facts, and none of them can pass for a member', () => {
    const facts = { missingAction: 'x/action', status: 200, code: 'fine', remedy: 'none' };
    const { body } = render(new AppError('access_denied', 'no', { facts }));
    expect(body).toMatchObject({ missingAction: 'x/action', status: 403, code: 'access_denied' });
    expect(body['remedy']).not.toBe('none');
  });

  it('of the inside tells nothing of the inside', () => {
    const { body } = render(new AppError('internal_error', 'password=hunter2 at /srv/app/x.ts'));
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(body['detail']).toBe('The failure is in the log under `instance`.');
  });

  it.each<[string, AppError, string | null]>([
    [
      'what the other side asked for, in whole seconds',
      new AppError('certificate_rate_limited', 'x', { retryAfterMs: 1_500 }),
      '2',
    ],
    ['five seconds when it may be repeated', new AppError('dns_unavailable', 'x'), '5'],
    ['nothing when repeating does not help', new AppError('endpoint_in_use', 'x'), null],
  ])('asks to wait %s', (_, error, expected) => {
    expect(render(error).headers.get('retry-after')).toBe(expected);
  });

  it.each<[ErrorCode, string | null]>([
    ['token_missing', 'Bearer'],
    ['agent_token_invalid', 'Bearer'],
    ['access_denied', null],
  ])('RFC 9110: of %s names the scheme: %s', (code, expected) => {
    expect(render(new AppError(code, 'x')).headers.get('www-authenticate')).toBe(expected);
  });

  it('has a name of its own each time', () => {
    const error = new AppError('not_found', 'x');
    expect(problemOf(error).instance).not.toBe(problemOf(error).instance);
  });
});
