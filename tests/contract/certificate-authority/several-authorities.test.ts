import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { letsEncryptRateLimits } from '#local/certificate-authority/rate-limits.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { createCrossSigned } from './cross-signed.ts';
import { sendRaw } from './raw-request.ts';
import { createRig, issue, type Rig, settle, zone } from './rig.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** letsencrypt.org/docs/rate-limits and letsencrypt.org/docs/profiles. */
describe('several authorities at once', () => {
  const rigs: Rig[] = [];
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.close();
  });
  const open = async (overrides: Parameters<typeof createRig>[0]): Promise<Rig> => {
    const rig = await createRig(overrides);
    rigs.push(rig);
    return rig;
  };
  const fail = async (rig: Rig, name: string): Promise<void> => {
    const { orderUrl, challenges } = await rig.client.createOrder({ hostNames: [name] });
    await rig.client.answerChallenge(challenges[0]?.challengeUrl ?? '');
    await expect(settle(() => rig.client.readOrder(orderUrl))).rejects.toThrow('NXDOMAIN');
  };

  it('hold limits, lifetimes and trust of their own', async () => {
    const limits = { certificatesPerRegisteredDomain: { capacity: 1, refillMs: dayMs } };
    const strict = await open({ name: 'strict', rateLimits: limits });
    const short = { shortlived: { description: '6 days', lifetimeMs: 160 * 60 * minuteMs } };
    const brief = await open({ name: 'brief', profiles: short });
    expect([strict, brief].map(({ authority }) => authority.name)).toEqual(['strict', 'brief']);
    await issue(strict, [`one.${zone}`]);
    await expect(strict.client.createOrder({ hostNames: [`two.${zone}`] })).rejects.toMatchObject({
      code: 'certificate_rate_limited',
    });
    await issue(brief, [`one.${zone}`]);
    const { chain, renewalId } = await issue(brief, [`two.${zone}`]);
    const { validFrom, validTo } = new X509Certificate(chain);
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(160 * 60 * minuteMs);
    expect(await strict.client.renewalAdvice(renewalId)).toBeUndefined();
  });

  it("holds a client to Let's Encrypt's limits per set of names and per failed name", async () => {
    const clock = createManualClock(Date.now());
    const rig = await open({ clock, rateLimits: letsEncryptRateLimits });
    const names = [`same.${zone}`, `*.same.${zone}`];
    for (let round = 0; round < 5; round++) await issue(rig, names);
    const refused = rig.client.createOrder({ hostNames: names.toReversed() });
    await expect(refused).rejects.toMatchObject({
      code: 'certificate_rate_limited',
      message: expect.stringContaining('certificatesPerExactSet'),
      retryAfterMs: (7 * dayMs) / 5,
    });
    for (let round = 0; round < 5; round++) await fail(rig, `failing.${zone}`);
    await expect(rig.client.createOrder({ hostNames: [`failing.${zone}`] })).rejects.toMatchObject({
      message: expect.stringContaining('failedValidationsPerName'),
      retryAfterMs: 12 * minuteMs,
    });
    clock.advance(12 * minuteMs);
    await fail(rig, `failing.${zone}`);
    // Of the 50 of the registered domain one is spent: renewals of the same names are exempt from that.
    const budgets = rig.authority.inspect?.().find(({ title }) => title === 'Rate limits')?.rows ?? [];
    const domain = budgets.find(([limit]) => limit === 'certificatesPerRegisteredDomain');
    expect(domain?.slice(1, 3)).toEqual([zone, 49]);
  });

  it('limits the accounts of an address', async () => {
    const rateLimits = { newAccountsPerAddress: { capacity: 1, refillMs: 18 * minuteMs } };
    const rig = await open({ rateLimits });
    await rig.client.ensureAccount();
    rig.store.exec("UPDATE acme_accounts SET thumbprint = 'of another key'");
    await expect(rig.createClient().ensureAccount()).rejects.toMatchObject({
      code: 'certificate_rate_limited',
      retryAfterMs: expect.closeTo(18 * minuteMs, -4),
    });
  });

  it('finds an unfinished order again whatever the order of its names', async () => {
    const rig = await open({});
    const names = [`a.${zone}`, `*.a.${zone}`, `b.${zone}`];
    const first = await rig.client.createOrder({ hostNames: names });
    expect((await rig.client.createOrder({ hostNames: names.toReversed() })).orderUrl).toBe(first.orderUrl);
    expect((await rig.client.createOrder({ hostNames: names.slice(1) })).orderUrl).not.toBe(first.orderUrl);
  });

  it('offers a chain to another root, named in Link (RFC 8555 section 7.4.2)', async () => {
    const { issuer, root, alternate, otherRoot } = await createCrossSigned();
    const rig = await open({ issuer, root, alternateIssuers: [alternate] });
    const kid = await rig.client.ensureAccount();
    const read = (url: string) => sendRaw({ url, privateKey: rig.accountKey.privateKey, header: { kid } });
    const { orderUrl } = await issue(rig, [`cross.${zone}`]);
    const url = String((await read(orderUrl)).body['certificate']);
    const [, other = ''] =
      /<([^>]+)>;rel="alternate"/.exec((await read(url)).headers.get('link') ?? '') ?? [];
    const second = await read(other);
    const pems = String(second.body['text']).match(/-----BEGIN[^]+?END CERTIFICATE-----/g) ?? [];
    const [leaf, cross] = pems.map((pem) => new X509Certificate(pem));
    expect(leaf?.verify(cross?.publicKey ?? leaf.publicKey)).toBe(true);
    expect(cross?.verify(new X509Certificate(otherRoot).publicKey)).toBe(true);
    expect(second.headers.get('link')).toContain(`<${url}>;rel="alternate"`);
    expect((await read(`${url}.2`)).status).toBe(404);
  });
});
