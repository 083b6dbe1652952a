import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAccountKey } from './account-key.ts';
import { createRig, issue, type Rig, zone } from './rig.ts';

const hourMs = 60 * 60 * 1000;

const lifetimeHours = (chain: string): number => {
  const { validFrom, validTo } = new X509Certificate(chain);
  return (Date.parse(validTo) - Date.parse(validFrom)) / hourMs;
};

describe('an order with a profile', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
  });
  afterAll(() => rig.close());

  it.each([
    ['shortlived', 160],
    ['tlsserver', 45 * 24],
    ['classic', 90 * 24],
  ])('of the name %s gives certificates of %i hours', async (profile, hours) => {
    const { chain } = await issue(rig, [`${profile}.${zone}`], { client: rig.createClient({ profile }) });
    expect(lifetimeHours(chain)).toBe(hours);
  });

  it('that is not offered is not sent: the refusal names those that are', async () => {
    rig.authority.calls.reset();
    const client = rig.createClient({ profile: 'eternal' });
    await expect(client.createOrder({ hostNames: [`eternal.${zone}`] })).rejects.toMatchObject({
      code: 'configuration_incomplete',
      message: expect.stringContaining('has no profile eternal; it offers classic, shortlived, tlsserver'),
      facts: { profile: 'eternal', offered: ['classic', 'shortlived', 'tlsserver'] },
    });
    expect(rig.authority.calls.count('newOrder')).toBe(0);
  });
});

describe('an order that names what it replaces', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
  });
  afterAll(() => rig.close());
  afterEach(() => rig.authority.faults.clear());

  const replacesOf = (orderUrl: string): unknown => {
    const id = orderUrl.split('/').at(-1) ?? '';
    const row = rig.store.prepare('SELECT replaces FROM acme_orders WHERE id = ?').get(id);
    return (row as { replaces: unknown }).replaces;
  };

  it('tells the authority so, once, and gets the new certificate', async () => {
    const names = [`renewed.${zone}`, `*.renewed.${zone}`];
    const { renewalId } = await issue(rig, names);
    const renewed = await issue(rig, names, { replaces: renewalId });
    expect(replacesOf(renewed.orderUrl)).toBe(renewalId);
    expect(renewed.renewalId).not.toBe(renewalId);
    await expect(rig.client.createOrder({ hostNames: names, replaces: renewalId })).rejects.toMatchObject({
      code: 'certificate_replacement_refused',
      facts: { type: 'alreadyReplaced', status: 409 },
    });
  });

  it.each([
    ['replacesOtherAccount', 403, 'unauthorized', 'requester account did not request the certificate'],
    ['replacesUnknownIssuer', 404, 'malformed', 'did not match a known issuer'],
    ['replacesMalformed', 400, 'malformed', 'the field replaces is not supported'],
    ['replacesUnauthorized', 401, 'unauthorized', 'is not authorized'],
    ['replacesAlreadyReplaced', 409, 'alreadyReplaced', 'another order replaces that certificate'],
  ])(
    'and is refused for it (%s, %i) is not repeated here; without it the authority takes it (acmebot: every renewal fails)',
    async (fault, status, type, words) => {
      const hostNames = [`${fault.toLowerCase()}.${zone}`];
      const { renewalId } = await issue(rig, hostNames);
      rig.authority.faults.set(fault, {});
      rig.authority.calls.reset();
      await expect(rig.client.createOrder({ hostNames, replaces: renewalId })).rejects.toMatchObject({
        code: 'certificate_replacement_refused',
        message: expect.stringContaining(words),
        facts: { authority: 'local', status, type },
      });
      expect(rig.authority.calls.count('newOrder')).toBe(1);
      expect((await rig.client.createOrder({ hostNames })).challenges).toHaveLength(1);
    },
  );

  it.each([
    ['a certificate of another account', 403],
    ['a certificate of another authority', 404],
  ])('and names %s is refused with what the authority says', async (_whose, status) => {
    const hostNames = [`foreign${status}.${zone}`];
    const other = status === 404 ? await createRig() : rig;
    const client = other.createClient({ accountKey: createAccountKey() });
    const { renewalId } = await issue(other, hostNames, { client });
    if (other !== rig) await other.close();
    await expect(rig.client.createOrder({ hostNames, replaces: renewalId })).rejects.toMatchObject({
      code: 'certificate_replacement_refused',
      facts: { status },
    });
  });

  it('and meets a limit or an outage is neither refused nor to be repeated without it', async () => {
    const hostNames = [`limited-renewal.${zone}`];
    const { renewalId } = await issue(rig, hostNames);
    const order = () => rig.client.createOrder({ hostNames, replaces: renewalId });
    rig.authority.faults.set('newOrder', { throttleMs: 90_000, count: 1 });
    await expect(order()).rejects.toMatchObject({ code: 'certificate_rate_limited', retryAfterMs: 90_000 });
    rig.authority.faults.set('newOrder', { status: 503, count: 1 });
    await expect(order()).rejects.toMatchObject({ code: 'certificate_authority_unavailable' });
    rig.authority.faults.set('badNonce', {});
    await expect(order()).rejects.toMatchObject({ code: 'certificate_authority_unavailable' });
  });

  it('is the pending order again when it is sent again', async () => {
    const hostNames = [`pending-renewal.${zone}`];
    const { renewalId } = await issue(rig, hostNames);
    const first = await rig.client.createOrder({ hostNames, replaces: renewalId });
    expect(await rig.client.createOrder({ hostNames, replaces: renewalId })).toEqual(first);
  });
});

describe('an order for names that are proven already', () => {
  it('has no challenge left and is ready at once', async () => {
    const rig = await createRig({ authorizationReuseMs: 24 * hourMs });
    const hostNames = [`proven.${zone}`, `*.proven.${zone}`];
    await issue(rig, hostNames);
    const again = await rig.client.createOrder({ hostNames });
    expect(again.challenges).toEqual([]);
    expect(await rig.client.readOrder(again.orderUrl)).toEqual({ state: 'ready', retryAfterMs: 0 });
    expect((await issue(rig, hostNames)).chain).toContain('BEGIN CERTIFICATE');
    await rig.close();
  });
});
