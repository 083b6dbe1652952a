import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePrograms } from '../support/programs.ts';
import { type AuthorityRig, createAuthorityRig, zone } from './authority-rig.ts';
import { failureOf, type ProgramResult, runProgram } from './run-program.ts';

const isHere = requirePrograms('certbot against the certificate authority', [
  { program: 'certbot', debianPackage: 'certbot' },
  { program: 'curl', debianPackage: 'curl' },
]);

const macKey = 'YSBzZWNyZXQgYmV0d2VlbiB0aGUgdHdv';

/** EFF's certbot with manual hooks: an RSA account key, python-requests, and JWS by josepy. */
describe.skipIf(!isHere)('certbot', () => {
  let rig: AuthorityRig;
  let bound: AuthorityRig;
  beforeAll(async () => {
    // certbot repeats a refused nonce once; two in a row are rare and real.
    rig = await createAuthorityRig({ nonceRejectRate: 0 });
    bound = await createAuthorityRig({ externalAccounts: { customer: macKey }, nonceRejectRate: 0 });
  });
  afterAll(async () => {
    await rig.close();
    await bound.close();
  });

  const certbot = (at: AuthorityRig, ...args: string[]): Promise<ProgramResult> => {
    const folders = ['config', 'work', 'logs'].flatMap((name) => [`--${name}-dir`, join(at.folder, name)]);
    const common = ['--server', at.directoryUrl, '--non-interactive', ...folders];
    return runProgram('certbot', [...args, ...common], { REQUESTS_CA_BUNDLE: join(at.folder, 'root.pem') });
  };
  const obtain = (at: AuthorityRig, names: readonly string[], ...args: string[]): Promise<ProgramResult> => {
    const hook = (change: string) =>
      `curl -fsS "${at.hookUrl}/${change}/_acme-challenge.$CERTBOT_DOMAIN/$CERTBOT_VALIDATION"`;
    const hooks = ['--manual-auth-hook', hook('present'), '--manual-cleanup-hook', hook('cleanup')];
    const account = ['--agree-tos', '--email', 'operator@example.org', '--no-eff-email'];
    const domains = names.flatMap((name) => ['--domain', name]);
    const manual = ['--manual', '--preferred-challenges', 'dns', ...hooks];
    return certbot(at, 'certonly', ...manual, ...account, ...domains, ...args);
  };
  const certificate = (at: AuthorityRig, name: string): X509Certificate =>
    new X509Certificate(readFileSync(join(at.folder, 'config', 'live', name, 'cert.pem')));
  const rowsOf = (title: string) =>
    rig.authority.inspect?.().find((table) => table.title === title)?.rows ?? [];

  it('gets a certificate for a name and its wildcard, renews it and revokes it with a reason', async () => {
    const names = [`certbot.${zone}`, `*.certbot.${zone}`];
    const ran = await obtain(rig, names);
    expect(failureOf(ran)).toBeUndefined();
    const first = certificate(rig, `certbot.${zone}`);
    expect(first.subjectAltName?.split(', ').toSorted()).toEqual(
      names.map((name) => `DNS:${name}`).toSorted(),
    );
    expect(rig.zones[zone]).not.toHaveProperty('_acme-challenge.certbot');
    const renewed = await certbot(rig, 'renew', '--force-renewal', '--no-random-sleep-on-renew');
    expect(failureOf(renewed)).toBeUndefined();
    expect(certificate(rig, `certbot.${zone}`).serialNumber).not.toBe(first.serialNumber);
    const path = join(rig.folder, 'config', 'live', `certbot.${zone}`, 'cert.pem');
    const reason = ['--reason', 'superseded', '--no-delete-after-revoke'];
    const revoked = await certbot(rig, 'revoke', '--cert-path', path, ...reason);
    expect(failureOf(revoked)).toBeUndefined();
    expect(rowsOf('Certificates').filter((row) => row[5] === 4)).toHaveLength(1);
  });

  it('changes its contacts, and leaves', async () => {
    const updated = await certbot(rig, 'update_account', '--email', 'other@example.org', '--no-eff-email');
    expect(failureOf(updated)).toBeUndefined();
    expect(rowsOf('Accounts')).toMatchObject([
      [expect.any(String), 'valid', 'mailto:other@example.org', '', 2],
    ]);
    const left = await certbot(rig, 'unregister');
    expect(failureOf(left)).toBeUndefined();
    expect(rowsOf('Accounts')).toMatchObject([{ 1: 'deactivated' }]);
  });

  it('binds an external account', async () => {
    const binding = ['--eab-kid', 'customer', '--eab-hmac-key', macKey];
    const ran = await obtain(bound, [`eab.${zone}`], ...binding);
    expect(failureOf(ran)).toBeUndefined();
  });

  it('gives up at a limit that the authority set', async () => {
    bound.authority.faults.set('newOrder', { throttleMs: 60_000 });
    const limited = await obtain(bound, [`limited.${zone}`]);
    bound.authority.faults.clear();
    expect(limited.code).not.toBe(0);
    // This version fails to print the refusal ("can't set attribute"); its log has it.
    const log = readFileSync(join(bound.folder, 'logs', 'letsencrypt.log'), 'utf8');
    expect(log).toContain('urn:ietf:params:acme:error:rateLimited');
    expect(log).toMatch(/Retry-After: 60/i);
  });
});
