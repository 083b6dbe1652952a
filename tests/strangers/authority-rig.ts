import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateAuthorityOptions,
  type CertificateAuthorityStandIn,
  createCertificateAuthority,
} from '#local/certificate-authority/certificate-authority.ts';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import {
  type Authority,
  createIntermediate,
  createLocalRoot,
  issueServerIdentity,
} from '#local/kit/local-authority.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { soa, type ZoneTable, zonesOf } from '../contract/dns/zone-table.ts';

export const zone = 'wac.localhost';

export interface AuthorityRig {
  /** A folder of its own; `root.pem` in it is what a client trusts. */
  folder: string;
  root: Authority;
  dns: StandIn;
  zones: ZoneTable;
  authority: CertificateAuthorityStandIn;
  /** By address: not every resolver knows names below localhost. */
  directoryUrl: string;
  /** Where a hook writes and clears TXT values: `/present/<name>/<value>`, `/cleanup/<name>/<value>`. */
  hookUrl: string;
  close(): Promise<void>;
}

function setTxt(zones: ZoneTable, change: 'present' | 'cleanup', name: string, value: string): void {
  const table = zones[zone] ?? {};
  const relative = name.replace(/\.$/, '').slice(0, -zone.length - 1);
  const values = (table[relative]?.[0]?.values ?? []).filter((other) => other !== value);
  if (change === 'present') values.push(value);
  if (values.length === 0) delete table[relative];
  else table[relative] = [{ type: 'TXT', ttlSeconds: 1, values }];
}

/** Name server and authority, and a small address at which a client's hook publishes its TXT values. */
export async function createAuthorityRig(
  overrides: Partial<CertificateAuthorityOptions> = {},
): Promise<AuthorityRig> {
  const folder = mkdtempSync(join(tmpdir(), 'strangers-'));
  const root = await createLocalRoot(Date.now());
  writeFileSync(join(folder, 'root.pem'), root.cert);
  const zones: ZoneTable = {
    [zone]: { '@': [soa, { type: 'NS', ttlSeconds: 3600, values: [`ns1.${zone}.`] }] },
  };
  const store = openStore(':memory:');
  const dns = await createDns({ clock: systemClock, store, port: 0, zones: zonesOf(zones) });
  const authority = await createCertificateAuthority({
    clock: systemClock,
    store,
    port: 0,
    tls: await issueServerIdentity(root, ['acme.localhost'], Date.now()),
    issuer: await createIntermediate(root, 'Local test intermediate', Date.now()),
    root: root.cert,
    dnsServer: { host: '127.0.0.1', port: dns.port },
    ...overrides,
  });
  const hooks = createServer((request, response) => {
    const [, change, name = '', value = ''] = (request.url ?? '').split('/').map(decodeURIComponent);
    if (change === 'present' || change === 'cleanup') setTxt(zones, change, name, value);
    else response.statusCode = 404;
    response.end();
  });
  await new Promise<void>((done) => hooks.listen(0, '127.0.0.1', done));
  return {
    folder,
    root,
    dns,
    zones,
    authority,
    directoryUrl: `https://127.0.0.1:${authority.port}/directory`,
    hookUrl: `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`,
    async close() {
      hooks.close();
      await authority.close();
      await dns.close();
      rmSync(folder, { recursive: true });
    },
  };
}
