import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renewalIdOf } from '#shared/adapters/acme/renewal-id.ts';
import { problem, sendRaw } from './raw-request.ts';
import { createRig, type Issued, issue, type Rig, zone } from './rig.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** RFC 9773. */
describe('renewal information', () => {
  let rig: Rig;
  let kid: string;
  beforeAll(async () => {
    rig = await createRig();
    kid = await rig.client.ensureAccount();
  });
  afterAll(() => rig.close());

  const order = (name: string, more: object = {}) =>
    sendRaw({
      url: `${rig.origin}/acme/new-order`,
      payload: { identifiers: [{ type: 'dns', value: name }], ...more },
      privateKey: rig.accountKey.privateKey,
      header: { kid },
    });

  const windowOf = async ({ renewalId }: Issued): Promise<{ startMs: number; endMs: number }> => {
    const advice = await rig.client.renewalAdvice(renewalId);
    const [startMs, endMs] = [advice?.window.start, advice?.window.end].map((at) => Date.parse(at ?? ''));
    return { startMs: startMs ?? 0, endMs: endMs ?? 0 };
  };

  it('moves the windows of the names that an authority picks, and says why', async () => {
    const [moved, stays] = [
      await issue(rig, [`moved.${zone}`, `*.moved.${zone}`]),
      await issue(rig, [`stays.${zone}`]),
    ];
    const before = await windowOf(moved);
    const page = 'https://acme.localhost/why';
    const move = { names: [`moved.${zone}`], byMs: -30 * dayMs, explanationUrl: page };
    expect(rig.authority.moveRenewalWindows(move)).toBe(1);
    const after = await rig.client.renewalAdvice(moved.renewalId);
    expect(after).toMatchObject({ retryAfterMs: dayMs / 4, explanationUrl: page });
    expect(Date.parse(after?.window.start ?? '')).toBe(before.startMs - 30 * dayMs);
    const validFrom = Date.parse(new X509Certificate(stays.chain).validFrom);
    const untouched = await windowOf(stays);
    expect(untouched.startMs).toBe(validFrom + 60 * dayMs);
  });

  it('moves every window to a time, and keeps it across a restart', async () => {
    const issued = await issue(rig, [`set.${zone}`]);
    const window = { startMs: Date.now(), endMs: Date.now() + dayMs };
    expect(rig.authority.moveRenewalWindows({ window })).toBeGreaterThan(0);
    await rig.reopen();
    expect(await windowOf(issued)).toEqual(window);
    const backwards = { window: { startMs: 2, endMs: 1 } };
    expect(() => rig.authority.moveRenewalWindows(backwards)).toThrow('ends after it starts');
  });

  it('shows windows by a clock that is off', async () => {
    const issued = await issue(rig, [`skewed.${zone}`]);
    const before = await windowOf(issued);
    rig.authority.faults.set('renewalInfo', { skewMs: dayMs });
    const after = await windowOf(issued);
    rig.authority.faults.clear();
    expect(after.endMs - before.endMs).toBe(dayMs);
  });

  // The refusals that clients met at Let's Encrypt (two), Actalis and ZeroSSL, and section 7.4's own.
  it.each([
    ['replacesOtherAccount', 403, 'unauthorized'],
    ['replacesUnknownIssuer', 404, 'malformed'],
    ['replacesMalformed', 400, 'malformed'],
    ['replacesUnauthorized', 401, 'unauthorized'],
    ['replacesAlreadyReplaced', 409, 'alreadyReplaced'],
  ])('refuses a good replaces as %s: %i %s, and takes the order without it', async (fault, status, type) => {
    const name = `${fault.toLowerCase()}.${zone}`;
    const { chain } = await issue(rig, [name]);
    rig.authority.faults.set(fault, { count: 1 });
    const refused = await order(name, { replaces: renewalIdOf(chain) });
    expect(refused).toMatchObject({ status, ...problem(type) });
    expect(rig.authority.faults.list().size).toBe(0);
    expect((await order(name)).status).toBe(201);
    expect((await order(name, { replaces: renewalIdOf(chain) })).status).toBe(201);
  });

  it('does not count an order without replaces as one that a refusal is for', async () => {
    rig.authority.faults.set('replacesMalformed', { count: 1 });
    expect((await order(`plain.${zone}`)).status).toBe(201);
    expect(rig.authority.faults.list().size).toBe(1);
    rig.authority.faults.clear();
  });
});
