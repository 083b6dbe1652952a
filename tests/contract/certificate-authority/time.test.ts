import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { createRequest, createRig, issue, type Rig, settle, zone } from './rig.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

describe('orders in time', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });
  const open = async (overrides: Parameters<typeof createRig>[0]): Promise<Rig> => {
    rig = await createRig(overrides);
    return rig;
  };

  it('says how long validation and issuance take, and takes as long', async () => {
    const clock = createManualClock(Date.now());
    const { client, publish } = await open({ clock, latency: { validationMs: 3_000, issuanceMs: 5_000 } });
    const names = [`slow.${zone}`];
    const order = await client.createOrder({ hostNames: names });
    publish(order);
    await client.answerChallenge(order.challenges[0]?.challengeUrl ?? '');
    expect(await client.readOrder(order.orderUrl)).toMatchObject({ state: 'pending' });
    clock.advance(3_000);
    expect(await settle(() => client.readOrder(order.orderUrl))).toMatchObject({ state: 'ready' });
    const { der } = await createRequest(names);
    const processing = { state: 'processing', retryAfterMs: 5_000 };
    expect(await client.finalizeOrder(order.orderUrl, der)).toEqual(processing);
    expect(await client.finalizeOrder(order.orderUrl, der)).toEqual(processing);
    await expect(client.downloadChain(order.orderUrl)).rejects.toMatchObject({ retryAfterMs: 5_000 });
    clock.advance(5_000);
    expect(await settle(() => client.readOrder(order.orderUrl))).toEqual({ state: 'valid' });
  });

  it('takes up at the next start what a crash cut off, on the same file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'authority-'));
    const clock = createManualClock(Date.now());
    const latency = { validationMs: minuteMs, issuanceMs: minuteMs };
    const store = openStore(join(folder, 'authority.sqlite'));
    const crashing = await open({ clock, latency, store });
    const { client } = crashing;
    const names = [`crash.${zone}`, `*.crash.${zone}`];
    const order = await client.createOrder({ hostNames: names });
    await crashing.reopen();
    expect(await client.createOrder({ hostNames: names })).toEqual(order);
    crashing.publish(order);
    for (const { challengeUrl } of order.challenges) await client.answerChallenge(challengeUrl);
    await crashing.reopen();
    clock.advance(minuteMs);
    expect(await settle(() => client.readOrder(order.orderUrl))).toMatchObject({ state: 'ready' });
    const { der } = await createRequest(names);
    await client.finalizeOrder(order.orderUrl, der);
    await crashing.reopen({ store: openStore(join(folder, 'authority.sqlite')) });
    clock.advance(minuteMs);
    expect(await settle(() => client.readOrder(order.orderUrl))).toEqual({ state: 'valid' });
    const chain = await client.downloadChain(order.orderUrl);
    await crashing.reopen();
    expect(await client.downloadChain(order.orderUrl)).toEqual(chain);
    rmSync(folder, { recursive: true });
  });

  it('dates a leaf by the injected clock', async () => {
    const now = Date.parse('2031-05-06T07:08:09Z');
    const { chain } = await issue(await open({ clock: createManualClock(now) }), [`later.${zone}`]);
    const leaf = new X509Certificate(chain);
    expect(Date.parse(leaf.validFrom)).toBe(now - 60 * minuteMs);
    expect(Date.parse(leaf.validTo)).toBe(now - 60 * minuteMs + 90 * dayMs);
  });

  it('lets an order and its proof expire', async () => {
    const clock = createManualClock(Date.now());
    const { client } = await open({ clock });
    const order = await client.createOrder({ hostNames: [`old.${zone}`] });
    clock.advance(7 * dayMs);
    await expect(client.readOrder(order.orderUrl)).rejects.toThrow('expired');
    expect((await client.createOrder({ hostNames: [`old.${zone}`] })).orderUrl).not.toBe(order.orderUrl);
  });

  it('asks for no proof again while the authority reuses one', async () => {
    const clock = createManualClock(Date.now());
    const reusing = await open({ clock, authorizationReuseMs: 10 * dayMs });
    await issue(reusing, [`again.${zone}`]);
    const second = await reusing.client.createOrder({ hostNames: [`again.${zone}`] });
    expect(second.challenges).toEqual([]);
    expect(await reusing.client.readOrder(second.orderUrl)).toMatchObject({ state: 'ready' });
    const { der } = await createRequest([`again.${zone}`]);
    await reusing.client.finalizeOrder(second.orderUrl, der);
    clock.advance(11 * dayMs);
    expect((await reusing.client.createOrder({ hostNames: [`again.${zone}`] })).challenges).toHaveLength(1);
  });

  it('limits certificates of a registered domain by a bucket that refills, across a restart', async () => {
    const clock = createManualClock(Date.now());
    const rateLimits = { certificatesPerRegisteredDomain: { capacity: 2, refillMs: 60 * minuteMs } };
    const limited = await open({ clock, rateLimits });
    await issue(limited, [`one.${zone}`]);
    await issue(limited, [`two.${zone}`]);
    await limited.reopen();
    const refused = limited.client.createOrder({ hostNames: [`three.${zone}`] });
    await expect(refused).rejects.toMatchObject({
      code: 'certificate_rate_limited',
      retryAfterMs: 60 * minuteMs,
    });
    clock.advance(60 * minuteMs);
    await issue(limited, [`three.${zone}`]);
    await expect(limited.client.createOrder({ hostNames: [`four.${zone}`] })).rejects.toThrow('too many (2)');
  });

  it('makes its account again at an authority that forgot it', async () => {
    const forgetful = await open({});
    const before = await forgetful.client.ensureAccount();
    forgetful.store.exec('DELETE FROM acme_accounts');
    const order = await forgetful.client.createOrder({ hostNames: [`new.${zone}`] });
    expect(order.challenges).toHaveLength(1);
    expect(await forgetful.client.ensureAccount()).not.toBe(before);
  });
});
