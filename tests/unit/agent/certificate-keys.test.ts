import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CertificateKeys, openCertificateKeys } from '#agent/certificate-keys.ts';
import { issueForRequest } from '../../contract/agent/test-authority.ts';

const hostNames = ['m.wac.localhost', '*.m.wac.localhost'];
const leafOf = async (request: string) => new X509Certificate(await issueForRequest(request));

describe('the keys that a machine makes for its certificates', () => {
  let dataDirectory: string;
  let keys: CertificateKeys;
  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'agent-keys-'));
    keys = await openCertificateKeys(dataDirectory);
  });
  afterEach(() => rm(dataDirectory, { recursive: true }));
  const directory = () => join(dataDirectory, 'certificate-keys');

  it('are made once for an id, for callers at the same time and after a restart', async () => {
    const wanted = { id: 'issue', hostNames };
    const [one, two] = await Promise.all([keys.requestFor(wanted), keys.requestFor(wanted)]);
    expect(two).toBe(one);
    const reopened = await openCertificateKeys(dataDirectory);
    expect(await reopened.requestFor(wanted)).toBe(one);
    expect(await readdir(directory())).toHaveLength(1);
  });

  it('are found by the public half of the leaf, and by nothing else', async () => {
    const first = await keys.requestFor({ id: 'first', hostNames });
    await keys.requestFor({ id: 'second', hostNames });
    const leaf = await leafOf(first);
    expect(createPublicKey(await keys.keyOf(leaf)).equals(leaf.publicKey)).toBe(true);
    await keys.forgetAllBut('second');
    await expect(keys.keyOf(leaf)).rejects.toMatchObject({ code: 'leaf_mismatch' });
  });

  it('are forgotten when they are older than the one in service, in the order that they were made', async () => {
    const requests = [];
    for (const id of ['one', 'two', 'three']) requests.push(await keys.requestFor({ id, hostNames }));
    const [one = '', two = '', three = ''] = requests;
    await keys.forgetOlderThan(await leafOf(two));
    await expect(keys.keyOf(await leafOf(one))).rejects.toMatchObject({ code: 'leaf_mismatch' });
    expect(await keys.requestFor({ id: 'two', hostNames })).toBe(two);
    expect(await keys.requestFor({ id: 'three', hostNames })).toBe(three);
  });

  it('are files of the agent alone, whatever the id is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 200 }), async (id) => {
        await keys.requestFor({ id, hostNames });
        for (const name of await readdir(directory())) {
          expect(name).toMatch(/^[0-9a-f]{40}\.json$/);
          expect((await stat(join(directory(), name))).mode & 0o777).toBe(0o600);
        }
        await keys.forgetAllBut(undefined);
      }),
      { numRuns: 20, examples: [['../../identity'], ['CON'], ['a/b\0c']] },
    );
    expect(await readdir(dataDirectory)).toEqual(['certificate-keys']);
  });

  it('are for the names that they were made for', async () => {
    await keys.requestFor({ id: 'issue', hostNames });
    const other = { id: 'issue', hostNames: ['other.wac.localhost'] };
    await expect(keys.requestFor(other)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each([
    [[]],
    [['']],
    [['a.b\nc.d']],
    [['*.*.x.test']],
    [['127.0.0.1:80']],
    [['UPPER.test']],
    [['a'.repeat(300)]],
  ])('are not made for %j', async (names) => {
    const wanted = { id: 'issue', hostNames: names };
    await expect(keys.requestFor(wanted)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await readdir(directory())).toEqual([]);
  });

  it('are made anew where a file has rotted, and what a crash left behind is removed', async () => {
    const wanted = { id: 'issue', hostNames };
    const first = await keys.requestFor(wanted);
    const [name = ''] = await readdir(directory());
    const file = join(directory(), name);
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 100));
    await writeFile(`${file}.0123456789ab.tmp`, 'half a key');
    keys = await openCertificateKeys(dataDirectory);
    expect(await keys.requestFor(wanted)).not.toBe(first);
    expect(await readdir(directory())).toEqual([name]);
  });
});
