import { describe, expect, it } from 'vitest';
import { atKeyVault } from '#shared/adapters/azure/key-vault-error.ts';
import { AppError } from '#shared/domain/error.ts';

function vaultError(statusCode: number | undefined, headers: Readonly<Record<string, string>> = {}): Error {
  const error = new Error('what the vault said');
  const response = { headers: { get: (name: string) => headers[name] } };
  return Object.assign(error, { name: 'RestError', statusCode, response });
}

const thrownFor = (error: Error) =>
  atKeyVault('reading the secret x', () => Promise.reject(error)).catch((thrown: unknown) => thrown);

describe('what Key Vault answers', () => {
  it.each([
    ['nothing', undefined, 'key_vault_unavailable'],
    ['that it is in trouble', 503, 'key_vault_unavailable'],
    ['that there are too many calls', 429, 'key_vault_unavailable'],
    ['that the request is wrong', 400, 'key_vault_refused'],
    ['that the caller may not', 403, 'key_vault_refused'],
    ['that it is taken', 409, 'key_vault_refused'],
  ])('%s becomes ours, with what was done and the answer', async (_, status, code) => {
    expect(await thrownFor(vaultError(status))).toMatchObject({
      code,
      hop: 'key vault',
      message: 'reading the secret x: what the vault said',
      facts: status === undefined ? {} : { vaultStatus: status },
    });
  });

  it.each(['ObjectIsBeingDeleted', 'ObjectIsBeingRecovered'])(
    '%s passes by itself, while a name that is deleted stays refused',
    async (code) => {
      const conflict = (innerCode: string) =>
        Object.assign(vaultError(409), { details: { error: { innerError: { code: innerCode } } } });
      expect(await thrownFor(conflict(code))).toMatchObject({ code: 'key_vault_unavailable' });
      expect(await thrownFor(conflict('ObjectIsDeletedButRecoverable'))).toMatchObject({
        code: 'key_vault_refused',
      });
    },
  );

  it('says when to come back, in milliseconds', async () => {
    expect(await thrownFor(vaultError(429, { 'retry-after': '7' }))).toMatchObject({ retryAfterMs: 7000 });
    expect(await thrownFor(vaultError(503))).toMatchObject({ retryAfterMs: undefined });
  });

  it('leaves an error of ours as it is, and keeps one of nobody as the cause', async () => {
    const ours = new AppError('certificate_missing', 'no key');
    expect(await thrownFor(ours)).toBe(ours);
    const bug = new TypeError('x is not a function');
    expect(await thrownFor(bug)).toMatchObject({ code: 'internal_error', cause: bug });
  });
});
