import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { DefaultAzureCredential } from '@azure/identity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import { type Cloud, call, groupId, startCloud, versions } from '../contract/resource-manager/cloud.ts';
import { requirePrograms } from '../support/programs.ts';
import { type AuthorityRig, createAuthorityRig, zone } from './authority-rig.ts';
import { failureOf, type ProgramResult, runProgram } from './run-program.ts';

const isHere = requirePrograms('lego through our zone', [{ program: 'lego', debianPackage: 'lego' }]);
const zoneId = `${groupId}/providers/Microsoft.Network/dnszones/${zone}`;
const preload = fileURLToPath(new URL('../../local/kit/preload.mjs', import.meta.url));
const program = fileURLToPath(new URL('./publish-proof.ts', import.meta.url));

/** go-acme/lego whose proofs are written through our Azure DNS adapter: to a stranger, our zone is a zone. */
describe.skipIf(!isHere)('lego through our zone', () => {
  let cloud: Cloud;
  let server: StandIn;
  let rig: AuthorityRig;
  let dns: DnsZone;
  let runs = 0;
  beforeAll(async () => {
    cloud = await startCloud();
    const store = openStore(':memory:');
    server = await createDns({ clock: systemClock, store, port: 0, zones: cloud.arm.zones });
    rig = await createAuthorityRig({ dnsServer: { host: '127.0.0.1', port: server.port } });
    // The hook is a process of its own and has to trust the twin's root as this one does.
    const bundled = new Set(getCACertificates('bundled'));
    const added = getCACertificates('default').filter((certificate) => !bundled.has(certificate));
    writeFileSync(join(rig.folder, 'twin-root.pem'), added.join('\n'));
    const hook = `exec "${process.execPath}" --import "${preload}"`;
    writeFileSync(join(rig.folder, 'hook.sh'), `#!/bin/sh\n${hook} "${program}" "$@"\n`);
    chmodSync(join(rig.folder, 'hook.sh'), 0o755);
    dns = createAzureDnsZone({
      endpoint: cloud.arm.origin,
      audience: 'https://management.azure.com',
      credential: new DefaultAzureCredential(),
      zoneId,
      now: () => new Date(),
    });
  });
  afterAll(async () => {
    await rig.close();
    await server.close();
  });

  /** Each run has an account and a folder of its own. */
  const lego = async (...names: string[]): Promise<ProgramResult & { folder: string }> => {
    runs += 1;
    const folder = join(rig.folder, `run-${runs}`);
    mkdirSync(folder);
    const account = ['--accept-tos', '--email', 'operator@example.org', '--path', folder];
    const challenge = ['--dns', 'exec', '--dns.resolvers', `127.0.0.1:${server.port}`, '--dns.disable-cp'];
    const domains = names.flatMap((name) => ['--domains', name]);
    const args = [...account, '--server', rig.directoryUrl, ...challenge, ...domains, 'run'];
    const result = await runProgram('lego', args, {
      LEGO_CA_CERTIFICATES: join(rig.folder, 'root.pem'),
      EXEC_PATH: join(rig.folder, 'hook.sh'),
      EXEC_POLLING_INTERVAL: '1',
      EXEC_SEQUENCE_INTERVAL: '0',
      ADMIN_CENTER_LOCAL_CA_FILE: join(rig.folder, 'twin-root.pem'),
      ARM_ENDPOINT: cloud.arm.origin,
      ZONE_ID: zoneId,
    });
    return { ...result, folder };
  };
  const namesIn = (folder: string, name: string): string | undefined =>
    new X509Certificate(readFileSync(join(folder, 'certificates', `${name}.crt`))).subjectAltName;
  const textsAt = (relativeName: string) =>
    cloud.arm.zones
      .recordSets(zone, relativeName)
      .flatMap(({ type, values }) => (type === 'TXT' ? values : []));

  it('gets a certificate for a name and its wildcard while the proofs of another order stand there', async () => {
    const proof = '_acme-challenge.lego';
    await dns.addTextValues(proof, ['base of another order', 'wildcard of another order']);
    const ran = await lego(`lego.${zone}`, `*.lego.${zone}`);
    expect(failureOf(ran)).toBeUndefined();
    expect(namesIn(ran.folder, `lego.${zone}`)).toBe(`DNS:lego.${zone}, DNS:*.lego.${zone}`);
    expect(cloud.arm.calls.count('PUT Microsoft.Network/dnsZones/TXT')).toBeGreaterThanOrEqual(5);
    expect(textsAt(proof).toSorted()).toEqual(['base of another order', 'wildcard of another order']);
  });

  it('gets two certificates for one name at once (acmebot defect 5)', async () => {
    const names = [`both.${zone}`, `*.both.${zone}`];
    const both = await Promise.all([lego(...names), lego(...names)]);
    for (const ran of both) {
      expect(failureOf(ran)).toBeUndefined();
      expect(namesIn(ran.folder, `both.${zone}`)).toContain(`DNS:*.both.${zone}`);
    }
    expect(textsAt('_acme-challenge.both')).toEqual([]);
  });

  it('is told whose record is in its way, and the record stays as it was', async () => {
    const body = { properties: { TTL: 60, TXTRecords: [{ value: ['made by hand'] }] } };
    const path = `${zoneId}/TXT/_acme-challenge.theirs`;
    await call(cloud.clientOf(), 'put', path, versions.dns, { body });
    const ran = await lego(`theirs.${zone}`);
    expect(ran.code).not.toBe(0);
    expect(ran.output).toContain(`TXT _acme-challenge.theirs.${zone} was not made by us`);
    expect(textsAt('_acme-challenge.theirs')).toEqual(['made by hand']);
  });
});
