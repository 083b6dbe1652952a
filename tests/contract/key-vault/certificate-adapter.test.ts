import { createPrivateKey, X509Certificate } from 'node:crypto';
import { CertificateClient } from '@azure/keyvault-certificates';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import { poll } from './issuance.ts';
import {
  createIssuingAuthority,
  createRequestOutside,
  type IssuingAuthority,
  readRequest,
} from './issuing-authority.ts';
import { type RunningVault, startVault } from './running-vault.ts';

// What the port does not show: how certificates and chains lie in the vault.

let running: RunningVault;
let vault: CertificateVault;
let client: CertificateClient;
let secrets: SecretClient;
let authority: IssuingAuthority;

beforeAll(async () => {
  running = await startVault({ purgeProtected: ['local'], issuanceDelayMs: 60_000 });
  vault = createKeyVaultCertificateVault(running);
  client = new CertificateClient(running.vaultUrl, running.credential);
  secrets = new SecretClient(running.vaultUrl, running.credential);
  authority = await createIssuingAuthority('Test issuing authority');
  await client.createIssuer('ca', 'Test');
});
afterEach(() => running.vault.faults.clear());
afterAll(() => running.stop());

const hostNames = ['m1.wac.localhost', '*.m1.wac.localhost'];
const tags = { authority: 'https://acme.localhost/directory' };

const chainFor = async (request: Uint8Array) =>
  [await authority.sign(request), authority.certificate]
    .map((der) => `${new X509Certificate(der).toString().trim()}\n`)
    .join('');

async function issue(name: string) {
  const chain = await chainFor(await vault.beginCertificate(name, 'Unknown', hostNames, tags));
  return { chain, certificate: await vault.mergeCertificate(name, chain) };
}

describe('the request of a certificate', () => {
  it.each(['Unknown', 'ca'])(
    'by the issuer %s is for its host names and signed with its own key',
    async (issuer) => {
      const request = await vault.beginCertificate(`request-${issuer}`, issuer, hostNames, tags);
      expect(await readRequest(request)).toEqual({
        isSelfSigned: true,
        subject: 'CN=m1.wac.localhost',
        names: hostNames,
      });
    },
  );

  it('has no common name when the base name is longer than one may be', async () => {
    const long = `${'a'.repeat(60)}.wac.localhost`;
    const request = await vault.beginCertificate('long', 'Unknown', [long, `*.${long}`], tags);
    expect(await readRequest(request)).toMatchObject({ subject: '', names: [long, `*.${long}`] });
  });

  it('comes with a policy under which the vault renews nothing by itself', async () => {
    for (const issuer of ['Unknown', 'ca']) {
      await vault.beginCertificate(`policy-${issuer}`, issuer, hostNames, tags);
      expect(await client.getCertificatePolicy(`policy-${issuer}`)).toMatchObject({
        issuerName: issuer,
        exportable: true,
        reuseKey: false,
        lifetimeActions: [{ action: 'EmailContacts', lifetimePercentage: 99 }],
      });
    }
  });

  it('is of the vault’s making again after an issuer refused the one before', async () => {
    running.vault.faults.set('IssueCertificate', { status: 400, count: 1 });
    const first = await vault.beginCertificate('refused', 'ca', hostNames, tags);
    running.clock.advance(60_000);
    const second = await vault.beginCertificate('refused', 'ca', hostNames, tags);
    expect(second).not.toEqual(first);
  });
});

describe('an order of an integrated issuer', () => {
  const begin = (name: string) => vault.beginCertificate(name, 'ca', hostNames, tags);

  async function collect(name: string) {
    const { version = '' } = (await vault.findCertificate(name)) ?? {};
    return vault.mergeCertificate(name, await vault.readChain(name, version));
  }

  it('that was completed while nobody waited is not placed twice, and its tags are as they were given', async () => {
    const request = await begin('crashed');
    running.clock.advance(60_000);
    running.vault.calls.reset();
    expect(await begin('crashed')).toEqual(request);
    expect(running.vault.calls.count('IssueCertificate')).toBe(0);
    expect((await vault.findCertificate('crashed'))?.tags).toEqual(tags);
  });

  it('is placed anew once the one before was collected, also when that was done twice', async () => {
    const request = await begin('next');
    running.clock.advance(60_000);
    const collected = await collect('next');
    expect(await collect('next')).toEqual(collected);
    expect((await client.getCertificate('next')).properties.tags).toEqual(tags);
    expect(await begin('next')).not.toEqual(request);
  });

  it('is placed anew when what lies there is past half of its lifetime', async () => {
    const request = await begin('old');
    running.clock.advance(60_000);
    expect(await begin('old')).toEqual(request);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 50 * 86_400_000 });
    try {
      expect(await begin('old')).not.toEqual(request);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is placed anew when what lies there is for other names, or was given away with its name', async () => {
    const request = await begin('stale');
    running.clock.advance(60_000);
    await vault.findCertificate('stale');
    await vault.disableCertificate('stale');
    const second = await begin('stale');
    expect(second).not.toEqual(request);
    running.clock.advance(60_000);
    const others = ['m2.wac.localhost', '*.m2.wac.localhost'];
    const third = await vault.beginCertificate('stale', 'ca', others, tags);
    expect((await readRequest(third)).names).toEqual(others);
  });
});

describe('the key of a certificate', () => {
  it('comes with its chain', async () => {
    const { chain, certificate } = await issue('private');
    const { privateKeyPem, chainPem } = await vault.readPrivate('private', certificate.version);
    expect(chainPem).toBe(chain);
    expect(new X509Certificate(chainPem).checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  });

  it('is refused to a chain that is not its own, with the status of the vault', async () => {
    const foreign = await chainFor(await vault.beginCertificate('foreign', 'Unknown', hostNames, tags));
    await vault.beginCertificate('own', 'Unknown', hostNames, tags);
    await expect(vault.mergeCertificate('own', foreign)).rejects.toMatchObject({
      code: 'key_vault_refused',
      facts: { vaultStatus: 400 },
    });
  });
});

describe('a kept chain', () => {
  it('is a secret beside the certificate, with its type, its tags and the times of its leaf', async () => {
    const chain = await chainFor(await createRequestOutside(hostNames));
    const kept = await vault.keepChain('kept', chain, tags);
    const { properties, value } = await secrets.getSecret('kept-chain');
    expect(value).toBe(chain);
    expect(properties).toMatchObject({
      version: kept.version,
      contentType: 'application/pem-certificate-chain',
      tags,
      notBefore: new Date(kept.notBefore),
      expiresOn: new Date(kept.notAfter),
    });
  });

  it('is refused where there is no certificate in it', async () => {
    await expect(vault.keepChain('nothing', 'no PEM', tags)).rejects.toMatchObject({
      code: 'key_vault_refused',
    });
  });
});

describe('a certificate and a chain that are given up', () => {
  it('are disabled, and deleted only when they are purged', async () => {
    await issue('disabled');
    await vault.keepChain('disabled', await chainFor(await createRequestOutside(hostNames)), tags);
    await vault.disableCertificate('disabled');
    expect((await client.getCertificate('disabled')).properties.enabled).toBe(false);
    await vault.purgeCertificate('disabled');
    expect((await client.getDeletedCertificate('disabled')).properties.enabled).toBe(false);
    expect((await secrets.getDeletedSecret('disabled-chain')).properties.enabled).toBe(false);
  });

  it('can be begun again when somebody deleted it in the middle of an operation', async () => {
    await vault.beginCertificate('halfway', 'Unknown', hostNames, tags);
    await (await client.beginDeleteCertificate('halfway', poll)).pollUntilDone();
    const chain = await chainFor(await vault.beginCertificate('halfway', 'Unknown', hostNames, tags));
    expect(await vault.mergeCertificate('halfway', chain)).toMatchObject({ hostNames });
  });

  it('can be begun for other names when somebody deleted it in the middle of an operation', async () => {
    await vault.beginCertificate('halfway-renamed', 'Unknown', hostNames, tags);
    await (await client.beginDeleteCertificate('halfway-renamed', poll)).pollUntilDone();
    const others = ['m2.wac.localhost', '*.m2.wac.localhost'];
    const request = await vault.beginCertificate('halfway-renamed', 'ca', others, tags);
    expect(await readRequest(request)).toMatchObject({ names: others });
  });

  it('can be begun again when a restart cut the end short at any call', async () => {
    const calls = [
      'DeleteCertificateOperation',
      'UpdateCertificate',
      'UpdateSecret',
      'DeleteCertificate',
      'DeleteSecret',
    ];
    for (const call of calls) {
      const name = `cut-${call}`;
      const end = () => vault.disableCertificate(name).then(() => vault.purgeCertificate(name));
      await issue(name);
      await vault.keepChain(name, await chainFor(await createRequestOutside(hostNames)), tags);
      running.vault.faults.set(call, { status: 403, count: 1 });
      await expect(end()).rejects.toMatchObject({ code: 'key_vault_refused' });
      await end();
      expect(await vault.findCertificate(name)).toBeUndefined();
      expect(await vault.findKeptChain(name)).toBeUndefined();
      const { certificate } = await issue(name);
      expect(await vault.findCertificate(name)).toEqual(certificate);
    }
  });

  it('leaves a name alone that a secret of somebody else holds', async () => {
    await secrets.setSecret('taken', 'value');
    await expect(vault.beginCertificate('taken', 'Unknown', hostNames, tags)).rejects.toMatchObject({
      code: 'key_vault_refused',
      facts: { vaultStatus: 409 },
    });
    expect((await secrets.getSecret('taken')).value).toBe('value');
  });
});
