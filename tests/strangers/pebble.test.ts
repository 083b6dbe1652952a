import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAcmeCertificateAuthority } from '#shared/adapters/acme/acme-certificate-authority.ts';
import type { CertificateAuthority, CertificateOrder } from '#shared/ports/certificate-authority.ts';
import { createAccountKey } from '../contract/certificate-authority/account-key.ts';
import { signJws } from '../contract/certificate-authority/raw-request.ts';
import { createRequest, settle } from '../contract/certificate-authority/rig.ts';
import { requirePrograms } from '../support/programs.ts';
import { createPebbleRig, externalAccount, type PebbleRig, zone } from './pebble-rig.ts';

const isHere = requirePrograms('our ACME client against pebble', [
  { program: 'pebble', debianPackage: 'pebble' },
]);
const rounds = 12;

const certificatesOf = (chain: string): X509Certificate[] =>
  (chain.match(/-----BEGIN[^]+?END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));

/** Let's Encrypt's own test authority, strict, by our client: neither was written for the other. */
describe.skipIf(!isHere)('pebble', () => {
  const accountKey = createAccountKey();
  let rig: PebbleRig;
  let client: CertificateAuthority;
  let refusedNonces = 0;
  beforeAll(async () => {
    rig = await createPebbleRig();
    client = createClient();
  });
  afterAll(async () => {
    const issued = rig.log().match(/Issued certificate serial/g)?.length ?? 0;
    process.stderr.write(
      `pebble: ${ordersMade()} orders, ${issued} certificates, ${refusedNonces} nonces refused\n`,
    );
    await rig.close();
  });

  const countingFetch: typeof fetch = async (...args) => {
    const response = await fetch(...args);
    if (response.status === 400 && (await response.clone().text()).includes(':badNonce')) refusedNonces += 1;
    return response;
  };
  const createClient = (preferredChain?: string): CertificateAuthority =>
    createAcmeCertificateAuthority({
      name: 'pebble',
      directoryUrl: rig.directoryUrl,
      limits: [],
      accountKey,
      contact: ['mailto:operator@example.org'],
      externalAccount,
      preferredChain,
      fetch: countingFetch,
      now: () => Date.now(),
    });
  const deactivate = async (url: string): Promise<void> => {
    for (let status = 400; status === 400; ) {
      const nonce = (await fetch(new URL('/nonce-plz', url), { method: 'HEAD' })).headers.get('replay-nonce');
      const header = { alg: 'ES256', url, nonce, kid: url };
      const jws = signJws(header, { status: 'deactivated' }, accountKey.privateKey);
      const headers = { 'content-type': 'application/jose+json' };
      ({ status } = await fetch(url, { method: 'POST', headers, body: JSON.stringify(jws) }));
    }
  };
  const table = () => rig.zones[zone] ?? {};
  const relative = (recordName: string) => recordName.slice(0, -zone.length - 1);
  const publish = ({ challenges }: CertificateOrder): void => {
    for (const { recordName, recordValue } of challenges) {
      const values = table()[relative(recordName)]?.[0]?.values ?? [];
      table()[relative(recordName)] = [{ type: 'TXT', ttlSeconds: 1, values: [...values, recordValue] }];
    }
  };
  const clear = ({ challenges }: CertificateOrder): void => {
    for (const { recordName } of challenges) delete table()[relative(recordName)];
  };
  const ordersMade = (): number => rig.log().match(/Added order /g)?.length ?? 0;

  const issue = async (label: string, by = client): Promise<string> => {
    const hostNames = [`${label}.${zone}`, `*.${label}.${zone}`];
    const order = await by.createOrder({ hostNames });
    try {
      publish(order);
      for (const { challengeUrl } of order.challenges) await by.answerChallenge(challengeUrl);
      await settle(() => by.readOrder(order.orderUrl));
    } finally {
      clear(order);
    }
    const { der } = await createRequest(hostNames);
    await settle(() => by.finalizeOrder(order.orderUrl, der));
    const { chainPem, renewalId } = await by.downloadChain(order.orderUrl);
    expect(renewalId).toMatch(/^[\w-]+\.[\w-]+$/);
    return chainPem;
  };

  it(`issues ${rounds} certificates for a name and its wildcard, one order each, and leaves no TXT behind`, async () => {
    const labels = Array.from({ length: rounds }, (_, round) => `m${round}`);
    const before = ordersMade();
    const chains: string[] = [];
    // Four at a time: pebble signs with RSA, and the machine has other things to do.
    for (let at = 0; at < rounds; at += 4) {
      chains.push(...(await Promise.all(labels.slice(at, at + 4).map((label) => issue(label)))));
    }
    const root = new X509Certificate(await rig.root(0));
    for (const [round, chain] of chains.entries()) {
      const [leaf, intermediate] = certificatesOf(chain);
      const names = leaf?.subjectAltName?.split(', ').map((name) => name.slice('DNS:'.length));
      expect(new Set(names)).toEqual(new Set([`m${round}.${zone}`, `*.m${round}.${zone}`]));
      expect(leaf?.verify((intermediate ?? root).publicKey)).toBe(true);
      expect(intermediate?.verify(root.publicKey)).toBe(true);
    }
    expect(ordersMade() - before).toBe(rounds);
    expect(Object.keys(table())).toEqual(['@']);
    expect(refusedNonces).toBeGreaterThan(0);
  });

  it('takes the chain of the other root where that is preferred', async () => {
    const other = new X509Certificate(await rig.root(1));
    const commonName = /CN=([^\n]+)/.exec(other.subject)?.[1] ?? '';
    const chain = certificatesOf(await issue('other-root', createClient(commonName)));
    expect(chain.at(-1)?.verify(other.publicKey)).toBe(true);
  });

  it('issues again for names that it takes for proven', async () => {
    // Pebble reuses half of what is valid, at random.
    for (let round = 0; round < 4; round++) await issue('m0');
    expect(Object.keys(table())).toEqual(['@']);
  });

  it('takes every step twice, each in another process, and issues one certificate', async () => {
    const hostNames = [`twice.${zone}`, `*.twice.${zone}`];
    const before = ordersMade();
    const order = await client.createOrder({ hostNames });
    publish(order);
    const twice = async <T>(step: (by: CertificateAuthority) => Promise<T>): Promise<T> => {
      await step(createClient());
      return step(createClient());
    };
    for (const { challengeUrl } of order.challenges) await twice((by) => by.answerChallenge(challengeUrl));
    await twice((by) => settle(() => by.readOrder(order.orderUrl)));
    for (const { challengeUrl } of order.challenges) await createClient().answerChallenge(challengeUrl);
    clear(order);
    const { der } = await createRequest(hostNames);
    await twice((by) => settle(() => by.finalizeOrder(order.orderUrl, der)));
    const first = await client.downloadChain(order.orderUrl);
    expect(await twice((by) => by.downloadChain(order.orderUrl))).toEqual(first);
    expect(ordersMade()).toBe(before + 1);
    expect(Object.keys(table())).toEqual(['@']);
  });

  it('revokes with a reason, and again without complaint', async () => {
    const chain = await issue('revoked');
    await client.revoke(chain, 'superseded');
    await expect(client.revoke(chain, 'superseded')).resolves.toBeUndefined();
    const { serialNumber = '' } = certificatesOf(chain)[0] ?? {};
    expect(await rig.statusOf(serialNumber)).toMatchObject({ Status: 'Revoked', Reason: 4 });
  });

  it('moves the account to a new key, by two processes at once, and goes on with it', async () => {
    const url = await client.ensureAccount();
    accountKey.rotate();
    const urls = await Promise.all(
      [client, createClient(), createClient()].map((one) => one.ensureAccount()),
    );
    expect(urls).toEqual([url, url, url]);
    expect(certificatesOf(await issue('after-key-change'))).not.toHaveLength(0);
  });

  it('says why a name is not proven', async () => {
    const hostNames = [`lied.${zone}`];
    const order = await client.createOrder({ hostNames });
    table()['_acme-challenge.lied'] = [{ type: 'TXT', ttlSeconds: 1, values: ['a lie'] }];
    for (const { challengeUrl } of order.challenges) await client.answerChallenge(challengeUrl);
    await expect(settle(() => client.readOrder(order.orderUrl))).rejects.toMatchObject({
      code: 'certificate_challenge_failed',
      facts: {
        authority: 'pebble',
        type: 'unauthorized',
        subproblems: [{ identifier: { value: hostNames[0] } }],
      },
    });
    clear(order);
  });

  it('opens another account for a new version of the key once the first one is deactivated', async () => {
    const url = await client.ensureAccount();
    await deactivate(url);
    await expect(client.createOrder({ hostNames: [`gone.${zone}`] })).rejects.toMatchObject({
      code: 'certificate_order_refused',
      facts: { authority: 'pebble', status: 'deactivated', remedy: expect.stringContaining('new version') },
    });
    accountKey.rotate();
    expect(await client.ensureAccount()).not.toBe(url);
    expect(certificatesOf(await issue('another-account'))).not.toHaveLength(0);
  });

  it('has no profiles and no renewal information: the client says the one and asks for none of the other', async () => {
    const eternal = createAcmeCertificateAuthority({
      name: 'pebble',
      directoryUrl: rig.directoryUrl,
      limits: [],
      accountKey,
      profile: 'shortlived',
      now: () => Date.now(),
    });
    await expect(eternal.createOrder({ hostNames: [`profile.${zone}`] })).rejects.toMatchObject({
      code: 'configuration_incomplete',
      message: expect.stringContaining('it offers none'),
    });
    expect(await client.renewalAdvice('AA.AA')).toBeUndefined();
  });
});
