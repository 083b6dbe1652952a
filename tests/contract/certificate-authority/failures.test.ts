import 'reflect-metadata';
import { Buffer } from 'node:buffer';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DnsRecordSet } from '#local/kit/boundaries.ts';
import { createRequest, createRig, type Rig, settle, zone } from './rig.ts';

const text = (...values: string[]): DnsRecordSet[] => [{ type: 'TXT', ttlSeconds: 1, values }];

describe('orders that fail', () => {
  let rig: Rig;
  let counter = 0;
  beforeAll(async () => {
    rig = await createRig();
  });
  afterAll(() => rig.close());

  const startOrder = async () => {
    counter += 1;
    const names = [`f${counter}.${zone}`];
    return {
      names,
      order: await rig.client.createOrder({ hostNames: names }),
      relative: `_acme-challenge.f${counter}`,
    };
  };
  const answerAll = async (order: Awaited<ReturnType<typeof startOrder>>['order']) => {
    for (const { challengeUrl } of order.challenges) await rig.client.answerChallenge(challengeUrl);
    return settle(() => rig.client.readOrder(order.orderUrl));
  };

  it('names the wrong record, the missing record and the missing name', async () => {
    const wrong = await startOrder();
    (rig.zones[zone] ?? {})[wrong.relative] = text('something else', 'and more');
    await expect(answerAll(wrong.order)).rejects.toMatchObject({
      code: 'certificate_challenge_failed',
      message: expect.stringContaining(`Incorrect TXT record "something else" (and 1 more) found at`),
      facts: { type: 'unauthorized', subproblems: [{ identifier: { value: wrong.names[0] } }] },
    });
    const missing = await startOrder();
    (rig.zones[zone] ?? {})[missing.relative] = [{ type: 'A', ttlSeconds: 1, values: ['127.0.0.1'] }];
    await expect(answerAll(missing.order)).rejects.toThrow('No TXT record found');
    const nowhere = await startOrder();
    await expect(answerAll(nowhere.order)).rejects.toThrow('NXDOMAIN looking up TXT');
  });

  it('says that the name server failed', async () => {
    const { order } = await startOrder();
    rig.publish(order);
    rig.dns.faults.set('TXT', { status: 500 });
    await expect(answerAll(order)).rejects.toMatchObject({
      code: 'certificate_challenge_failed',
      message: expect.stringContaining('SERVFAIL'),
    });
    rig.dns.faults.clear();
  });

  it('leaves a failed order behind: the next one for the names is new', async () => {
    const { order, names } = await startOrder();
    await expect(answerAll(order)).rejects.toThrow('NXDOMAIN');
    await expect(rig.client.answerChallenge(order.challenges[0]?.challengeUrl ?? '')).rejects.toMatchObject({
      code: 'certificate_challenge_failed',
    });
    const next = await rig.client.createOrder({ hostNames: names });
    expect(next.orderUrl).not.toBe(order.orderUrl);
    rig.publish(next);
    expect(await answerAll(next)).toMatchObject({ state: 'ready' });
  });

  it('finalizes nothing before the names are proven and has no chain before it is issued', async () => {
    const { order, names } = await startOrder();
    const { der } = await createRequest(names);
    expect(await rig.client.finalizeOrder(order.orderUrl, der)).toMatchObject({ state: 'pending' });
    await expect(rig.client.downloadChain(order.orderUrl)).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
      retryAfterMs: 500,
    });
  });

  it('refuses a request for other names, by another key, with a weak key or that is none', async () => {
    const { order, names } = await startOrder();
    rig.publish(order);
    await answerAll(order);
    const more = await createRequest([...names, `other.${zone}`]);
    const damaged = Buffer.from((await createRequest(names)).der);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
    const weak = await createCurveRequest(names, 'P-521');
    const accountKeyed = await createAccountRequest(rig, names);
    for (const [der, reason] of [
      [more.der, 'the request names'],
      [damaged, 'not by its own key'],
      [weak, 'the key must be'],
      [accountKeyed, 'the key of the account'],
      [Buffer.from('no request'), 'not PKCS#10'],
    ] as const) {
      await expect(rig.client.finalizeOrder(order.orderUrl, der)).rejects.toMatchObject({
        code: 'certificate_order_refused',
        message: expect.stringContaining(reason),
        facts: { type: 'badCSR', status: 400 },
      });
    }
    const { der } = await createRequest(names);
    expect(await rig.client.finalizeOrder(order.orderUrl, der)).toEqual({ state: 'valid' });
  });

  it('repeats a request whose nonce is refused, and gives up when all are', async () => {
    rig.authority.faults.set('badNonce', { count: 1 });
    rig.authority.calls.reset();
    const { order } = await startOrder();
    expect(rig.authority.calls.count('newOrder')).toBe(2);
    rig.authority.faults.set('badNonce', {});
    rig.authority.calls.reset();
    await expect(rig.client.readOrder(order.orderUrl)).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
      facts: { type: 'badNonce' },
    });
    expect(rig.authority.calls.count('order')).toBe(10);
    rig.authority.faults.clear();
  });

  it('is unavailable while the authority is down, dumb or failing, and says when to come back', async () => {
    const { order } = await startOrder();
    rig.authority.faults.set('order', { status: 503, count: 1 });
    await expect(rig.client.readOrder(order.orderUrl)).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
      retryAfterMs: 1000,
    });
    rig.authority.faults.set('order', { drop: true, count: 1 });
    await expect(rig.client.readOrder(order.orderUrl)).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
    });
    expect(await rig.client.readOrder(order.orderUrl)).toMatchObject({ state: 'pending' });
  });
});

async function createCurveRequest(names: readonly string[], namedCurve: string): Promise<Buffer> {
  const algorithm = { name: 'ECDSA', namedCurve, hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return createRequestFor(names, keys, algorithm);
}

/** A request for the key of the account itself, which no authority may sign (RFC 8555 section 11.1). */
async function createAccountRequest(rig: Rig, names: readonly string[]): Promise<Buffer> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const jwk = rig.accountKey.privateKey.export({ format: 'jwk' });
  const { d: _secret, ...publicJwk } = jwk;
  return createRequestFor(
    names,
    {
      privateKey: await webcrypto.subtle.importKey('jwk', jwk, algorithm, true, ['sign']),
      publicKey: await webcrypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify']),
    },
    algorithm,
  );
}

async function createRequestFor(
  names: readonly string[],
  keys: webcrypto.CryptoKeyPair,
  signingAlgorithm: { name: string; namedCurve: string; hash: string },
): Promise<Buffer> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
    ],
  });
  return Buffer.from(request.rawData);
}
