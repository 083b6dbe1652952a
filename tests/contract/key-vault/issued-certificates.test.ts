import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CertificateClient, type CertificatePolicy } from '@azure/keyvault-certificates';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createIntermediate, createLocalRoot } from '#local/kit/local-authority.ts';
import { certificatesIn, poll, unknownEc } from './issuance.ts';
import { type RunningVault, refusalOf, startVault } from './running-vault.ts';

// States and words: learn.microsoft.com/azure/key-vault/certificates/create-certificate-scenarios.

const minute = 60_000;
const day = 24 * 60 * minute;

let running: RunningVault;
let client: CertificateClient;
let secrets: SecretClient;
let intermediate: X509Certificate;
let root: X509Certificate;

beforeAll(async () => {
  const authority = await createLocalRoot(Date.now());
  const issuingAuthority = await createIntermediate(authority, 'Test issuer', Date.now());
  root = new X509Certificate(authority.cert);
  intermediate = new X509Certificate(issuingAuthority.cert);
  running = await startVault({
    issuingAuthority,
    issuanceDelayMs: 5 * minute,
    tokenSeconds: 10 * 365 * 86_400,
    purgeProtected: ['other'],
  });
  client = new CertificateClient(running.vaultUrl, running.credential);
  secrets = new SecretClient(running.vaultUrl, running.credential);
  await client.createIssuer('ca', 'Test', { accountId: 'account' });
});
afterEach(() => running.vault.faults.clear());
afterAll(() => running.stop());

const byIssuer: CertificatePolicy = { ...unknownEc, issuerName: 'ca', validityInMonths: 3 };

const begin = (name: string, policy = byIssuer, tags: Record<string, string> = {}) =>
  client.beginCreateCertificate(name, policy, { ...poll, tags });
const operationOf = async (name: string) =>
  (await client.getCertificateOperation(name)).getOperationState().certificateOperation;
/** As it is on the wire: the client throws what failed, without its code. */
async function pendingOf(name: string): Promise<unknown> {
  const response = await fetch(`${running.vaultUrl}/certificates/${name}/pending?api-version=7.5`, {
    headers: { authorization: `Bearer ${await running.mintToken()}` },
  });
  return response.json();
}
const versionsOf = async (name: string) => {
  const versions: (string | undefined)[] = [];
  for await (const { version } of client.listPropertiesOfCertificateVersions(name)) versions.push(version);
  return versions;
};

describe('a certificate of an issuer', () => {
  it('is in progress with its request until the issuer is done, and then has leaf and intermediate', async () => {
    await begin('issued');
    expect(await operationOf('issued')).toMatchObject({
      status: 'inProgress',
      issuerName: 'ca',
      statusDetails: expect.stringContaining('may take some time based on the issuer provider'),
    });
    expect((await client.getCertificate('issued')).cer).toBeUndefined();
    running.clock.advance(5 * minute);
    expect(await operationOf('issued')).toMatchObject({ status: 'completed' });

    const pem = (await secrets.getSecret('issued')).value ?? '';
    const [leaf, issuer, ...rest] = certificatesIn(pem);
    expect(rest).toEqual([]);
    expect(issuer?.raw).toEqual(intermediate.raw);
    expect(leaf?.verify(intermediate.publicKey)).toBe(true);
    expect(intermediate.verify(root.publicKey)).toBe(true);
    expect(leaf?.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(leaf?.subjectAltName).toBe('DNS:m1.wac.localhost, DNS:*.m1.wac.localhost');
    const days = ((leaf?.validToDate.getTime() ?? 0) - (leaf?.validFromDate.getTime() ?? 0)) / day;
    expect(days).toBeGreaterThan(88);
    expect(days).toBeLessThan(93);
  });

  it('is done through the client’s own poller, and the clock may leap', async () => {
    const poller = await begin('polled');
    running.clock.advance(day);
    const { cer } = await poller.pollUntilDone();
    const age = running.clock.now() - new X509Certificate(Buffer.from(cer ?? [])).validFromDate.getTime();
    expect(age).toBeGreaterThan(day - 5 * minute);
  });

  it('survives a restart while it is in progress', async () => {
    await begin('restarted');
    const before = await operationOf('restarted');
    await running.restart();
    expect((await operationOf('restarted'))?.csr).toEqual(before?.csr);
    running.clock.advance(5 * minute);
    await running.restart();
    expect((await operationOf('restarted'))?.status).toBe('completed');
  });

  it.each([
    [503, 'Certificate issuer error'],
    [400, 'Request rejected'],
  ])('fails when its issuer answers %i, says why, and can be begun again', async (status, code) => {
    const name = `failed-${status}`;
    running.vault.faults.set('IssueCertificate', { status, count: 1 });
    await begin(name);
    expect((await operationOf(name))?.status).toBe('inProgress');
    running.clock.advance(5 * minute);
    expect(await pendingOf(name)).toMatchObject({
      status: 'failed',
      error: { code, message: expect.stringContaining(String(status)) },
    });
    expect((await client.getCertificate(name)).cer).toBeUndefined();
    await begin(name);
    running.clock.advance(5 * minute);
    expect((await operationOf(name))?.status).toBe('completed');
    expect(await versionsOf(name)).toHaveLength(1);
  });

  it('takes as much longer as its issuer is slow', async () => {
    running.vault.faults.set('IssueCertificate', { delayMs: day, count: 1 });
    await begin('slow');
    running.clock.advance(day);
    expect((await operationOf('slow'))?.status).toBe('inProgress');
    running.clock.advance(5 * minute);
    expect((await operationOf('slow'))?.status).toBe('completed');
  });

  it('is not issued after its cancellation', async () => {
    const poller = await begin('cancelled');
    await poller.cancelOperation();
    running.clock.advance(day);
    expect(await operationOf('cancelled')).toMatchObject({
      status: 'cancelled',
      cancellationRequested: true,
    });
    expect((await client.getCertificate('cancelled')).cer).toBeUndefined();
  });

  it('can not be merged while its issuer is at it', async () => {
    await begin('merged');
    expect(await refusalOf(client.mergeCertificate('merged', [root.raw]))).toMatchObject({
      statusCode: 403,
      code: 'Forbidden',
      message: 'Merge is forbidden on pending object created with issuer : ca while it is in progess.',
    });
  });

  it('is refused for an issuer that is not there or disabled', async () => {
    await client.createIssuer('off', 'Test', { enabled: false });
    for (const issuerName of ['nobody', 'off'])
      expect(await refusalOf(begin('refused', { ...byIssuer, issuerName }))).toMatchObject({
        statusCode: 400,
        message: expect.stringContaining(issuerName),
      });
    expect(await refusalOf(client.getCertificate('refused'))).toMatchObject({ statusCode: 404 });
  });
});

describe('the lifetime of a certificate', () => {
  it('ends in a new version with the same tags when the policy renews it', async () => {
    await begin(
      'renewed',
      { ...byIssuer, lifetimeActions: [{ action: 'AutoRenew', daysBeforeExpiry: 30 }] },
      {
        owner: 'me',
      },
    );
    running.clock.advance(5 * minute);
    const first = await client.getCertificate('renewed');
    running.clock.advance(50 * day);
    expect((await client.getCertificate('renewed')).properties.version).toBe(first.properties.version);
    running.clock.advance(15 * day);
    expect((await operationOf('renewed'))?.status).toBe('inProgress');
    running.clock.advance(5 * minute);
    const second = await client.getCertificate('renewed');
    expect(second.properties.version).not.toBe(first.properties.version);
    expect(second.properties.tags).toEqual({ owner: 'me' });
    expect(await versionsOf('renewed')).toHaveLength(2);
  });

  it('is renewed at four fifths where the policy says nothing, and only told of where it says so', async () => {
    await begin('by-default');
    await begin('told', {
      ...byIssuer,
      lifetimeActions: [{ action: 'EmailContacts', lifetimePercentage: 50 }],
    });
    running.clock.advance(5 * minute);
    expect((await client.getCertificatePolicy('by-default')).lifetimeActions).toEqual([
      { action: 'AutoRenew', lifetimePercentage: 80, daysBeforeExpiry: undefined },
    ]);
    for (const name of ['by-default', 'told']) await client.getCertificate(name);
    running.clock.advance(80 * day);
    expect((await operationOf('by-default'))?.status).toBe('inProgress');
    expect((await operationOf('told'))?.status).toBe('completed');
  });
});

describe('a vault with purge protection', () => {
  it('gives deleted names back and purges none', async () => {
    const vault = new CertificateClient(running.vault.urlOf('other'), running.credential);
    const { cer, properties } = await (
      await vault.beginCreateCertificate('kept', { ...unknownEc, issuerName: 'Self' }, poll)
    ).pollUntilDone();
    expect(properties.recoveryLevel).toBe('Recoverable');
    await (await vault.beginDeleteCertificate('kept', poll)).pollUntilDone();
    expect(await refusalOf(vault.purgeDeletedCertificate('kept'))).toMatchObject({
      statusCode: 403,
      code: 'Forbidden',
      message: expect.stringContaining('purge protection is enabled for this vault'),
    });
    await (await vault.beginRecoverDeletedCertificate('kept', poll)).pollUntilDone();
    expect((await vault.getCertificate('kept')).cer).toEqual(cer);
  });
});
