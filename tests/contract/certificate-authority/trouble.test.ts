import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { letsEncryptRateLimits } from '#local/certificate-authority/rate-limits.ts';
import type { CertificateAuthority, CertificateOrder } from '#shared/ports/certificate-authority.ts';
import { createAccountKey } from './account-key.ts';
import { createRequest, createRig, issue, type Rig, settle, zone } from './rig.ts';

type Step = [operation: string, take: (client: CertificateAuthority) => Promise<unknown>];

describe('every step meets the troubles of its authority', () => {
  let rig: Rig;
  let order: CertificateOrder;
  let chain: string;
  let renewalId: string;
  let request: Uint8Array;
  beforeAll(async () => {
    rig = await createRig();
    ({ chain, renewalId } = await issue(rig, [`had.${zone}`]));
    const hostNames = [`ready.${zone}`];
    order = await rig.client.createOrder({ hostNames });
    rig.publish(order);
    for (const { challengeUrl } of order.challenges) await rig.client.answerChallenge(challengeUrl);
    await settle(() => rig.client.readOrder(order.orderUrl));
    request = (await createRequest(hostNames)).der;
  });
  afterAll(() => rig.close());
  afterEach(() => rig.authority.faults.clear());

  const steps: Step[] = [
    ['directory', () => rig.createClient().caaIdentities()],
    ['newNonce', () => rig.createClient().ensureAccount()],
    ['newAccount', () => rig.createClient({ accountKey: createAccountKey() }).ensureAccount()],
    ['newOrder', (client) => client.createOrder({ hostNames: [`new.${zone}`] })],
    ['authorization', (client) => client.createOrder({ hostNames: [`new.${zone}`] })],
    ['challenge', (client) => client.answerChallenge(order.challenges[0]?.challengeUrl ?? '')],
    ['order', (client) => client.readOrder(order.orderUrl)],
    ['renewalInfo', (client) => client.renewalAdvice(renewalId)],
    ['finalize', (client) => client.finalizeOrder(order.orderUrl, request)],
    ['certificate', (client) => client.downloadChain(order.orderUrl)],
    ['revokeCertificate', (client) => client.revoke(chain, 'superseded')],
  ];

  it.each(steps)(
    '%s: a limit is a wait, an outage says when to come back, silence is an outage',
    async (operation, take) => {
      const { faults } = rig.authority;
      faults.set(operation, { throttleMs: 77_000, count: 1 });
      await expect(take(rig.client)).rejects.toMatchObject({
        code: 'certificate_rate_limited',
        retryAfterMs: 77_000,
        facts: { authority: 'local' },
      });
      for (const status of [500, 502, 503]) {
        faults.set(operation, { status, count: 1 });
        await expect(take(rig.client)).rejects.toMatchObject({
          code: 'certificate_authority_unavailable',
          retryAfterMs: 1_000,
        });
      }
      faults.set(operation, { drop: true, count: 1 });
      await expect(take(rig.client)).rejects.toMatchObject({ code: 'certificate_authority_unavailable' });
      faults.set(operation, { delayMs: 15, count: 1 });
      await take(rig.client);
    },
  );

  it('issues through an authority that refuses every fifth nonce, one order and one certificate each', async () => {
    rig.authority.faults.seed(20);
    rig.authority.faults.set('badNonce', { probability: 0.2 });
    const rounds = Array.from({ length: 6 }, (_, round) => [`n${round}.${zone}`, `*.n${round}.${zone}`]);
    const issued = await Promise.all(rounds.map((names) => issue(rig, names)));
    expect(new Set(issued.map(({ orderUrl }) => orderUrl)).size).toBe(rounds.length);
    for (const table of ['acme_orders', 'acme_certificates']) {
      const sql = `SELECT count(*) AS total FROM ${table} WHERE names LIKE '["n_.%'`;
      expect(rig.store.prepare(sql).get()).toEqual({ total: rounds.length });
    }
  });
});

describe("Let's Encrypt's limits", () => {
  it('date the next certificate of the domain, and let one that names what it replaces through', async () => {
    const { certificatesPerRegisteredDomain: limit } = letsEncryptRateLimits;
    const refillMs = limit?.refillMs ?? 0;
    const rig = await createRig({
      rateLimits: { certificatesPerRegisteredDomain: { capacity: 2, refillMs } },
    });
    const first = await issue(rig, [`a.${zone}`]);
    await issue(rig, [`b.${zone}`]);
    const refused: unknown = await issue(rig, [`c.${zone}`]).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'certificate_rate_limited', facts: { type: 'rateLimited' } });
    const { retryAfterMs = 0 } = refused as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThan(refillMs - 60_000);
    expect(retryAfterMs).toBeLessThanOrEqual(refillMs + 1_000);
    await issue(rig, [`a.${zone}`], { replaces: first.renewalId });
    await rig.close();
  });
});
