import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequest, createRig, issue, type Rig, settle, zone } from './rig.ts';

const dayMs = 24 * 60 * 60 * 1000;
let counter = 0;
const freshNames = (): string[] => {
  counter += 1;
  return [`m${counter}.${zone}`, `*.m${counter}.${zone}`];
};

/** The leaf that a client sees behind a server name, or why it does not trust it. */
async function handshake(
  identity: { cert: string; key: string },
  servername: string,
  ca: string,
): Promise<string | undefined> {
  const server = createServer(identity, (socket) => socket.end()).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => {});
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '127.0.0.1', port, servername, ca });
  try {
    await once(client, 'secureConnect');
    return client.getPeerCertificate().subjectaltname;
  } finally {
    client.destroy();
    server.close();
  }
}

describe('certificates for a machine name and its wildcard', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig({ nonceRejectRate: 0.05, seed: 7 });
  });
  afterAll(() => rig.close());

  it('proves both names with two values of one record set', async () => {
    const names = freshNames();
    const order = await rig.client.createOrder({ hostNames: names });
    const recordName = `_acme-challenge.${names[0]}`;
    expect(order.challenges.map((challenge) => challenge.recordName)).toEqual([recordName, recordName]);
    expect(new Set(order.challenges.map((challenge) => challenge.recordValue)).size).toBe(2);
    expect(await rig.client.readOrder(order.orderUrl)).toMatchObject({ state: 'pending' });
  });

  it.each(['EC', 'RSA'] as const)(
    'issues a chain for an %s key that OpenSSL accepts in a handshake',
    async (algorithm) => {
      const names = freshNames();
      const { chain, keyPem } = await issue(rig, names, { algorithm });
      const identity = { cert: chain, key: keyPem };
      const [base = '', wildcard = ''] = names;
      const alternativeNames = `DNS:${base}, DNS:${wildcard}`;
      expect(await handshake(identity, base, rig.root.cert)).toBe(alternativeNames);
      expect(await handshake(identity, wildcard.replace('*', 'label'), rig.root.cert)).toBe(alternativeNames);
      await expect(handshake(identity, `other.${zone}`, rig.root.cert)).rejects.toMatchObject({
        code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      });
      const stranger = await createRig();
      await expect(handshake(identity, base, stranger.root.cert)).rejects.toThrow(/certificate/);
      await stranger.close();
    },
  );

  it('sends leaf and intermediate, 90 days, for servers only', async () => {
    const { chain } = await issue(rig, freshNames());
    const pems = chain.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
    expect(pems).toHaveLength(2);
    const [leaf, intermediate] = pems.map((pem) => new X509Certificate(pem));
    expect(leaf?.verify(intermediate?.publicKey ?? leaf.publicKey)).toBe(true);
    expect(intermediate?.verify(new X509Certificate(rig.root.cert).publicKey)).toBe(true);
    expect(leaf?.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf?.ca).toBe(false);
    const lifetimeMs = Date.parse(leaf?.validTo ?? '') - Date.parse(leaf?.validFrom ?? '');
    expect(lifetimeMs).toBe(90 * dayMs);
  });

  it('suggests a renewal window after two thirds of the lifetime', async () => {
    const { chain, renewalId } = await issue(rig, freshNames());
    const issuedAt = Date.parse(new X509Certificate(chain).validFrom);
    expect(await rig.client.renewalAdvice(renewalId)).toEqual({
      window: {
        start: new Date(issuedAt + 60 * dayMs).toISOString(),
        end: new Date(issuedAt + 62 * dayMs).toISOString(),
      },
      retryAfterMs: dayMs / 4,
    });
  });

  it('suggests no window for a leaf of another authority', async () => {
    const other = await createRig();
    const { renewalId } = await issue(other, freshNames());
    expect(await rig.client.renewalAdvice(renewalId)).toBeUndefined();
    await other.close();
  });

  it('repeats every step without a second certificate', async () => {
    const names = freshNames();
    const first = await rig.client.createOrder({ hostNames: names });
    const again = await rig.client.createOrder({ hostNames: names });
    expect(again).toEqual(first);
    rig.publish(first);
    for (const { challengeUrl } of [...first.challenges, ...first.challenges]) {
      await rig.client.answerChallenge(challengeUrl);
    }
    expect(await settle(() => rig.client.readOrder(first.orderUrl))).toEqual({
      state: 'ready',
      retryAfterMs: 0,
    });
    for (const { challengeUrl } of first.challenges) await rig.client.answerChallenge(challengeUrl);
    const { der } = await createRequest(names);
    const results = await Promise.all([1, 2, 3].map(() => rig.client.finalizeOrder(first.orderUrl, der)));
    expect(results.map(({ state }) => state)).toContain('valid');
    await settle(() => rig.client.finalizeOrder(first.orderUrl, der));
    const chains = await Promise.all([1, 2].map(() => rig.client.downloadChain(first.orderUrl)));
    expect(chains[0]).toEqual(chains[1]);
    const { total } = rig.store
      .prepare(`SELECT count(*) AS total FROM acme_certificates WHERE names = ?`)
      .get(JSON.stringify(names)) as { total: number };
    expect(total).toBe(1);
  });

  it('finds the account of a key again', async () => {
    const url = await rig.client.ensureAccount();
    expect(await rig.createClient().ensureAccount()).toBe(url);
  });
});
