import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createDns } from '#local/dns/dns.ts';
import { systemClock } from '#local/kit/clock.ts';
import { freePort } from '#local/kit/free-port.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { soa, type ZoneTable, zonesOf } from '../contract/dns/zone-table.ts';

export const zone = 'wac.localhost';
/** The tests of pebble itself use this pair. */
export const externalAccount = {
  keyId: 'kid-1',
  macKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W',
};

const program = 'pebble';

export interface PebbleRig {
  directoryUrl: string;
  dns: StandIn;
  /** Changed by a test between two questions. */
  zones: ZoneTable;
  /** PEM of the root at this place: 0 is the default, 1 the alternate. */
  root(place: number): Promise<string>;
  /** `Valid` or `Revoked` and the reason, for a serial number in hex. */
  statusOf(serialNumber: string): Promise<unknown>;
  /** What pebble printed so far. */
  log(): string;
  close(): Promise<void>;
}

async function waitForDirectory(url: string, pebble: ChildProcess, log: () => string): Promise<void> {
  while (!(await fetch(url).catch(() => undefined))?.ok) {
    if (pebble.exitCode !== null) throw new Error(`pebble ended:\n${log()}`);
    await sleep(50);
  }
}

/** Pebble in strict mode: it refuses every fifth nonce, wants an external account and asks our DNS server. */
export async function createPebbleRig(): Promise<PebbleRig> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-'));
  const root = await createLocalRoot(Date.now());
  const { key, cert } = await issueServerIdentity(root, ['pebble.localhost'], Date.now());
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  const zones: ZoneTable = { [zone]: { '@': [soa] } };
  const dns = await createDns({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    zones: zonesOf(zones),
  });
  const [port, managementPort] = [await freePort(), await freePort()];
  const settings = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort: 5002,
    tlsPort: 5001,
    ocspResponderURL: '',
    externalAccountBindingRequired: true,
    externalAccountMACKeys: { [externalAccount.keyId]: externalAccount.macKey },
  };
  writeFileSync(settings.certificate, cert);
  writeFileSync(settings.privateKey, key);
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify({ pebble: settings }));
  const pebble = spawn(
    program,
    ['-config', join(folder, 'pebble.json'), '-dnsserver', `127.0.0.1:${dns.port}`, '-strict'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PEBBLE_WFE_NONCEREJECT: '20',
        PEBBLE_VA_NOSLEEP: '1',
        PEBBLE_ALTERNATE_ROOTS: '1',
      },
    },
  );
  let printed = '';
  for (const stream of [pebble.stdout, pebble.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
  }
  const log = () => printed;
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  const management = `https://127.0.0.1:${managementPort}`;
  await waitForDirectory(directoryUrl, pebble, log);
  return {
    directoryUrl,
    dns,
    zones,
    root: async (place) => (await fetch(`${management}/roots/${place}`)).text(),
    statusOf: async (serialNumber) =>
      (await fetch(`${management}/cert-status-by-serial/${serialNumber.toLowerCase()}`)).json(),
    log,
    async close() {
      if (pebble.exitCode === null && pebble.kill()) await once(pebble, 'exit');
      await dns.close();
      rmSync(folder, { recursive: true });
    },
  };
}
