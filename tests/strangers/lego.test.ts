import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePrograms } from '../support/programs.ts';
import { type AuthorityRig, createAuthorityRig, zone } from './authority-rig.ts';
import { failureOf, type ProgramResult, runProgram } from './run-program.ts';

const isHere = requirePrograms('lego against the certificate authority', [
  { program: 'lego', debianPackage: 'lego' },
  { program: 'curl', debianPackage: 'curl' },
]);

const macKey = 'YSBzZWNyZXQgYmV0d2VlbiB0aGUgdHdv';

/** go-acme/lego with its `exec` provider: RFC 8555 by a client that knows nothing of this stand-in. */
describe.skipIf(!isHere)('lego', () => {
  let rig: AuthorityRig;
  let bound: AuthorityRig;
  beforeAll(async () => {
    rig = await createAuthorityRig();
    bound = await createAuthorityRig({ externalAccounts: { customer: macKey } });
  });
  afterAll(async () => {
    await rig.close();
    await bound.close();
  });

  const lego = (at: AuthorityRig, names: readonly string[], ...args: string[]): Promise<ProgramResult> => {
    const hook = join(at.folder, 'hook.sh');
    writeFileSync(hook, `#!/bin/sh\nexec curl -fsS "${at.hookUrl}/$1/$2/$3"\n`);
    chmodSync(hook, 0o755);
    const common = ['--accept-tos', '--email', 'operator@example.org', '--path', at.folder];
    const server = ['--server', at.directoryUrl, '--dns', 'exec'];
    const resolver = ['--dns.resolvers', `127.0.0.1:${at.dns.port}`, '--dns.disable-cp'];
    const domains = names.flatMap((name) => ['--domains', name]);
    return runProgram('lego', [...common, ...server, ...resolver, ...domains, ...args], {
      LEGO_CA_CERTIFICATES: join(at.folder, 'root.pem'),
      EXEC_PATH: hook,
      EXEC_POLLING_INTERVAL: '1',
      EXEC_SEQUENCE_INTERVAL: '0',
    });
  };
  const certificate = (at: AuthorityRig, name: string): X509Certificate =>
    new X509Certificate(readFileSync(join(at.folder, 'certificates', `${name}.crt`)));

  it('gets a certificate for a name and its wildcard, renews and revokes it with a reason', async () => {
    const names = [`lego.${zone}`, `*.lego.${zone}`];
    const ran = await lego(rig, names, 'run');
    expect(failureOf(ran)).toBeUndefined();
    const first = certificate(rig, `lego.${zone}`);
    expect(first.subjectAltName).toBe(names.map((name) => `DNS:${name}`).join(', '));
    expect(rig.zones[zone]).not.toHaveProperty('_acme-challenge.lego');
    const renewed = await lego(rig, names, 'renew', '--days', '365', '--no-random-sleep');
    expect(failureOf(renewed)).toBeUndefined();
    expect(certificate(rig, `lego.${zone}`).serialNumber).not.toBe(first.serialNumber);
    const revoked = await lego(rig, names.slice(0, 1), 'revoke', '--reason', '4');
    expect(failureOf(revoked)).toBeUndefined();
    const table = rig.authority.inspect?.().find(({ title }) => title === 'Certificates');
    expect(table?.rows.filter((row) => row[5] === 4)).toHaveLength(1);
  });

  it.each(['rsa2048', 'ec384'])('gets a certificate for an %s key', async (keyType) => {
    const ran = await lego(rig, [`${keyType}.${zone}`], '--key-type', keyType, 'run');
    expect(failureOf(ran)).toBeUndefined();
  });

  it('binds an external account, and is refused without one', async () => {
    const without = await lego(bound, [`eab.${zone}`], 'run');
    expect(without.code).not.toBe(0);
    expect(without.output).toMatch(/external account/i);
    const binding = ['--eab', '--kid', 'customer', '--hmac', macKey];
    const ran = await lego(bound, [`eab.${zone}`], ...binding, 'run');
    expect(failureOf(ran)).toBeUndefined();
  });

  it('repeats every request whose nonce is refused', async () => {
    rig.authority.faults.set('badNonce', { probability: 0.3 });
    const ran = await lego(rig, [`nonce.${zone}`], 'run');
    rig.authority.faults.clear();
    expect(failureOf(ran)).toBeUndefined();
  });

  it('reports a limit and a record that the name server lies about', async () => {
    rig.authority.faults.set('newOrder', { throttleMs: 60_000 });
    const limited = await lego(rig, [`limited.${zone}`], 'run');
    rig.authority.faults.clear();
    expect(limited.output).toContain('rateLimited');
    rig.dns.faults.set('TXT', { answer: ['a lie'] });
    const deceived = await lego(rig, [`deceived.${zone}`], 'run');
    rig.dns.faults.clear();
    expect(deceived.output).toContain('Incorrect TXT record "a lie"');
  });
});
