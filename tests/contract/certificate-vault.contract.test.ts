import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateVault } from '#shared/ports/certificate-vault.ts';
import {
  type CertificateVaultSubject,
  certificateVaultSubjects,
} from '../support/certificate-vault-subjects.ts';

const hostNames = ['m1.wac.localhost', '*.m1.wac.localhost'];
const otherNames = ['m2.wac.localhost', '*.m2.wac.localhost'];
const tags = { authority: 'https://acme.localhost/directory' };

describe.each(certificateVaultSubjects)('a certificate vault %s', (_, open) => {
  let subject: CertificateVaultSubject;
  let vault: CertificateVault;
  beforeAll(async () => {
    subject = await open();
    ({ vault } = subject);
  });
  afterAll(() => subject.stop());

  const begin = (name: string, names = hostNames, issuer = 'Unknown') =>
    vault.beginCertificate(name, issuer, names, tags);

  async function issue(name: string) {
    const chain = await subject.chainFor(await begin(name), hostNames);
    return { chain, certificate: await vault.mergeCertificate(name, chain) };
  }

  async function keep(name: string) {
    const chain = await subject.chainOutside(hostNames);
    return { chain, certificate: await vault.keepChain(name, chain, tags) };
  }

  describe('asked to begin', () => {
    it('answers the same request for the same names again, and shows no certificate', async () => {
      const first = await begin('repeated');
      expect(first.length).toBeGreaterThan(0);
      expect(await begin('repeated')).toEqual(first);
      expect(await vault.findCertificate('repeated')).toBeUndefined();
    });

    it('answers another request for other names', async () => {
      expect(await begin('renamed', otherNames)).not.toEqual(await begin('renamed'));
    });

    it('answers another request for another issuer, there and back', async () => {
      const ours = await begin('moved');
      const theirs = await begin('moved', hostNames, subject.issuer);
      expect(theirs).not.toEqual(ours);
      expect(await begin('moved', hostNames, subject.issuer)).toEqual(theirs);
      expect(await begin('moved')).not.toEqual(ours);
    });

    it('answers another request after it was given up, which it can be at any time', async () => {
      const first = await begin('given-up');
      await vault.cancelPending('given-up');
      await vault.cancelPending('given-up');
      await vault.cancelPending('never-begun');
      expect(await begin('given-up')).not.toEqual(first);
    });
  });

  describe('given the chain of its request', () => {
    it('finds the certificate with the facts of its leaf, its names and its tags', async () => {
      const { chain, certificate } = await issue('merged');
      expect(certificate).toEqual({
        ...subject.factsOf(chain),
        version: expect.stringMatching(/^[0-9a-f]+$/),
        hostNames,
        tags,
      });
      expect(await vault.findCertificate('merged')).toEqual(certificate);
    });

    it('gives out key and chain of the version that is asked for', async () => {
      const first = await issue('versions');
      const second = await issue('versions');
      expect(second.certificate.version).not.toBe(first.certificate.version);
      for (const { chain, certificate } of [first, second]) {
        expect((await vault.readPrivate('versions', certificate.version)).chainPem).toBe(chain);
        expect(await vault.readChain('versions', certificate.version)).toBe(chain);
      }
    });

    it('answers the same version again, also while a newer one is pending', async () => {
      const { chain, certificate } = await issue('again');
      expect(await vault.mergeCertificate('again', chain)).toEqual(certificate);
      await begin('again');
      expect(await vault.mergeCertificate('again', chain)).toEqual(certificate);
      expect(await vault.findCertificate('again')).toEqual(certificate);
    });

    it('refuses one of another key', async () => {
      const foreign = await subject.chainFor(await begin('foreign'), hostNames);
      await begin('own');
      await expect(vault.mergeCertificate('own', foreign)).rejects.toMatchObject({
        code: 'key_vault_refused',
      });
    });
  });

  it('says what is missing', async () => {
    const { certificate } = await issue('there');
    for (const read of [vault.readPrivate, vault.readChain]) {
      await expect(read('absent', certificate.version)).rejects.toMatchObject({
        code: 'certificate_missing',
      });
      await expect(read('there', '0'.repeat(32))).rejects.toMatchObject({ code: 'certificate_missing' });
    }
    expect(await vault.findCertificate('absent')).toBeUndefined();
    expect(await vault.findKeptChain('absent')).toBeUndefined();
    expect(await vault.findKeptChain('there')).toBeUndefined();
  });

  describe('given the chain of a machine’s own key', () => {
    it('keeps it with the facts of its leaf, its names and its tags', async () => {
      const { chain, certificate } = await keep('kept');
      expect(certificate).toEqual({
        ...subject.factsOf(chain),
        version: expect.stringMatching(/^[0-9a-f]+$/),
        hostNames,
        tags,
      });
      expect(await vault.findKeptChain('kept')).toBe(chain);
      expect(await vault.findKeptChain('kept', certificate.version)).toBe(chain);
      expect(await vault.findCertificate('kept')).toBeUndefined();
    });

    it('answers the same version for the same chain, also when a newer one was kept since', async () => {
      const first = await keep('kept-again');
      expect(await vault.keepChain('kept-again', first.chain, tags)).toEqual(first.certificate);
      const second = await keep('kept-again');
      expect(second.certificate.version).not.toBe(first.certificate.version);
      expect(await vault.keepChain('kept-again', first.chain, tags)).toEqual(first.certificate);
      expect(await vault.findKeptChain('kept-again')).toBe(second.chain);
      expect(await vault.findKeptChain('kept-again', first.certificate.version)).toBe(first.chain);
    });
  });

  describe('asked to disable a name', () => {
    it('shows neither certificate nor chain of it, and does so again or for nothing', async () => {
      const { certificate } = await issue('disabled');
      const kept = await keep('disabled');
      await vault.disableCertificate('disabled');
      await vault.disableCertificate('disabled');
      await vault.disableCertificate('never-was');
      expect(await vault.findCertificate('disabled')).toBeUndefined();
      expect(await vault.findKeptChain('disabled')).toBeUndefined();
      expect(await vault.findKeptChain('disabled', kept.certificate.version)).toBeUndefined();
      for (const read of [vault.readPrivate, vault.readChain])
        await expect(read('disabled', certificate.version)).rejects.toMatchObject({
          code: 'certificate_missing',
        });
    });

    it('lets no older version be read that is still good', async () => {
      const { certificate } = await issue('two-versions');
      await issue('two-versions');
      await vault.disableCertificate('two-versions');
      await expect(vault.readPrivate('two-versions', certificate.version)).rejects.toMatchObject({
        code: 'certificate_missing',
      });
    });

    it('takes an unfinished operation with it', async () => {
      const before = await begin('unfinished');
      await vault.disableCertificate('unfinished');
      expect(await vault.findCertificate('unfinished')).toBeUndefined();
      expect(await begin('unfinished')).not.toEqual(before);
    });
  });

  describe.each<[string, (name: string) => Promise<unknown>]>([
    ['disabled', (name) => vault.disableCertificate(name)],
    [
      'disabled and purged',
      (name) => vault.disableCertificate(name).then(() => vault.purgeCertificate(name)),
    ],
  ])('a name that was %s', (how, giveUp) => {
    it('can be begun and issued again, and shows nothing old meanwhile', async () => {
      const name = `issued-${how.replaceAll(' ', '-')}`;
      const before = await issue(name);
      await giveUp(name);
      await begin(name);
      expect(await vault.findCertificate(name)).toBeUndefined();
      const after = await issue(name);
      expect(after.certificate.version).not.toBe(before.certificate.version);
      expect(await vault.findCertificate(name)).toEqual(after.certificate);
    });

    it('can have a chain kept again, the same or another', async () => {
      const name = `kept-${how.replaceAll(' ', '-')}`;
      const { chain } = await keep(name);
      await giveUp(name);
      await vault.keepChain(name, chain, tags);
      expect(await vault.findKeptChain(name)).toBe(chain);
      await giveUp(name);
      const other = await keep(name);
      expect(await vault.findKeptChain(name)).toBe(other.chain);
    });
  });

  describe('asked to purge a name', () => {
    it('has nothing of it, and says so again or for nothing', async () => {
      const { certificate } = await issue('purged');
      const kept = await keep('purged');
      await begin('purged');
      const outcome = await vault.purgeCertificate('purged');
      expect(outcome).toBe(subject.afterPurge);
      expect(await vault.purgeCertificate('purged')).toBe(outcome);
      expect(await vault.purgeCertificate('never-was')).toBe('purged');
      expect(await vault.findCertificate('purged')).toBeUndefined();
      expect(await vault.findKeptChain('purged', kept.certificate.version)).toBeUndefined();
      await expect(vault.readPrivate('purged', certificate.version)).rejects.toMatchObject({
        code: 'certificate_missing',
      });
    });
  });

  // Named for the issue: polymind-inc/acmebot#1060, stuck after a restart where deleted names can not be purged.
  it('lets a machine change the custody of its key there and back, removed in between or not', async () => {
    for (let round = 0; round < 2; round += 1) {
      const ours = await issue('custody');
      const theirs = await keep('custody');
      expect(await vault.findCertificate('custody')).toEqual(ours.certificate);
      expect(await vault.findKeptChain('custody')).toBe(theirs.chain);
      const back = await issue('custody');
      expect(await vault.readChain('custody', back.certificate.version)).toBe(back.chain);
      await vault.disableCertificate('custody');
      const alone = await keep('custody');
      expect(await vault.findKeptChain('custody')).toBe(alone.chain);
      expect(await vault.findCertificate('custody')).toBeUndefined();
    }
  });
});
