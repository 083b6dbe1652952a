import { webcrypto } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SigningKey } from '#shared/ports/signing-key.ts';
import { type AccountKey, createAccountKey } from './account-key.ts';
import { sendRaw } from './raw-request.ts';
import { createRig, issue, type Rig, zone } from './rig.ts';

/** ES256 in WebCrypto with a private half that cannot be exported; notes every member that is asked for. */
async function createSealedKey(): Promise<{ key: SigningKey; asked: Set<string | symbol> }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const pair = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const { x = '', y = '' } = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
  const version = { keyId: 'sealed', publicKey: { kty: 'EC', crv: 'P-256', x, y } } as const;
  const asked = new Set<string | symbol>();
  const key: SigningKey = {
    current: () => Promise.resolve(version),
    versions: () => Promise.resolve([version]),
    sign: async (_keyId, data) =>
      new Uint8Array(await webcrypto.subtle.sign(algorithm, pair.privateKey, Uint8Array.from(data))),
  };
  const note: ProxyHandler<SigningKey> = {
    get(target, member, receiver) {
      asked.add(member);
      return Reflect.get(target, member, receiver);
    },
  };
  return { key: new Proxy(key, note), asked };
}

describe('the account of our key', () => {
  let rig: Rig;
  let key: AccountKey;
  beforeAll(async () => {
    rig = await createRig();
  });
  afterAll(() => rig.close());
  afterEach(() => rig.authority.faults.clear());

  const accounts = (): number =>
    (rig.store.prepare('SELECT count(*) AS total FROM acme_accounts').get() as { total: number }).total;
  const client = (accountKey: SigningKey = key) => rig.createClient({ accountKey });
  /** A key whose first version has an account. */
  const openAccount = async (): Promise<string> => {
    key = createAccountKey();
    return client().ensureAccount();
  };

  it('is made once, whoever asks how often', async () => {
    key = createAccountKey();
    const before = accounts();
    const urls = await Promise.all([client(), client(), client()].map((one) => one.ensureAccount()));
    expect(new Set(urls).size).toBe(1);
    expect(accounts()).toBe(before + 1);
  });

  it('tells its contacts once when they are others than before', async () => {
    const url = await openAccount();
    const mailto = (name: string) => [`mailto:${name}@example.org`];
    const told = (contact: string[]) => rig.createClient({ accountKey: key, contact }).ensureAccount();
    rig.authority.calls.reset();
    for (const contact of [mailto('one'), mailto('one'), mailto('two')])
      expect(await told(contact)).toBe(url);
    expect(rig.authority.calls.count('account')).toBe(2);
    expect(rig.authority.inspect?.().find(({ title }) => title === 'Accounts')?.rows[0]).toContain(
      'mailto:two@example.org',
    );
    expect(await told(['tel:+47'])).toBe(url);
  });

  it('moves to the newest version of its key, and no second account is made', async () => {
    const url = await openAccount();
    const before = accounts();
    key.rotate();
    expect(await client().ensureAccount()).toBe(url);
    key.rotate();
    key.rotate();
    expect(await client().ensureAccount()).toBe(url);
    expect(accounts()).toBe(before);
    expect(rig.authority.calls.count('keyChange')).toBe(2);
    const stale = key.stale();
    expect(await client({ ...key, versions: () => stale.versions() }).ensureAccount()).toBe(url);
  });

  it('is moved by two processes at once, and both have it', async () => {
    const url = await openAccount();
    const before = accounts();
    const running = client();
    await running.ensureAccount();
    key.rotate();
    rig.authority.faults.set('keyChange', { delayMs: 20 });
    const urls = await Promise.all([client(), client(), running].map((one) => one.ensureAccount()));
    expect(urls).toEqual([url, url, url]);
    expect(accounts()).toBe(before);
  });

  it('is kept by a process that still takes the version before for the current one', async () => {
    const url = await openAccount();
    key.rotate();
    expect(await client().ensureAccount()).toBe(url);
    const before = accounts();
    expect(await client(key.stale()).ensureAccount()).toBe(url);
    expect(accounts()).toBe(before);
  });

  it('goes on in a process that had it while another one moved it', async () => {
    await openAccount();
    const names = [`moved-meanwhile.${zone}`];
    let current: SigningKey = key;
    const running = client({
      current: () => current.current(),
      versions: () => key.versions(),
      sign: (keyId, data) => key.sign(keyId, data),
    });
    const { orderUrl } = await running.createOrder({ hostNames: names });
    key.rotate();
    current = key.stale();
    await client().ensureAccount();
    expect((await running.createOrder({ hostNames: names })).orderUrl).toBe(orderUrl);
  });

  it('gives an open order new values to publish after a change of its key', async () => {
    await openAccount();
    const one = client();
    const hostNames = [`open-order.${zone}`];
    const before = await one.createOrder({ hostNames });
    rig.publish(before);
    key.rotate();
    const after = await one.createOrder({ hostNames });
    expect(after.orderUrl).toBe(before.orderUrl);
    expect(after.challenges[0]?.recordValue).not.toBe(before.challenges[0]?.recordValue);
    expect((await issue(rig, hostNames, { client: one })).orderUrl).toBe(before.orderUrl);
  });

  it('orders, proves and revokes over a change of its key', async () => {
    await openAccount();
    const one = client();
    const { chain } = await issue(rig, [`before-change.${zone}`], { client: one });
    key.rotate();
    await issue(rig, [`after-change.${zone}`], { client: one });
    await expect(one.revoke(chain, 'superseded')).resolves.toBeUndefined();
  });

  it('waits with the move while the authority is out, and makes no second account', async () => {
    const url = await openAccount();
    key.rotate();
    const before = accounts();
    rig.authority.faults.set('keyChange', { status: 503, count: 1 });
    const one = client();
    await expect(one.ensureAccount()).rejects.toMatchObject({
      code: 'certificate_authority_unavailable',
      retryAfterMs: 1_000,
    });
    expect(accounts()).toBe(before);
    expect(await one.ensureAccount()).toBe(url);
  });

  it('says that it is deactivated and what to do, and a new version of the key does it', async () => {
    const url = await openAccount();
    const one = client();
    await one.ensureAccount();
    const { privateKey } = key;
    await sendRaw({ url, payload: { status: 'deactivated' }, privateKey, header: { kid: url } });
    const refusal = {
      code: 'certificate_order_refused',
      message: expect.stringContaining('the account of our key is deactivated'),
      facts: { authority: 'local', status: 'deactivated', remedy: expect.stringContaining('new version') },
    };
    await expect(one.createOrder({ hostNames: [`left.${zone}`] })).rejects.toMatchObject(refusal);
    await expect(client().ensureAccount()).rejects.toMatchObject(refusal);
    key.rotate();
    expect(await one.ensureAccount()).not.toBe(url);
  });

  it('never asks for the private half of its key: it signs, and nothing else', async () => {
    const sealed = await createSealedKey();
    const one = client(sealed.key);
    const { chain } = await issue(rig, [`sealed.${zone}`, `*.sealed.${zone}`], { client: one });
    await one.revoke(chain, 'cessationOfOperation');
    expect(sealed.asked).toEqual(new Set(['current', 'sign', 'versions']));
    expect(
      rig.store.prepare(`SELECT count(*) AS total FROM acme_accounts WHERE jwk LIKE '%"d"%'`).get(),
    ).toEqual({ total: 0 });
  });
});

describe('an external account', () => {
  let rig: Rig;
  const macKey = 'YSBzZWNyZXQgYmV0d2VlbiB0aGUgdHdv';
  let read = 0;
  const externalAccount = {
    keyId: 'customer',
    macKey: () => {
      read += 1;
      return Promise.resolve(macKey);
    },
  };
  beforeAll(async () => {
    rig = await createRig({ externalAccounts: { customer: macKey } });
  });
  afterAll(() => rig.close());

  it('is bound when the account is made, and its MAC key is read then alone', async () => {
    const url = await rig.createClient({ externalAccount }).ensureAccount();
    expect(read).toBe(1);
    expect(await rig.createClient({ externalAccount }).ensureAccount()).toBe(url);
    rig.accountKey.rotate();
    expect(await rig.createClient({ externalAccount }).ensureAccount()).toBe(url);
    expect(read).toBe(1);
    const [row] = rig.authority.inspect?.().find(({ title }) => title === 'Accounts')?.rows ?? [];
    expect(row?.[3]).toBe('customer');
  });

  it('hands on what the vault of its MAC key says', async () => {
    const away = { keyId: 'customer', macKey: () => Promise.reject(new Error('the vault is away')) };
    const one = rig.createClient({ accountKey: createAccountKey(), externalAccount: away });
    await expect(one.ensureAccount()).rejects.toThrow('the vault is away');
  });
});
