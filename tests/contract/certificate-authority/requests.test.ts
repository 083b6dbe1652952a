import { Buffer } from 'node:buffer';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewalIdOf } from '#shared/adapters/acme/renewal-id.ts';
import { problem, type RawRequest, sendRaw } from './raw-request.ts';
import { createRig, issue, type Rig, zone } from './rig.ts';

describe('requests as RFC 8555 writes them', () => {
  let rig: Rig;
  let kid: string;
  beforeAll(async () => {
    rig = await createRig();
    kid = await rig.client.ensureAccount();
  });
  afterAll(() => rig.close());

  const send = (path: string, payload?: unknown, more: Partial<RawRequest> = {}) =>
    sendRaw({
      url: `${rig.origin}${path}`,
      payload,
      privateKey: rig.accountKey.privateKey,
      header: { kid },
      ...more,
    });
  const newOrder = (payload: object) => send('/acme/new-order', payload);
  const dns = (...values: string[]) => ({ identifiers: values.map((value) => ({ type: 'dns', value })) });

  it('names its resources and profiles in the directory, with a member that changes (section 7.1.1)', async () => {
    const read = async () => (await (await fetch(rig.directoryUrl)).json()) as Record<string, object>;
    const [first, second] = [await read(), await read()];
    expect(first).toMatchObject({
      newNonce: `${rig.origin}/acme/new-nonce`,
      renewalInfo: `${rig.origin}/acme/renewal-info`,
      meta: { externalAccountRequired: false, profiles: { classic: '90 days', shortlived: '160 hours' } },
    });
    expect(Object.keys(first)).not.toEqual(Object.keys(second));
  });

  it('gives a nonce to HEAD and GET and with every answer to a POST (section 7.2)', async () => {
    const url = `${rig.origin}/acme/new-nonce`;
    const [head, get] = [await fetch(url, { method: 'HEAD' }), await fetch(url)];
    expect([head.status, get.status]).toEqual([200, 204]);
    const nonces = [head, get, await newOrder({})].map(({ headers }) => headers.get('replay-nonce'));
    expect(new Set(nonces).size).toBe(3);
    expect(nonces).not.toContain(null);
  });

  it('refuses a request that is not signed as it must be (section 6.2)', async () => {
    const order = dns(`raw.${zone}`);
    const { publicKey } = await rig.accountKey.current();
    const cases: [string, Partial<RawRequest>][] = [
      ['badNonce', { header: { kid, nonce: 'bm90IG91cnM' } }],
      ['badSignatureAlgorithm', { header: { kid, alg: 'HS256' } }],
      ['unauthorized', { header: { kid, url: `${rig.origin}/acme/new-account` } }],
      ['malformed', { header: { kid, jwk: publicKey } }],
      ['malformed', { header: {} }],
      ['malformed', { header: { jwk: publicKey } }],
      ['malformed', { contentType: 'application/json' }],
      ['malformed', { damage: (jws) => ({ ...jws, payload: Buffer.from('{}').toString('base64url') }) }],
      ['malformed', { damage: (jws) => ({ ...jws, header: { kid } }) }],
      ['malformed', { damage: () => [] }],
      ['accountDoesNotExist', { header: { kid: `${rig.origin}/acme/account/nobody` } }],
      ['malformed', { privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }],
    ];
    for (const [type, more] of cases) {
      const reply = await send('/acme/new-order', order, more);
      expect({ more, ...reply }).toMatchObject(problem(type));
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it('takes a nonce once (section 6.5)', async () => {
    const nonce = (await fetch(`${rig.origin}/acme/new-nonce`)).headers.get('replay-nonce');
    const once = () => send('/acme/new-order', dns(`once.${zone}`), { header: { kid, nonce } });
    expect((await once()).status).toBe(201);
    expect(await once()).toMatchObject(problem('badNonce'));
  });

  it('knows an account by its key alone (section 7.3.1)', async () => {
    const { publicKey } = await rig.accountKey.current();
    const known = await send(
      '/acme/new-account',
      { onlyReturnExisting: true },
      { header: { jwk: publicKey } },
    );
    expect([known.status, known.headers.get('location')]).toEqual([200, kid]);
    const { privateKey, publicKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const unknown = await send(
      '/acme/new-account',
      { onlyReturnExisting: true },
      { privateKey, header: { alg: 'RS256', jwk: await exportJWK(other) } },
    );
    expect(unknown).toMatchObject(problem('accountDoesNotExist'));
  });

  it('refuses an account without agreement, with a strange contact or a short RSA key (section 7.3)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const header = { jwk: await exportJWK(publicKey) };
    const ask = (payload: object) => send('/acme/new-account', payload, { privateKey, header });
    expect(await ask({})).toMatchObject(problem('malformed'));
    const agreed = { termsOfServiceAgreed: true };
    expect(await ask({ ...agreed, contact: ['tel:1'] })).toMatchObject(problem('unsupportedContact'));
    expect(await ask({ ...agreed, contact: ['mailto:nobody'] })).toMatchObject(problem('invalidContact'));
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const weak = await send('/acme/new-account', agreed, {
      privateKey: short.privateKey,
      header: { alg: 'RS256', jwk: await exportJWK(short.publicKey) },
    });
    expect(weak).toMatchObject(problem('badPublicKey'));
  });

  it('lets a deactivated account do nothing (section 7.3.6)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = await send(
      '/acme/new-account',
      { termsOfServiceAgreed: true },
      { privateKey, header: { jwk: await exportJWK(publicKey) } },
    );
    const own = made.headers.get('location') ?? '';
    const asSelf = { privateKey, header: { kid: own } };
    const ended = await send(new URL(own).pathname, { status: 'deactivated' }, asSelf);
    expect(ended.body).toMatchObject({ status: 'deactivated' });
    expect(await send('/acme/new-order', dns(`raw.${zone}`), asSelf)).toMatchObject(problem('unauthorized'));
  });

  it('refuses names one by one (section 6.7.1)', async () => {
    const reply = await newOrder(dns(`good.${zone}`, 'example.org', `-bad.${zone}`));
    expect(reply.status).toBe(400);
    expect(reply.body['subproblems']).toMatchObject([
      { type: expect.stringContaining('rejectedIdentifier'), identifier: { value: 'example.org' } },
      { type: expect.stringContaining('malformed'), identifier: { value: `-bad.${zone}` } },
    ]);
    const address = { identifiers: [{ type: 'ip', value: '127.0.0.1' }] };
    expect(await newOrder(address)).toMatchObject(problem('unsupportedIdentifier'));
    expect(await newOrder({ identifiers: [] })).toMatchObject(problem('malformed'));
  });

  it('issues the lifetime of the profile that was asked for', async () => {
    const order = await newOrder({ ...dns(`short.${zone}`), profile: 'shortlived' });
    expect(order.body).toMatchObject({ profile: 'shortlived', status: 'pending' });
    const unknown = await newOrder({ ...dns(`short.${zone}`), profile: 'eternal' });
    expect(unknown).toMatchObject(problem('invalidProfile'));
  });

  it('shows an order, its authorizations and its certificate to no other account', async () => {
    const { orderUrl } = await issue(rig, [`mine.${zone}`]);
    const order = await send(new URL(orderUrl).pathname);
    const [authorization] = order.body['authorizations'] as string[];
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const made = await send(
      '/acme/new-account',
      { termsOfServiceAgreed: true },
      { privateKey, header: { jwk: await exportJWK(publicKey) } },
    );
    const header = { kid: made.headers.get('location') };
    for (const url of [orderUrl, authorization, String(order.body['certificate'])]) {
      const reply = await send(new URL(url ?? '').pathname, undefined, { privateKey, header });
      expect(reply).toMatchObject(problem('unauthorized'));
    }
  });

  it('revokes once, for a reason that exists, and then asks for renewal at once (section 7.6)', async () => {
    const { chain, renewalId } = await issue(rig, [`revoked.${zone}`]);
    const certificate = new X509Certificate(chain).raw.toString('base64url');
    const revoke = (payload: object) => send('/acme/revoke-certificate', payload);
    expect(await revoke({ certificate, reason: 7 })).toMatchObject(problem('badRevocationReason'));
    expect((await revoke({ certificate, reason: 1 })).status).toBe(200);
    expect(await revoke({ certificate, reason: 1 })).toMatchObject(problem('alreadyRevoked'));
    const advice = await rig.client.renewalAdvice(renewalId);
    expect(Date.parse(advice?.window.end ?? '')).toBeLessThanOrEqual(Date.now());
  });

  it('lets the key of a certificate revoke it, and no stranger (section 7.6)', async () => {
    const { chain, keyPem } = await issue(rig, [`owner.${zone}`]);
    const leaf = new X509Certificate(chain);
    const payload = { certificate: leaf.raw.toString('base64url') };
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const refused = await send('/acme/revoke-certificate', payload, {
      privateKey: stranger.privateKey,
      header: { jwk: await exportJWK(stranger.publicKey) },
    });
    expect(refused).toMatchObject(problem('unauthorized'));
    const revoked = await send('/acme/revoke-certificate', payload, {
      privateKey: createPrivateKey(keyPem),
      header: { jwk: await exportJWK(leaf.publicKey) },
    });
    expect(revoked.status).toBe(200);
  });

  it('replaces a certificate of the account once (RFC 9773 section 5)', async () => {
    const name = `replaced.${zone}`;
    const { chain } = await issue(rig, [name]);
    const replaces = renewalIdOf(chain);
    expect((await newOrder({ ...dns(name), replaces })).body).toMatchObject({ replaces });
    expect(await newOrder({ ...dns(name), replaces: 'AA.AA' })).toMatchObject({ status: 404 });
    expect(await newOrder({ ...dns(`unlike.${zone}`), replaces })).toMatchObject(problem('malformed'));
  });

  it('lists the orders of an account that are not lost (section 7.1.2.1)', async () => {
    const { orderUrl } = await issue(rig, [`listed.${zone}`]);
    const { body } = await send(`${new URL(kid).pathname}/orders`);
    expect(body['orders']).toContain(orderUrl);
  });

  it('says what it does not have', async () => {
    const dated = { ...dns(`dated.${zone}`), notAfter: '2027-01-01T00:00:00Z' };
    expect(await newOrder(dated)).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('not offered') },
    });
    expect((await fetch(`${rig.origin}/acme/nothing`)).status).toBe(404);
    expect((await fetch(`${rig.origin}/acme/new-order`)).status).toBe(405);
    const large = await fetch(`${rig.origin}/acme/new-order`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(large.status).toBe(413);
  });

  it('takes an external account where it asks for one, and no forged binding (section 7.3.4)', async () => {
    const macKey = Buffer.from('a secret between the two').toString('base64url');
    const bound = await createRig({ externalAccounts: { customer: macKey } });
    await expect(bound.client.ensureAccount()).rejects.toMatchObject({ code: 'configuration_incomplete' });
    const forged = bound.createClient({ externalAccount: { keyId: 'customer', macKey: 'Zm9yZ2Vk' } });
    await expect(forged.ensureAccount()).rejects.toMatchObject({ code: 'certificate_order_refused' });
    const good = bound.createClient({ externalAccount: { keyId: 'customer', macKey } });
    expect(await good.ensureAccount()).toContain('/acme/account/');
    await bound.close();
  });
});
