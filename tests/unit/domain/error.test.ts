import { describe, expect, it } from 'vitest';
import { AppError, describeError, errorTable, isErrorCode, toAppError } from '#shared/domain/error.ts';
import { accessErrors } from '#shared/domain/errors/access.ts';
import { callerErrors } from '#shared/domain/errors/caller.ts';
import { machineErrors } from '#shared/domain/errors/machine.ts';
import { platformErrors } from '#shared/domain/errors/platform.ts';

const rows = Object.entries(errorTable);

describe('the error table', () => {
  it('has these codes: they are in stored records and in programs of others, and are never renamed', () => {
    expect(Object.keys(errorTable).toSorted()).toEqual([
      'access_denied',
      'access_undecided',
      'agent_not_serving',
      'agent_offline',
      'agent_token_invalid',
      'application_not_allowed',
      'body_too_large',
      'certificate_authority_forbidden',
      'certificate_authority_unavailable',
      'certificate_challenge_failed',
      'certificate_missing',
      'certificate_order_refused',
      'certificate_order_timeout',
      'certificate_rate_limited',
      'certificate_replacement_refused',
      'certificate_request_missing',
      'certificate_revocation_refused',
      'configuration_incomplete',
      'consent_required',
      'direct_mode_unsupported',
      'dns_delegation_broken',
      'dns_name_taken',
      'dns_not_propagated',
      'dns_record_conflict',
      'dns_record_foreign',
      'dns_unavailable',
      'dns_zone_missing',
      'drill_in_progress',
      'drill_not_found',
      'endpoint_in_use',
      'endpoint_missing',
      'enrolment_refused',
      'etag_mismatch',
      'extension_failed',
      'extension_not_installed',
      'extension_outdated',
      'extension_timeout',
      'fleet_install_ended',
      'fleet_install_not_found',
      'internal_error',
      'invalid_request',
      'key_vault_refused',
      'key_vault_unavailable',
      'leaf_mismatch',
      'lease_exists',
      'lease_not_found',
      'lease_own_request',
      'lease_required',
      'lease_state',
      'length_required',
      'machine_not_found',
      'message_bus_unavailable',
      'name_not_resolved',
      'not_found',
      'operation_cancelled',
      'operation_in_progress',
      'operation_interrupted',
      'operation_not_cancellable',
      'operation_not_found',
      'port_not_allowed',
      'port_rule_foreign',
      'port_rule_full',
      'precondition_failed',
      'precondition_unmet',
      'principal_not_found',
      'provider_not_registered',
      'provider_registration_timeout',
      'proxy_refused',
      'proxy_unreachable',
      'relay_unavailable',
      'remote_access_disabled',
      'report_refused',
      'resource_manager_refused',
      'resource_manager_unavailable',
      'roles_unreadable',
      'service_not_configured',
      'service_unreachable',
      'session_not_found',
      'sign_in_unavailable',
      'store_unavailable',
      'token_invalid',
      'token_missing',
      'too_many_requests',
      'unsupported_media_type',
    ]);
  });

  it('has no code twice in its parts', () => {
    const all = [callerErrors, accessErrors, platformErrors, machineErrors];
    const parts = all.map((part) => Object.keys(part).length);
    expect(parts.reduce((sum, count) => sum + count, 0)).toBe(rows.length);
  });

  it.each(rows)('%s has a status of an error, a title and a remedy sentence', (code, row) => {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)+$/);
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    expect(row.title).toMatch(/^[A-Z].*[^.]$/);
    expect(row.remedy).toMatch(/^(On the machine: .+|[A-Z].+)\.$/);
    expect(row.remedy).not.toBe(row.title);
  });

  it('calls no refusal of the caller’s own making retryable', () => {
    const own = rows.filter(([, { status }]) =>
      [400, 401, 403, 404, 411, 412, 413, 415, 422].includes(status),
    );
    expect(own.filter(([, { retryable }]) => retryable)).toEqual([]);
    expect(own.length).toBeGreaterThan(12);
  });

  it('calls everything retryable that only does not answer', () => {
    const silent = rows.filter(([code]) => code.endsWith('_unavailable'));
    expect(silent.every(([, { retryable, status }]) => retryable && status === 503)).toBe(true);
    expect(silent).toHaveLength(8);
  });
});

describe('an error', () => {
  it('takes hop, remedy and whether it may be repeated from its row', () => {
    const error = new AppError('dns_unavailable', 'no answer in 5 s', { retryAfterMs: 2_000 });
    expect(error).toMatchObject({ hop: 'DNS', isRetryable: true, retryAfterMs: 2_000 });
    expect(describeError(error)).toEqual({
      code: 'dns_unavailable',
      hop: 'DNS',
      title: 'Azure DNS does not answer',
      detail: 'no answer in 5 s',
      remedy: 'Wait a minute and try again; nothing is left half-done.',
      retryable: true,
    });
  });

  it('keeps its facts in its record, and none when it has none', () => {
    expect(
      describeError(new AppError('endpoint_in_use', 'x', { facts: { services: ['SSH'] } })),
    ).toMatchObject({
      facts: { services: ['SSH'] },
    });
    expect(describeError(new AppError('endpoint_in_use', 'x'))).not.toHaveProperty('facts');
  });

  it('of ours stays itself, and any other becomes an internal error with it as the cause', () => {
    const ours = new AppError('not_found', 'x');
    const foreign = new RangeError('too long');
    expect(toAppError(ours)).toBe(ours);
    expect(toAppError(foreign)).toMatchObject({
      code: 'internal_error',
      message: 'too long',
      cause: foreign,
    });
    expect(toAppError('text')).toMatchObject({ code: 'internal_error', message: 'text' });
  });

  it.each(['toString', '__proto__', 'constructor', ''])('has no code %j', (text) => {
    expect(isErrorCode(text)).toBe(false);
  });
});
