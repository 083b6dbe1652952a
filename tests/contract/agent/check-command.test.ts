import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '#local/kit/free-port.ts';
import { homePageText } from '#shared/protocol/home-page.ts';
import { hostCheckList } from '#shared/protocol/host-check.ts';
import { agent } from './run-agent.ts';

const token = 'a token that is long enough';

describe('agent check', () => {
  let folder: string;
  let config: string;
  const pages = createServer((_request, response) => response.end(homePageText));

  async function configure(port: number): Promise<void> {
    const settings = {
      controlPlane: `http://127.0.0.1:${(pages.address() as AddressInfo).port}`,
      resourceId: '/subscriptions/x/machines/test-1',
      port: String(port),
      salt: 'salt',
      token,
      dataDirectory: folder,
    };
    await writeFile(config, JSON.stringify(settings));
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-check-'));
    config = join(folder, 'config.json');
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    pages.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('requirement 110: prints a line for each check and ends with 1 when the page does not load', async () => {
    const port = await freePort();
    await configure(port);
    const { code, stdout } = await agent('check', '--config', config);
    expect(stdout).toContain(
      ` 2  failed  local page       http://localhost:${port} does not load: ECONNREFUSED`,
    );
    expect(stdout).toContain('1 failed. Mend the first, then check again.');
    expect(code).toBe(1);
  });

  it('ends with 0 when nothing is amiss, as JSON too, and leaves nothing behind', async () => {
    await configure((pages.address() as AddressInfo).port);
    const { code, stdout } = await agent('check', '--config', config, '--json');
    const { checks } = JSON.parse(stdout) as { checks: unknown };
    expect(hostCheckList.parse(checks).map(({ id }) => id)).toEqual([
      'service',
      'localhost',
      'process',
      'installation',
      'ports',
      'outbound',
    ]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(token);
    expect(await readdir(folder)).toEqual(['config.json']);
  });

  it('answers what is no command with the usage and 2', async () => {
    const { code, stdout, stderr } = await agent('chek', '--config', config);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('agent check --config FILE [--json]');
  });

  it('says which settings it cannot read', async () => {
    const { code, stderr } = await agent('check', '--config', join(folder, 'none.json'));
    expect(code).toBe(1);
    expect(stderr).toContain('none.json');
  });
});
