import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { webcrypto } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import * as x509 from '@peculiar/x509';
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
import type { StandIn, TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import {
  type AcmeCertificateAuthorityOptions,
  createAcmeCertificateAuthority,
} from '#shared/adapters/acme/acme-certificate-authority.ts';
import type { CertificateAuthority, CertificateOrder } from '#shared/ports/certificate-authority.ts';
import { soa, type ZoneTable, zonesOf } from '../dns/zone-table.ts';
import { type AccountKey, createAccountKey } from './account-key.ts';

x509.cryptoProvider.set(webcrypto);

export const zone = 'wac.localhost';

export interface Rig {
  root: Authority;
  dns: StandIn;
  zones: ZoneTable;
  authority: CertificateAuthorityStandIn;
  store: DatabaseSync;
  directoryUrl: string;
  origin: string;
  /** What another process needs to be the same authority. */
  settings: Pick<CertificateAuthorityOptions, 'tls' | 'issuer' | 'root' | 'dnsServer' | 'nonceRejectRate'>;
  accountKey: AccountKey;
  client: CertificateAuthority;
  createClient(options?: Partial<AcmeCertificateAuthorityOptions>): CertificateAuthority;
  /** Writes the values of an order into the zone. */
  publish(order: CertificateOrder): void;
  /** Ends the server as it is and starts another on the same store. */
  reopen(overrides?: Partial<CertificateAuthorityOptions>): Promise<void>;
  close(): Promise<void>;
}

/** A DNS server, a certificate authority that asks it, and our client, on real wires. */
export async function createRig(overrides: Partial<CertificateAuthorityOptions> = {}): Promise<Rig> {
  const root = await createLocalRoot(Date.now());
  const issuer = await createIntermediate(root, 'Local test intermediate', Date.now());
  const tls: TlsIdentity = await issueServerIdentity(root, ['acme.localhost'], Date.now());
  setDefaultCACertificates([...getCACertificates('default'), root.cert]);
  const zones: ZoneTable = { [zone]: { '@': [soa] } };
  const store = overrides.store ?? openStore(':memory:');
  const dns = await createDns({ clock: systemClock, store, port: 0, zones: zonesOf(zones) });
  const settings: Rig['settings'] = {
    tls,
    issuer,
    root: root.cert,
    dnsServer: { host: '127.0.0.1', port: dns.port },
    nonceRejectRate: 0,
  };
  const open = (port: number, more: Partial<CertificateAuthorityOptions> = {}) =>
    createCertificateAuthority({
      clock: systemClock,
      store,
      port,
      ...settings,
      ...overrides,
      ...more,
    });
  const authority = await open(0);
  const origin = `https://acme.localhost:${authority.port}`;
  const accountKey = createAccountKey();
  const createClient: Rig['createClient'] = (options = {}) =>
    createAcmeCertificateAuthority({
      name: 'local',
      limits: [],
      directoryUrl: `${origin}/directory`,
      accountKey,
      now: () => systemClock.now(),
      ...options,
    });
  const rig: Rig = {
    root,
    dns,
    zones,
    authority,
    store,
    origin,
    directoryUrl: `${origin}/directory`,
    settings,
    accountKey,
    client: createClient(),
    createClient,
    publish(order) {
      const table = zones[zone] ?? {};
      for (const { recordName, recordValue } of order.challenges) {
        const relative = recordName.slice(0, -zone.length - 1);
        const values = table[relative]?.[0]?.values ?? [];
        table[relative] = [{ type: 'TXT', ttlSeconds: 1, values: [...values, recordValue] }];
      }
    },
    async reopen(more) {
      await rig.authority.close();
      rig.authority = await open(rig.authority.port, more);
      // Connections that fetch kept open to the one before fail once; that is not what is tested.
      while (!(await fetch(rig.directoryUrl).catch(() => undefined))?.ok);
    },
    async close() {
      await rig.authority.close();
      await dns.close();
    },
  };
  return rig;
}

/** A PKCS#10 request, DER, with its key as PEM. */
export async function createRequest(
  names: readonly string[],
  algorithm: 'EC' | 'RSA' = 'EC',
): Promise<{ der: Buffer; keyPem: string }> {
  const keyAlgorithm =
    algorithm === 'EC'
      ? { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
        };
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `CN=${names[0]}`,
    keys,
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { der: Buffer.from(request.rawData), keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}

/** Repeats a step until it no longer asks to wait. */
export async function settle<T extends { state: string }>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    const progress = await step();
    if (progress.state !== 'pending' && progress.state !== 'processing') return progress;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Issued {
  chain: string;
  keyPem: string;
  orderUrl: string;
  renewalId: string;
}

/** Order, proof and issue of these names; answers the chain and the key of the leaf. */
export async function issue(
  rig: Rig,
  hostNames: readonly string[],
  options: { algorithm?: 'EC' | 'RSA'; client?: CertificateAuthority; replaces?: string } = {},
): Promise<Issued> {
  const { algorithm = 'EC', client = rig.client, replaces } = options;
  const order = await client.createOrder({ hostNames, ...(replaces !== undefined && { replaces }) });
  rig.publish(order);
  for (const { challengeUrl } of order.challenges) await client.answerChallenge(challengeUrl);
  await settle(() => client.readOrder(order.orderUrl));
  const { der, keyPem } = await createRequest(hostNames, algorithm);
  await settle(() => client.finalizeOrder(order.orderUrl, der));
  const { chainPem, renewalId = '' } = await client.downloadChain(order.orderUrl);
  return { chain: chainPem, keyPem, orderUrl: order.orderUrl, renewalId };
}
