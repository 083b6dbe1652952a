import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCertificateKeys } from '#agent/certificate-keys.ts';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { createCertificateStore } from '#agent/certificate-store.ts';
import { issueForRequest, machineName, zone } from '../../contract/agent/test-authority.ts';
import { files } from './failing-files.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { guardFiles } = await import('./failing-files.ts');
  return guardFiles(await importOriginal());
});

function fillAt(step: string): void {
  files.before = (now) => {
    if (now === step) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
}
function free(): void {
  files.before = () => undefined;
}

const hostNames = [`${machineName}.${zone}`, `*.${machineName}.${zone}`];
const names = { machineName, zone };

describe.each(['open', 'write', 'sync', 'rename'])('a disk that is full at the %s', (step) => {
  let dataDirectory: string;
  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'agent-full-'));
  });
  afterEach(async () => {
    free();
    await rm(dataDirectory, { recursive: true });
  });

  it('lets no request out whose key is not kept, and leaves nothing behind', async () => {
    const keys = await openCertificateKeys(dataDirectory);
    fillAt(step);
    await expect(keys.requestFor({ id: 'issue', hostNames })).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await readdir(join(dataDirectory, 'certificate-keys'))).toEqual([]);
    free();
    const request = await keys.requestFor({ id: 'issue', hostNames });
    expect(await keys.requestFor({ id: 'issue', hostNames })).toBe(request);
  });

  it('does not keep a new certificate out of service, and has it when there is space again', async () => {
    const { privateKey: unsealingKey } = await generateKeyPair('ECDH-ES+A256KW');
    const keys = await openCertificateKeys(dataDirectory);
    const failed: unknown[] = [];
    const open = async () => {
      const onFileFailure = (_file: string, error: unknown) => failed.push(error);
      const store = createCertificateStore({ dataDirectory, unsealingKey, keys, onFileFailure });
      await store.load();
      return store;
    };
    const store = await open();
    const chainPem = await issueForRequest(await keys.requestFor({ id: 'issue', hostNames }));
    const thumbprint = thumbprintOf(new X509Certificate(chainPem));
    fillAt(step);
    await store.install({ thumbprint, chainPem }, { thumbprint, custody: 'machine' }, names);
    expect(store.contextFor(`session.${machineName}.${zone}`)).toBeDefined();
    expect(failed).toEqual([expect.objectContaining({ code: 'ENOSPC' })]);
    expect((await open()).thumbprint(machineName)).toBeUndefined();
    free();
    await store.keepOnly([names]);
    expect((await open()).thumbprint(machineName)).toBe(thumbprint);
  });
});
