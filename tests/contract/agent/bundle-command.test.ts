import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homePageText } from '#shared/protocol/home-page.ts';
import { hostCheckList } from '#shared/protocol/host-check.ts';
import { agent } from './run-agent.ts';

const secrets = {
  token: 'a token that is long enough',
  ticket: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl',
  cookie: 'Qm9R7a-TtXv_3hZc8kLwYp2sN5dJ0uGf4eVbA6iKx1o',
  key: '-----BEGIN PRIVATE KEY-----',
  privateHalf: 'zK3vQ9xT5mB7nLpR2sW8yE4uI6oA1dF0gHzK3vQ9xT5',
};
const user = 'ada@contoso.example';

describe('agent bundle', () => {
  let folder: string;
  let config: string;
  const pages = createServer((_request, response) => response.end(homePageText));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-bundle-'));
    config = join(folder, 'config.json');
    const data = join(folder, 'data');
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const { port } = pages.address() as AddressInfo;
    const settings = {
      controlPlane: `http://127.0.0.1:${port}`,
      resourceId: '/subscriptions/x/machines/test-1',
      port: String(port),
      salt: 'salt',
      token: secrets.token,
      dataDirectory: data,
    };
    await mkdir(join(data, 'certificates'), { recursive: true });
    const write = (name: string, text: string) => writeFile(join(data, name), text);
    await writeFile(config, JSON.stringify(settings));
    await write('certificates/name.pem', secrets.key);
    await write('door.json', JSON.stringify({ sessions: { [secrets.cookie]: user } }));
    await write(
      'enrolment.json',
      '{"machineId":"m","controlPlane":"c","salt":"salt","tokenHash":"h","enrolledAt":1}',
    );
    await write('desired-state.json', '{"machineName":"name","direct":{"address":"10.0.0.4","port":6516}}');
    await write('local-policy.json', '{"incomingconnections.enabled": true');
    const events = Array.from({ length: 300 }, (_, at) => JSON.stringify({ event: 'agent.reported', at }));
    const telling = [
      { event: 'session.opened', user, url: `https://a.example/_session?ticket=${secrets.ticket}` },
      { event: 'stream.refused', headers: { cookie: `__Host-session=${secrets.cookie}` } },
      { event: 'process.failed', error: { message: `{"d":"${secrets.privateHalf}"}` } },
    ];
    await write('events.jsonl', [...events, ...telling.map((one) => JSON.stringify(one))].join('\n'));
  });
  afterAll(async () => {
    pages.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function read(file: string): Promise<Record<string, string>> {
    const files = Object.entries(unzipSync(await readFile(file)));
    return Object.fromEntries(files.map(([name, bytes]) => [name, strFromU8(bytes)]));
  }

  it('requirements 120 and 121: writes what support needs into one archive for its owner alone, and no secret', async () => {
    const out = join(folder, 'bundle.zip');
    const { code, stdout } = await agent('bundle', '--config', config, '--out', out);
    expect(code).toBe(0);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const files = await read(out);
    expect(Object.keys(files).toSorted()).toEqual([
      'README.txt',
      'checks.json',
      'checks.txt',
      'desired-state.json',
      'egress.json',
      'enrolment.json',
      'events.jsonl',
      'files.txt',
      'local-policy.json',
      'settings.json',
      'versions.json',
    ]);
    const all = JSON.stringify(files);
    for (const secret of [...Object.values(secrets), user]) expect(all).not.toContain(secret);
    expect(JSON.parse(files['settings.json'] ?? '')).toMatchObject({
      token: '[redacted:secret]',
      salt: 'salt',
    });
    expect(hostCheckList.parse(JSON.parse(files['checks.json'] ?? '')).map(({ id }) => id)).toContain(
      'outbound',
    );
    expect(JSON.parse(files['desired-state.json'] ?? '')).toMatchObject({ direct: { address: '10.0.0.4' } });
    expect(JSON.parse(files['enrolment.json'] ?? '')).not.toHaveProperty('tokenHash');
    expect(JSON.parse(files['versions.json'] ?? '')).toHaveProperty('node');
    expect(files['local-policy.json']).toContain('incomingconnections.enabled');
    expect(files['files.txt']).toContain('certificates/name.pem');
    const events = (files['events.jsonl'] ?? '').trim().split('\n');
    expect(events).toHaveLength(200);
    expect(JSON.parse(events.at(-3) ?? '')).toMatchObject({
      user: '[redacted:user]',
      url: 'https://a.example/_session?[redacted:query]',
    });
    for (const line of [
      'Wrote ',
      'private keys, certificates and sessions: never read',
      'network traces: never made',
      'azcmagent logs: not asked for',
      'user: replaced 1 times',
    ])
      expect(stdout).toContain(line);
    expect(files['README.txt']).toContain('network traces: never made');
  });

  it('keeps the names of people and adds the logs of the Arc agent when that is asked for', async () => {
    const out = join(folder, 'with-more.zip');
    const { code, stdout } = await agent(
      'bundle',
      '--config',
      config,
      '--out',
      out,
      '--keep-users',
      '--azcmagent',
    );
    expect(code).toBe(0);
    expect((await read(out))['events.jsonl']).toContain(user);
    expect(stdout).toMatch(/azcmagent logs: azcmagent is not on this machine|azcmagent\//);
  });

  it('writes over nothing', async () => {
    const { code, stderr } = await agent('bundle', '--config', config, '--out', config);
    expect([code, await readFile(config, 'utf8')]).toEqual([1, expect.stringContaining(secrets.token)]);
    expect(stderr).toContain('EEXIST');
  });
});
