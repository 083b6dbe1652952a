import { X509Certificate } from 'node:crypto';
import type * as files from 'node:fs/promises';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCertificateKeys } from '#agent/certificate-keys.ts';
import { thumbprintOf } from '#agent/certificate-pair.ts';
import { createCertificateStore } from '#agent/certificate-store.ts';
import { issueForRequest, machineName, zone } from '../../contract/agent/test-authority.ts';

/** The step of a write that fails, as on a disk without space. */
const full = vi.hoisted(() => ({ step: '' }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof files>();
  const failing = (step: string) => {
    if (full.step === step) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  return {
    ...fs,
    async open(...given: Parameters<typeof fs.open>) {
      failing('open');
      const handle = await fs.open(...given);
      const { writeFile, sync } = handle;
      handle.writeFile = async (...data) => {
        failing('write');
        return writeFile.apply(handle, data);
      };
      handle.sync = async () => {
        failing('sync');
        return sync.apply(handle);
      };
      return handle;
    },
    async rename(...given: Parameters<typeof fs.rename>) {
      failing('rename');
      return fs.rename(...given);
    },
  };
});

const hostNames = [`${machineName}.${zone}`, `*.${machineName}.${zone}`];
const names = { machineName, zone };

describe.each(['open', 'write', 'sync', 'rename'])('a disk that is full at the %s', (step) => {
  let dataDirectory: string;
  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'agent-full-'));
  });
  afterEach(async () => {
    full.step = '';
    await rm(dataDirectory, { recursive: true });
  });

  it('lets no request out whose key is not kept, and leaves nothing behind', async () => {
    const keys = await openCertificateKeys(dataDirectory);
    full.step = step;
    await expect(keys.requestFor({ id: 'issue', hostNames })).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await readdir(join(dataDirectory, 'certificate-keys'))).toEqual([]);
    full.step = '';
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
    full.step = step;
    await store.install({ thumbprint, chainPem }, { thumbprint, custody: 'machine' }, names);
    expect(store.contextFor(`session.${machineName}.${zone}`)).toBeDefined();
    expect(failed).toEqual([expect.objectContaining({ code: 'ENOSPC' })]);
    expect((await open()).thumbprint(machineName)).toBeUndefined();
    full.step = '';
    await store.keepOnly([names]);
    expect((await open()).thumbprint(machineName)).toBe(thumbprint);
  });
});
