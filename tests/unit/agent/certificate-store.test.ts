import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCertificateKeys } from '#agent/certificate-keys.ts';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { createCertificateStore } from '#agent/certificate-store.ts';
import type { PublicKey } from '#shared/protocol/agent-messages.ts';
import { sealCertificate } from '#shared/protocol/sealed-certificate.ts';
import { issueCertificate, issueForRequest, machineName, zone } from '../../contract/agent/test-authority.ts';

const otherName = 'o'.repeat(26);
const names = { machineName, zone };
const hostNames = [`${machineName}.${zone}`, `*.${machineName}.${zone}`];
const hostOf = (name: string) => `session.${name}.${zone}`;
const thumbprintIn = (chainPem: string) => thumbprintOf(new X509Certificate(chainPem));
const sealing = await generateKeyPair('ECDH-ES+A256KW');
const { x = '', y = '' } = await exportJWK(sealing.publicKey);
const sealingKey: PublicKey = { kty: 'EC', crv: 'P-256', x, y };

async function sealed(name = machineName) {
  const content = await issueCertificate(name);
  const thumbprint = thumbprintIn(content.chainPem);
  return { thumbprint, sealed: await sealCertificate(sealingKey, content) };
}

describe('the certificates of a machine', () => {
  let dataDirectory: string;
  let damaged: string[];
  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'agent-certificates-'));
    damaged = [];
  });
  afterEach(() => rm(dataDirectory, { recursive: true }));

  async function open() {
    const keys = await openCertificateKeys(dataDirectory);
    const store = createCertificateStore({
      dataDirectory,
      unsealingKey: sealing.privateKey,
      keys,
      onFileFailure: (file) => damaged.push(file),
    });
    await store.load();
    return { keys, store };
  }
  const files = () => readdir(join(dataDirectory, 'certificates'));
  const fileOf = (name: string) => join(dataDirectory, 'certificates', `${name}.pem`);
  const former = () => join(dataDirectory, 'certificate.pem');

  it('are kept by name, and chosen by the server name', async () => {
    const { store } = await open();
    expect(store.isEmpty()).toBe(true);
    for (const name of [machineName, otherName]) {
      const delivered = await sealed(name);
      const announced = { thumbprint: delivered.thumbprint, custody: 'vault' as const };
      await store.install(delivered, announced, { machineName: name, zone });
    }
    const again = (await open()).store;
    expect(again.thumbprint(machineName)).toBe(store.thumbprint(machineName));
    expect(again.contextFor(hostOf(machineName))).not.toBe(again.contextFor(hostOf(otherName)));
    expect(again.contextFor(`${otherName}.${zone}`)).toBe(again.contextFor(hostOf(otherName)));
    expect(again.contextFor(`x.${hostOf(otherName)}`)).toBeUndefined();
    await again.keepOnly([names]);
    expect(again.contextFor(hostOf(otherName))).toBeUndefined();
    expect(await files()).toEqual([`${machineName}.pem`]);
  });

  it('come from the one file of earlier agents, unless there is a newer one', async () => {
    const old = await issueCertificate();
    const oldText = `${old.privateKeyPem}\n${old.chainPem}`;
    await writeFile(former(), oldText);
    const { store } = await open();
    expect(store.thumbprint(machineName)).toBe(thumbprintIn(old.chainPem));
    expect(await readdir(dataDirectory)).not.toContain('certificate.pem');
    const delivered = await sealed();
    await store.install(delivered, { ...delivered, custody: 'vault' }, names);
    // As a crash between the two steps leaves it.
    await writeFile(former(), oldText);
    expect((await open()).store.thumbprint(machineName)).toBe(delivered.thumbprint);
    expect(await readdir(dataDirectory)).not.toContain('certificate.pem');
  });

  it('that cannot be read are told of and fetched again', async () => {
    const { store } = await open();
    const delivered = await sealed();
    await store.install(delivered, { ...delivered, custody: 'vault' }, names);
    const text = await readFile(fileOf(machineName), 'utf8');
    await writeFile(fileOf(machineName), text.slice(0, 200));
    await writeFile(former(), 'no certificate');
    const again = (await open()).store;
    expect(again.isEmpty()).toBe(true);
    expect(damaged).toEqual([fileOf(machineName), former()]);
    await again.install(delivered, { ...delivered, custody: 'vault' }, names);
    expect(again.thumbprint(machineName)).toBe(delivered.thumbprint);
  });

  it('are of both custodies, one after the other', async () => {
    const { store, keys } = await open();
    const request = await keys.requestFor({ id: 'issue', hostNames });
    const chainPem = await issueForRequest(request);
    const own = { thumbprint: thumbprintIn(chainPem), chainPem };
    await store.install(own, { ...own, custody: 'machine' }, names);
    expect(store.thumbprint(machineName)).toBe(own.thumbprint);
    const vault = await sealed();
    await store.install(vault, { ...vault, custody: 'vault' }, names);
    expect((await open()).store.thumbprint(machineName)).toBe(vault.thumbprint);
  });

  describe('stay as they are when what is delivered', () => {
    it('is another than was announced: an old one again, or one with a wrong thumbprint', async () => {
      const { store } = await open();
      const old = await sealed();
      const current = await sealed();
      await store.install(current, { ...current, custody: 'vault' }, names);
      const wrong = { ...current, thumbprint: 'f'.repeat(64) };
      for (const [delivered, announced] of [
        [old, { thumbprint: 'e'.repeat(64), custody: 'vault' as const }],
        [wrong, { ...wrong, custody: 'vault' as const }],
      ] as const)
        await expect(store.install(delivered, announced, names)).rejects.toMatchObject({
          code: 'leaf_mismatch',
        });
      expect(store.thumbprint(machineName)).toBe(current.thumbprint);
      expect((await open()).store.thumbprint(machineName)).toBe(current.thumbprint);
    });

    it('is for another name, or for the base name alone', async () => {
      const { store, keys } = await open();
      const foreign = await sealed(otherName);
      await expect(store.install(foreign, { ...foreign, custody: 'vault' }, names)).rejects.toThrow(
        'does not cover',
      );
      const request = await keys.requestFor({ id: 'issue', hostNames: hostNames.slice(0, 1) });
      const chainPem = await issueForRequest(request);
      const bare = { thumbprint: thumbprintIn(chainPem), chainPem };
      await expect(store.install(bare, { ...bare, custody: 'machine' }, names)).rejects.toThrow(
        'does not cover',
      );
      expect(await files()).toEqual([]);
    });

    it('has a key that is held elsewhere than was announced, or no key here', async () => {
      const { store } = await open();
      const delivered = await sealed();
      await expect(store.install(delivered, { ...delivered, custody: 'machine' }, names)).rejects.toThrow(
        'not held where it was announced',
      );
      const { chainPem } = await issueCertificate();
      const stranger = { thumbprint: thumbprintIn(chainPem), chainPem };
      await expect(store.install(stranger, { ...stranger, custody: 'machine' }, names)).rejects.toThrow(
        'not on this machine',
      );
      const noChain = { thumbprint: stranger.thumbprint, chainPem: 'nothing' };
      await expect(store.install(noChain, { ...noChain, custody: 'machine' }, names)).rejects.toMatchObject({
        code: 'leaf_mismatch',
      });
      expect(store.isEmpty()).toBe(true);
    });

    it('is for a name that is no name of a file', async () => {
      const { store } = await open();
      const delivered = await sealed();
      for (const name of ['', '..', '../identity', 'a/b']) {
        const install = store.install(
          delivered,
          { ...delivered, custody: 'vault' },
          { machineName: name, zone },
        );
        await expect(install).rejects.toMatchObject({ code: 'leaf_mismatch' });
      }
    });
  });
});
