import { X509Certificate } from 'node:crypto';
import { CertificateClient } from '@azure/keyvault-certificates';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createIntermediate, createLocalRoot } from '#local/kit/local-authority.ts';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import { createKeyVaultIssuerAuthority } from '#shared/adapters/azure/key-vault-issuer-authority.ts';
import { hostNamesOf } from '#shared/domain/certificate.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import { certificatesIn } from './issuance.ts';
import { type RunningVault, startVault } from './running-vault.ts';

const issuanceMs = 60_000;
const limits = [
  {
    id: 'orders-per-account',
    title: 'Orders per account',
    capacity: 10,
    refillMs: 1000,
    scope: 'account' as const,
    freeForReplacements: false,
  },
];

let running: RunningVault;
let client: CertificateClient;
let intermediate: X509Certificate;

beforeAll(async () => {
  const root = await createLocalRoot(Date.now());
  const issuingAuthority = await createIntermediate(root, 'Test issuer', Date.now());
  intermediate = new X509Certificate(issuingAuthority.cert);
  running = await startVault({
    issuingAuthority,
    issuanceDelayMs: issuanceMs,
    purgeProtected: ['local'],
    tokenSeconds: 86_400,
  });
  client = new CertificateClient(running.vaultUrl, running.credential);
  await client.createIssuer('corporate', 'DigiCert', { accountId: 'account-7', organizationId: '42' });
});
afterEach(() => running.vault.faults.clear());
afterAll(() => running.stop());

/** New adapters, as after a restart of the app: nothing of an order is kept in them. */
const restarted = (issuer = 'corporate') => ({
  vault: createKeyVaultCertificateVault(running),
  authority: createKeyVaultIssuerAuthority({ ...running, name: 'corporate-ca', issuer, limits }),
});

let machines = 0;
function newMachine() {
  machines += 1;
  const machineName = `machine${machines}`.padEnd(26, 'a');
  const hostNames = hostNamesOf(machineName, 'wac.localhost');
  return { certificate: certificateName(machineName), hostNames };
}
type Machine = ReturnType<typeof newMachine>;

const begin = ({ certificate, hostNames }: Machine, order = 'issue-1') =>
  restarted().vault.beginCertificate(certificate, 'corporate', hostNames, { order });

async function placeOrder(machine: Machine, order?: string): Promise<string> {
  await begin(machine, order);
  return (await restarted().authority.createOrder({ hostNames: machine.hostNames })).orderUrl;
}

async function collect(machine: Machine, orderUrl: string) {
  const { chainPem, renewalId } = await restarted().authority.downloadChain(orderUrl);
  expect(renewalId).toBeUndefined();
  return { chainPem, merged: await restarted().vault.mergeCertificate(machine.certificate, chainPem) };
}

const refused = (words: string) => ({
  code: 'certificate_order_refused',
  message: expect.stringContaining(words),
  facts: { issuer: 'corporate' },
});

async function versionsOf({ certificate }: Machine): Promise<number> {
  let count = 0;
  for await (const _ of client.listPropertiesOfCertificateVersions(certificate)) count += 1;
  return count;
}

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
    const machine = newMachine();
    await begin(machine);
    const { authority } = restarted();
    const order = await authority.createOrder({ hostNames: machine.hostNames });
    expect(order).toEqual({ orderUrl: `vault:${machine.certificate}`, challenges: [] });
    expect(await authority.readOrder(order.orderUrl)).toEqual({ state: 'processing', retryAfterMs: 10_000 });
    running.clock.advance(issuanceMs);
    expect(await authority.readOrder(order.orderUrl)).toEqual({ state: 'valid' });
    expect(await authority.finalizeOrder(order.orderUrl, new Uint8Array())).toEqual({ state: 'valid' });

    const { chainPem, merged } = await collect(machine, order.orderUrl);
    const [leaf, issuer] = certificatesIn(chainPem);
    expect(issuer?.raw).toEqual(intermediate.raw);
    expect(leaf?.verify(intermediate.publicKey)).toBe(true);
    expect(merged).toMatchObject({ hostNames: machine.hostNames, tags: { order: 'issue-1' } });
    expect(await restarted().vault.findCertificate(machine.certificate)).toEqual(merged);
    expect(await restarted().vault.readChain(machine.certificate, merged.version)).toBe(chainPem);
  });

  it('waits for a slow issuer as long as it takes', async () => {
    running.vault.faults.set('IssueCertificate', { delayMs: 30 * issuanceMs, count: 1 });
    const machine = newMachine();
    const orderUrl = await placeOrder(machine);
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

  it('that fails is refused in the issuer’s words, and the next is another one', async () => {
    running.vault.faults.set('IssueCertificate', { status: 400, count: 1 });
    const machine = newMachine();
    const orderUrl = await placeOrder(machine);
    running.clock.advance(issuanceMs);
    const words = 'is failed: Request rejected: The issuer answered 400';
    await expect(restarted().authority.readOrder(orderUrl)).rejects.toMatchObject(refused(words));
    await expect(restarted().authority.downloadChain(orderUrl)).rejects.toMatchObject(refused(words));
    await placeOrder(machine);
    running.clock.advance(issuanceMs);
    expect((await collect(machine, orderUrl)).merged.hostNames).toEqual(machine.hostNames);
    expect(await versionsOf(machine)).toBe(1);
  });

  it('that fails at once is refused in the issuer’s words too', async () => {
    running.vault.faults.set('IssueCertificate', { status: 500, delayMs: -issuanceMs, count: 1 });
    const orderUrl = await placeOrder(newMachine());
    await expect(restarted().authority.readOrder(orderUrl)).rejects.toMatchObject(
      refused('Certificate issuer error'),
    );
  });

  it('that somebody cancels or deletes is refused, and never answered with the certificate before it', async () => {
    const machine = newMachine();
    const first = await placeOrder(machine);
    running.clock.advance(issuanceMs);
    await collect(machine, first);

    await placeOrder(machine, 'issue-2');
    await (await client.getCertificateOperation(machine.certificate)).cancelOperation();
    await expect(restarted().authority.readOrder(first)).rejects.toMatchObject(refused('cancelled'));

    const deleted = await placeOrder(machine, 'issue-3');
    await client.deleteCertificateOperation(machine.certificate);
    await expect(restarted().authority.readOrder(deleted)).rejects.toMatchObject(refused('was deleted'));
    await expect(restarted().authority.downloadChain(deleted)).rejects.toMatchObject(refused('was deleted'));
    expect(await versionsOf(machine)).toBe(1);
  });

  it('is refused to who has not begun it, or has begun it with another issuer', async () => {
    const machine = newMachine();
    const { vault, authority } = restarted();
    await expect(authority.createOrder(machine)).rejects.toMatchObject(refused('has no operation'));
    await vault.beginCertificate(machine.certificate, 'Unknown', machine.hostNames, {});
    await expect(authority.createOrder(machine)).rejects.toMatchObject(refused('made by Unknown'));
    await expect(authority.readOrder('https://acme.localhost/order/1')).rejects.toMatchObject(
      refused('not an order of this authority'),
    );
  });

  it('is a new one at each renewal, and the certificate before it stays until then', async () => {
    const machine = newMachine();
    const first = await placeOrder(machine);
    running.clock.advance(issuanceMs);
    const before = await collect(machine, first);
    const second = await placeOrder(machine, 'issue-2');
    expect((await restarted().authority.readOrder(second)).state).toBe('processing');
    expect(await restarted().vault.findCertificate(machine.certificate)).toEqual(before.merged);
    running.clock.advance(issuanceMs);
    const after = await collect(machine, second);
    expect(after.merged.thumbprint).not.toBe(before.merged.thumbprint);
  });

  it('can follow one that went to an authority outside, and the other way round', async () => {
    const machine = newMachine();
    const outside = () =>
      restarted().vault.beginCertificate(machine.certificate, 'Unknown', machine.hostNames, {});
    const request = await outside();
    expect(await begin(machine)).not.toEqual(request);
    running.clock.advance(issuanceMs);
    await collect(machine, (await restarted().authority.createOrder(machine)).orderUrl);
    expect(await outside()).not.toEqual(request);
  });
});

describe('a crash in the course of an order', () => {
  type Step = 'begin' | 'createOrder' | 'readOrder' | 'finalizeOrder' | 'downloadChain' | 'mergeCertificate';
  const steps: Step[] = [
    'begin',
    'createOrder',
    'readOrder',
    'finalizeOrder',
    'downloadChain',
    'mergeCertificate',
  ];

  /** Each step with new adapters; the crash comes after the step's work and before its answer is written. */
  async function run(machine: Machine, crashAfter: Step, isIssuedMeanwhile: boolean) {
    let orderUrl = '';
    let chainPem = '';
    let thumbprint = '';
    const work: Record<Step, () => Promise<unknown>> = {
      begin: () => begin(machine),
      createOrder: async () => {
        ({ orderUrl } = await restarted().authority.createOrder(machine));
      },
      readOrder: () => restarted().authority.readOrder(orderUrl),
      finalizeOrder: () => restarted().authority.finalizeOrder(orderUrl, new Uint8Array()),
      downloadChain: async () => {
        ({ chainPem } = await restarted().authority.downloadChain(orderUrl));
      },
      mergeCertificate: async () => {
        ({ thumbprint } = await restarted().vault.mergeCertificate(machine.certificate, chainPem));
      },
    };
    for (const step of steps) {
      if (step === 'downloadChain') running.clock.advance(issuanceMs);
      await work[step]();
      if (step !== crashAfter) continue;
      if (isIssuedMeanwhile) running.clock.advance(issuanceMs);
      await work[step]();
    }
    return thumbprint;
  }

  it.each(
    steps.flatMap((step) => [
      { step, isIssuedMeanwhile: false },
      { step, isIssuedMeanwhile: true },
    ]),
  )('after $step, issued meanwhile: $isIssuedMeanwhile, costs no second certificate', async (crash) => {
    const machine = newMachine();
    running.vault.calls.reset();
    const thumbprint = await run(machine, crash.step, crash.isIssuedMeanwhile);
    expect(running.vault.calls.count('IssueCertificate')).toBe(1);
    expect(await versionsOf(machine)).toBe(1);
    expect((await restarted().vault.findCertificate(machine.certificate))?.thumbprint).toBe(thumbprint);
  });
});
