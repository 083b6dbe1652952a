import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '#cli/program.ts';
import { type FakeApi } from './fake-api.ts';
import { group, plan, startFleetApi } from './fleet-samples.ts';
import { runHere } from './run-program.ts';
import { resourceId } from './sample-replies.ts';

let api: FakeApi;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-install-'));
  api = await startFleetApi();
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]) => runHere(args, api.origin);
const sent = () => api.requests.find(({ line }) => line.startsWith('POST'))?.body;
function fileOf(text: string): string {
  const file = join(folder, 'servers.txt');
  writeFileSync(file, text);
  return file;
}

describe('wacctl fleet plan', () => {
  it('counts what is installed and lists what is not, with each requirement', async () => {
    const { code, stdout } = await run('fleet', 'plan', '--group', group);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^3 machines: 1 install, 1 refuse, 1 skip\n/);
    expect(stdout).toContain('allow all 1 certificates now');
    expect(stdout).toMatch(
      /small-01 +refuse +The machine has enough memory +2 GiB, needed 3 GiB +Add some\./,
    );
    expect(stdout).toMatch(/small-01 +refuse +The region is served/);
    expect(stdout).toMatch(/done-01 +skip +it is installed already/);
    expect(sent()).toEqual({ select: { resourceGroup: group }, install: {} });
  });

  it('reads a list without remarks, empty lines and marks of other systems', async () => {
    const other = `${resourceId}-2`;
    const file = fileOf(`\uFEFF${resourceId}\r\n\r\n# the second\r\n${other} # web\r\n`);
    await run('fleet', 'plan', '--file', file, '--port', '443', '--keys', 'machine', '--consent');
    expect(sent()).toEqual({
      select: { resourceIds: [resourceId, other] },
      install: { port: 443, keys: 'machine', consent: true },
    });
  });

  it('reads the list from standard input', async () => {
    const written = { text: '' };
    const code = await runProgram(['fleet', 'plan', '--file', '-'], {
      env: { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_TOKEN: 'a-token' },
      stdin: Readable.from([`${resourceId}\n`, `${resourceId}-2`]),
      stdout: { write: (text) => (written.text += text) },
      stderr: { write: (text) => (written.text += text) },
      signal: new AbortController().signal,
      openBrowser: () => false,
    });
    expect({ code, said: written.text.slice(0, 10) }).toEqual({ code: 0, said: '3 machines' });
    expect(sent()).toEqual({ select: { resourceIds: [resourceId, `${resourceId}-2`] }, install: {} });
  });

  it('says until when certificates take', async () => {
    const late = { ...plan, lastCertificateAt: '2126-01-02T03:04:05.000Z' };
    const [first] = plan.machines;
    const machines = [{ ...first, certificateAt: late.lastCertificateAt }];
    api.routes['POST /api/fleet-installs/plans'] = { body: { ...late, machines } };
    const { stdout } = await run('fleet', 'plan', '--group', group);
    expect(stdout).toContain('allow 0 of 1 certificates now, the last one 2126-01-02 03:04 UTC');
  });

  it.each([
    [[], 'give one of --group, --tag and --file'],
    [['--group', group, '--file', 'x'], 'give one of --group, --tag and --file'],
    [['--tag', 'role=web'], '--tag needs --subscription'],
    [['--tag', 'role', '--subscription', 'x'], '--tag must be NAME=VALUE'],
    [['--group', group, '--subscription', 'x'], '--subscription needs --tag'],
    [['--group', group, '--concurrency', '101'], '--concurrency must be a whole number from 1 to 100'],
    [['--group', group, '--port', '0'], '--port must be a whole number from 1 to 65535'],
    [['--file', '/nowhere/at-all'], '--file: '],
  ])('%j is not understood, and nothing is sent', async (args, sentence) => {
    const { code, stderr } = await run('fleet', 'plan', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(api.requests).toEqual([]);
  });

  it('of a file without a line is not understood', async () => {
    const { code, stderr } = await run('fleet', 'plan', '--file', fileOf('# nothing\n'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('has no resource id') as string,
    });
  });
});
