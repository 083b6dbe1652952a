import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { registerAgentPackage } from '#functions/http/agent-package.ts';
import { readSettings } from '#functions/settings.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, environment } from '../../support/memory-ports.ts';

const script = '#!/bin/sh\necho installed\n';
const sha256 = createHash('sha256').update(script).digest('hex');
const manifest = { version: '1.2.3', files: { 'install.sh': { sha256, bytes: script.length } } };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-package-'));
  vi.stubEnv('AzureWebJobsScriptRoot', folder);
  const { ports } = createMemoryPorts(createManualClock(0));
  const settings = readSettings({ ...environment, ADMIN_CENTER_AGENT_PACKAGE_DIRECTORY: '.' });
  registerAgentPackage(() => ({ ...ports, settings }));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const get = (file: string, headers: Record<string, string> = {}) => {
  const [name = '', query = ''] = file.split('?');
  return callFunction('agentPackage', {
    path: `/api/agent/package/${name}${query && `?${query}`}`,
    params: { file: name },
    headers,
  });
};

describe('the agent package', () => {
  it('says what is wrong with a deployment that has none, and is there as soon as it has one', async () => {
    const { status, body } = await get('install.sh');
    expect([status, body]).toEqual([500, expect.stringContaining('configuration_incomplete')]);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'install.sh'), script);
    writeFileSync(join(folder, 'secret.txt'), 'not of the package');
    expect((await get('install.sh')).status).toBe(200);
  });

  it('serves a file with its hash as its tag, asked for each time unless the address names the hash', async () => {
    const plain = await get('install.sh');
    expect(plain.body).toBe(script);
    expect(plain.headers.get('etag')).toBe(`"${sha256}"`);
    expect(plain.headers.get('cache-control')).toBe('no-cache');
    const named = await get(`install.sh?sha256=${sha256.toUpperCase()}`);
    expect(named.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(named.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it.each([`"${sha256}"`, `W/"${sha256}"`, `"other", "${sha256}"`, '*'])(
    'answers 304 to who has it already: %s',
    async (tag) => {
      const { status, body } = await get('install.sh', { 'if-none-match': tag });
      expect([status, body]).toEqual([304, undefined]);
    },
  );

  it('lists its files with their hashes', async () => {
    const { body, headers } = await get('manifest.json');
    expect(body).toEqual(manifest);
    expect(headers.get('cache-control')).toBe('no-cache');
  });

  it.each([
    `install.sh?sha256=${'0'.repeat(64)}`,
    'secret.txt',
    '../manifest.json',
    'SHA256SUMS',
    'toString',
    '__proto__',
    '',
  ])('has nothing else: %s', async (file) => {
    const { status, body } = await get(file);
    expect([status, body]).toEqual([404, expect.stringMatching(/no such file|another version/)]);
  });
});
