import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePrivateDirectory, readIfPresent, writeDurably } from '#agent/durable-file.ts';
import { openIdentity } from '#agent/identity.ts';

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('what the agent keeps on the disk', () => {
  let directory: string;
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'agent-identity-')), 'data');
    await ensurePrivateDirectory(directory);
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('is in a directory and files of its own account alone, also where they were wider', async () => {
    expect(await modeOf(directory)).toBe(0o700);
    await openIdentity(directory);
    const file = join(directory, 'identity.json');
    expect(await modeOf(file)).toBe(0o600);
    await chmod(directory, 0o755);
    await chmod(file, 0o644);
    await ensurePrivateDirectory(directory);
    await openIdentity(directory);
    expect(await modeOf(directory)).toBe(0o700);
    expect(await modeOf(file)).toBe(0o600);
  });

  it('has the same keys at every start', async () => {
    const first = await openIdentity(directory);
    const second = await openIdentity(directory);
    expect(second.publicSigningKey).toEqual(first.publicSigningKey);
    expect(second.publicEncryptionKey).toEqual(first.publicEncryptionKey);
    expect(first.publicSigningKey).not.toEqual(first.publicEncryptionKey);
    expect(first.publicSigningKey).not.toHaveProperty('d');
  });

  it('is not replaced when it is damaged', async () => {
    const file = join(directory, 'identity.json');
    await writeFile(file, '{"signing":');
    await expect(openIdentity(directory)).rejects.toMatchObject({ code: 'configuration_incomplete' });
    expect(await readFile(file, 'utf8')).toBe('{"signing":');
  });

  it('is written as a whole, over what was there', async () => {
    const file = join(directory, 'some.txt');
    expect(await readIfPresent(file)).toBeUndefined();
    await Promise.all(['one', 'two', 'three'].map((text) => writeDurably(file, text.repeat(1000))));
    expect((await readFile(file, 'utf8')).length % 1000).toBe(0);
    await expect(writeDurably(join(directory, 'missing', 'x'), 'text')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
