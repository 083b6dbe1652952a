import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sendRaw } from './raw-request.ts';
import { createRig, issue, type Rig, settle, zone } from './rig.ts';

const hourMs = 60 * 60 * 1000;

describe('faults of the certificate authority', () => {
  let rig: Rig;
  let counter = 0;
  beforeAll(async () => {
    rig = await createRig();
    await rig.client.ensureAccount();
  });
  afterAll(() => rig.close());
  afterEach(() => rig.authority.faults.clear());
  const order = () => rig.client.createOrder({ hostNames: [`fault${counter++}.${zone}`] });

  it('lists what it honours, by operation', () => {
    expect(rig.authority.faultKinds).toEqual(['status', 'delayMs', 'drop', 'throttleMs', 'skewMs']);
    expect(rig.authority.operations).toEqual(
      expect.arrayContaining(['newOrder', 'keyChange', 'renewalInfo', 'badNonce', 'replacesMalformed']),
    );
  });

  it('limits a client for a time whatever its budget, once', async () => {
    rig.authority.faults.set('newOrder', { throttleMs: 90_000, count: 1 });
    await expect(order()).rejects.toMatchObject({ code: 'certificate_rate_limited', retryAfterMs: 90_000 });
    expect((await order()).challenges).toHaveLength(1);
  });

  it.each([
    [400, 'malformed'],
    [403, 'unauthorized'],
    [409, 'alreadyReplaced'],
    [429, 'rateLimited'],
    [503, 'serverInternal'],
  ])('answers %i as a problem document: %s', async (status, type) => {
    rig.authority.faults.set('newOrder', { status, count: 1 });
    const reply = await sendRaw({
      url: `${rig.origin}/acme/new-order`,
      privateKey: rig.accountKey.privateKey,
      header: {},
    });
    expect(reply).toMatchObject({ status, body: { type: `urn:ietf:params:acme:error:${type}`, status } });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.headers.get('retry-after')).toBe(status === 429 || status === 503 ? '1' : null);
  });

  it('drops the connection, or answers late', async () => {
    rig.authority.faults.set('newOrder', { drop: true, count: 1 });
    await expect(order()).rejects.toMatchObject({ code: 'certificate_authority_unavailable' });
    rig.authority.faults.set('newOrder', { delayMs: 20 });
    expect((await order()).challenges).toHaveLength(1);
  });

  it('dates orders and certificates by a clock that is off', async () => {
    rig.authority.faults.set('finalize', { skewMs: 48 * hourMs });
    const { chain } = await issue(rig, [`ahead.${zone}`]);
    const row = rig.authority.inspect?.().find(({ title }) => title === 'Certificates')?.rows[0];
    expect(row?.[0]).toBe(`ahead.${zone}`);
    expect(Date.parse(String(row?.[2]))).toBeGreaterThan(Date.now() + 46 * hourMs);
    expect(chain).toContain('BEGIN CERTIFICATE');
    rig.authority.faults.set('newOrder', { skewMs: -8 * 24 * hourMs });
    await expect(order()).rejects.toThrow('(expired)');
  });

  it.each([
    ['a propagation delay', { staleMs: hourMs }, 'NXDOMAIN looking up TXT'],
    ['a lie', { answer: ['a lie'] }, 'Incorrect TXT record "a lie"'],
  ])('fails a proof that the name server has, over %s', async (_name, fault, sentence) => {
    rig.dns.faults.set('TXT', fault);
    const { orderUrl, challenges } = await order();
    rig.publish({ orderUrl, challenges });
    for (const { challengeUrl } of challenges) await rig.client.answerChallenge(challengeUrl);
    await expect(settle(() => rig.client.readOrder(orderUrl))).rejects.toThrow(sentence);
    rig.dns.faults.clear();
  });

  it('refuses the same nonces again from the same seed', async () => {
    const attempts = async () => {
      rig.authority.faults.seed(11);
      rig.authority.faults.set('badNonce', { probability: 0.3 });
      rig.authority.calls.reset();
      for (let round = 0; round < 5; round++) await order();
      return rig.authority.calls.count('newOrder');
    };
    const first = await attempts();
    expect(first).toBeGreaterThan(5);
    expect(await attempts()).toBe(first);
  });

  it('shows accounts, orders, certificates and budgets, and no key', () => {
    const tables = rig.authority.inspect?.() ?? [];
    expect(tables.map(({ title }) => title)).toEqual(['Accounts', 'Orders', 'Certificates', 'Rate limits']);
    for (const { columns, rows } of tables) {
      expect(rows.every((row) => row.length === columns.length)).toBe(true);
    }
    expect(JSON.stringify(tables)).not.toMatch(/PRIVATE|"(d|x|y|n)"/);
  });
});
