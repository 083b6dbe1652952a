import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificatesIn } from './issuance.ts';
import { createIssuerOrders, type IssuerOrders, issuanceMs, limits, tags } from './issuer-orders.ts';

let orders: IssuerOrders;
let running: IssuerOrders['running'];
let client: IssuerOrders['client'];
let restarted: IssuerOrders['restarted'];

beforeAll(async () => {
  orders = await createIssuerOrders();
  ({ running, client, restarted } = orders);
});
afterEach(() => running.vault.faults.clear());
afterAll(() => running.stop());

const refused = (words: string) => ({
  code: 'certificate_order_refused',
  message: expect.stringContaining(words),
  facts: { issuer: 'corporate' },
});

describe('an integrated issuer', () => {
  it('says who it is, what it can do and who may forbid it', async () => {
    const { authority } = restarted();
    expect(authority).toMatchObject({
      name: 'corporate-ca',
      authority: 'issuer:corporate',
      vaultIssuer: 'corporate',
      custodies: ['vault'],
      limits,
    });
    expect(await authority.ensureAccount()).toBe('DigiCert:account-7');
    expect(await authority.renewalAdvice('any')).toBeUndefined();
  });

  it.each([
    ['DigiCert', ['digicert.com']],
    ['GlobalSign', ['globalsign.com']],
    ['Test', []],
  ])('of the provider %s is named in CAA records as %j', async (provider, identities) => {
    await client.createIssuer(`by-${provider}`, provider, { organizationId: '42' });
    expect(await restarted(`by-${provider}`).authority.caaIdentities()).toEqual(identities);
  });

  it('that is not in the vault, or disabled there, is named as missing from the deployment', async () => {
    await client.createIssuer('disabled', 'Test', { enabled: false });
    for (const issuer of ['absent', 'disabled'])
      await expect(restarted(issuer).authority.ensureAccount()).rejects.toMatchObject({
        code: 'configuration_incomplete',
        facts: { issuer },
      });
  });

  it('cannot revoke, and says where that is done', async () => {
    await expect(restarted().authority.revoke('chain', 'keyCompromise')).rejects.toMatchObject({
      code: 'certificate_revocation_refused',
      message: expect.stringContaining('account of the issuer corporate'),
    });
  });
});

describe('an order at an integrated issuer', () => {
  it('has no challenges, is worked at, and ends in a chain that the vault holds already', async () => {
    const machine = orders.newMachine();
    await orders.begin(machine);
    const { authority } = restarted();
    const order = await authority.createOrder({ hostNames: machine.hostNames });
    expect(order).toEqual({ orderUrl: `vault:${machine.certificate}`, challenges: [] });
    expect(await authority.readOrder(order.orderUrl)).toEqual({ state: 'processing', retryAfterMs: 10_000 });
    running.clock.advance(issuanceMs);
    expect(await authority.readOrder(order.orderUrl)).toEqual({ state: 'valid' });
    expect(await authority.finalizeOrder(order.orderUrl, new Uint8Array())).toEqual({ state: 'valid' });

    expect(await authority.downloadChain(order.orderUrl)).not.toHaveProperty('renewalId');
    const { chainPem, merged } = await orders.collect(machine, order.orderUrl);
    const [leaf, issuer] = certificatesIn(chainPem);
    expect(issuer?.raw).toEqual(orders.intermediate.raw);
    expect(leaf?.verify(orders.intermediate.publicKey)).toBe(true);
    expect(merged).toMatchObject({ hostNames: machine.hostNames, tags });
    expect(await restarted().vault.findCertificate(machine.certificate)).toEqual(merged);
    expect(await restarted().vault.readChain(machine.certificate, merged.version)).toBe(chainPem);
  });

  it('waits for a slow issuer as long as it takes', async () => {
    running.vault.faults.set('IssueCertificate', { delayMs: 30 * issuanceMs, count: 1 });
    const machine = orders.newMachine();
    const orderUrl = await orders.placeOrder(machine);
    for (let look = 0; look < 30; look += 1) {
      running.clock.advance(issuanceMs);
      expect((await restarted().authority.readOrder(orderUrl)).state).toBe('processing');
    }
    await expect(restarted().authority.downloadChain(orderUrl)).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
    });
    running.clock.advance(issuanceMs);
    expect((await restarted().authority.readOrder(orderUrl)).state).toBe('valid');
  });

  it('that was completed when nobody waited any more is taken up by the next, and paid once', async () => {
    running.vault.faults.set('IssueCertificate', { delayMs: 60 * issuanceMs, count: 1 });
    running.vault.calls.reset();
    const machine = orders.newMachine();
    await orders.placeOrder(machine);
    running.clock.advance(30 * issuanceMs);
    const second = await orders.placeOrder(machine);
    expect((await restarted().authority.readOrder(second)).state).toBe('processing');
    running.clock.advance(40 * issuanceMs);
    const third = await orders.placeOrder(machine);
    expect((await restarted().authority.readOrder(third)).state).toBe('valid');
    expect((await orders.collect(machine, third)).merged.hostNames).toEqual(machine.hostNames);
    expect(running.vault.calls.count('IssueCertificate')).toBe(1);
  });

  it('that fails is refused in the issuer’s words, and the next is another one', async () => {
    running.vault.faults.set('IssueCertificate', { status: 400, count: 1 });
    const machine = orders.newMachine();
    const orderUrl = await orders.placeOrder(machine);
    running.clock.advance(issuanceMs);
    const words = 'is failed: Request rejected: The issuer answered 400';
    await expect(restarted().authority.readOrder(orderUrl)).rejects.toMatchObject(refused(words));
    await expect(restarted().authority.downloadChain(orderUrl)).rejects.toMatchObject(refused(words));
    await orders.placeOrder(machine);
    running.clock.advance(issuanceMs);
    expect((await orders.collect(machine, orderUrl)).merged.hostNames).toEqual(machine.hostNames);
    expect(await orders.versionsOf(machine)).toBe(1);
  });

  it('that fails at once is refused in the issuer’s words too', async () => {
    running.vault.faults.set('IssueCertificate', { status: 500, delayMs: -issuanceMs, count: 1 });
    const orderUrl = await orders.placeOrder(orders.newMachine());
    await expect(restarted().authority.readOrder(orderUrl)).rejects.toMatchObject(
      refused('Certificate issuer error'),
    );
  });

  it('that somebody cancels or deletes is refused, and never answered with the certificate before it', async () => {
    const machine = orders.newMachine();
    const first = await orders.placeOrder(machine);
    running.clock.advance(issuanceMs);
    await orders.collect(machine, first);

    await orders.placeOrder(machine);
    await (await client.getCertificateOperation(machine.certificate)).cancelOperation();
    await expect(restarted().authority.readOrder(first)).rejects.toMatchObject(refused('cancelled'));

    const deleted = await orders.placeOrder(machine);
    await client.deleteCertificateOperation(machine.certificate);
    await expect(restarted().authority.readOrder(deleted)).rejects.toMatchObject(refused('was deleted'));
    await expect(restarted().authority.downloadChain(deleted)).rejects.toMatchObject(refused('was deleted'));
    expect(await orders.versionsOf(machine)).toBe(1);
  });

  it('is refused to who has not begun it, or has begun it with another issuer', async () => {
    const machine = orders.newMachine();
    const { vault, authority } = restarted();
    await expect(authority.createOrder(machine)).rejects.toMatchObject(refused('has no operation'));
    await vault.beginCertificate(machine.certificate, 'Unknown', machine.hostNames, {});
    await expect(authority.createOrder(machine)).rejects.toMatchObject(refused('made by Unknown'));
    await expect(authority.readOrder('https://acme.localhost/order/1')).rejects.toMatchObject(
      refused('not an order of this authority'),
    );
  });

  it('is a new one at each renewal, and the certificate before it stays until then', async () => {
    const machine = orders.newMachine();
    const first = await orders.placeOrder(machine);
    running.clock.advance(issuanceMs);
    const before = await orders.collect(machine, first);
    const second = await orders.placeOrder(machine);
    expect((await restarted().authority.readOrder(second)).state).toBe('processing');
    expect(await restarted().vault.findCertificate(machine.certificate)).toEqual(before.merged);
    running.clock.advance(issuanceMs);
    const after = await orders.collect(machine, second);
    expect(after.merged.thumbprint).not.toBe(before.merged.thumbprint);
  });

  it('can follow one that went to an authority outside, and the other way round', async () => {
    const machine = orders.newMachine();
    const outside = () =>
      restarted().vault.beginCertificate(machine.certificate, 'Unknown', machine.hostNames, {});
    const request = await outside();
    expect(await orders.begin(machine)).not.toEqual(request);
    running.clock.advance(issuanceMs);
    await orders.collect(machine, (await restarted().authority.createOrder(machine)).orderUrl);
    expect(await outside()).not.toEqual(request);
  });
});
