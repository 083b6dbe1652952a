import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agent } from './run-agent.ts';

describe('agent forget', () => {
  let folder: string;
  let config: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'forget-'));
    config = join(folder, 'config.json');
    const settings = {
      controlPlane: 'http://127.0.0.1:9',
      resourceId: '/subscriptions/x/machines/test-1',
      port: '6516',
      token: 'a token that is long enough',
      dataDirectory: folder,
      identityHook: 'hook',
    };
    await writeFile(config, JSON.stringify(settings));
    await mkdir(join(folder, 'hooks'), { mode: 0o700 });
    const left = { ['a'.repeat(16)]: { user: 'ada@contoso.example', account: 'ac-ada', state: 'ready' } };
    await writeFile(join(folder, 'virtual-accounts.json'), JSON.stringify(left));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function writeHook(text: string): Promise<void> {
    await writeFile(join(folder, 'hooks', 'hook'), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, 'hooks', 'hook'), 0o700);
  }

  it('requirement 79: removes the accounts that are left', async () => {
    await writeHook('cat >> "$ADMIN_CENTER_DATA/runs"');
    expect(await agent('forget', '--config', config)).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(await readFile(join(folder, 'runs'), 'utf8'))).toMatchObject({
      action: 'remove',
      account: 'ac-ada',
    });
    expect(await readFile(join(folder, 'virtual-accounts.json'), 'utf8')).toBe('{}');
    expect(await agent('forget', '--config', config)).toMatchObject({ code: 0 });
  });

  it('fails where the settings cannot be read', async () => {
    await writeFile(config, '{}');
    expect(await agent('forget', '--config', config)).toMatchObject({ code: 1 });
  });
});
