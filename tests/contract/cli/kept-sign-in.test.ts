import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '#cli/program.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import * as sample from '#local/samples/sample-data.ts';
import type { FakeApi } from './fake-api.ts';
import { machine, machineList } from './sample-replies.ts';
import { enterCode, pressAccount, type SignInWorld, startSignInWorld } from './sign-in-world.ts';

let clock: ManualClock;
let world: SignInWorld;
let api: FakeApi;
let folder: string;

beforeAll(async () => {
  clock = createManualClock(Date.now());
  world = await startSignInWorld(clock);
});
afterAll(() => world.close());
beforeEach(async () => {
  api = await world.startApi();
  api.routes['GET /api/machines'] = { body: machineList([machine()]) };
  folder = join(mkdtempSync(join(world.folder, 'settings-')), 'wacctl');
});
afterEach(() => api.close());

interface Way {
  env?: Record<string, string>;
  isTerminal?: boolean;
  /** What the person does when a page or a code is shown. */
  act?: (shown: string) => unknown;
  /** Called at each wait; time goes on by it. */
  onWait?: (waits: readonly number[]) => unknown;
}

async function run(line: string, { env = {}, isTerminal = false, act, onWait }: Way = {}) {
  const written = { stdout: '', stderr: '' };
  const waits: number[] = [];
  const stop = new AbortController();
  const code = await runProgram(line.split(' '), {
    env: { ADMIN_CENTER_API_URL: api.origin, ADMIN_CENTER_CONFIG_DIR: folder, ...env },
    stdin: new PassThrough(),
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text), isTTY: isTerminal },
    signal: stop.signal,
    openBrowser(url) {
      void act?.(url);
      return true;
    },
    async wait(ms) {
      waits.push(ms);
      clock.advance(ms);
      await onWait?.(waits);
      if (waits.length === 1) await act?.(/code ([A-Z0-9]+)/.exec(written.stderr)?.[1] ?? '');
      if (waits.length > 500) stop.abort();
    },
  });
  return { code, ...written, waits };
}

const account = (name: string) => `${name}@sample.localhost`;
const enter = (name: string) => (code: string) => enterCode(world.entra, code, account(name));
const files = () => (existsSync(folder) ? readdirSync(folder) : []);
const keptFile = () => join(folder, files()[0] ?? '');
const kept = () => JSON.parse(readFileSync(keptFile(), 'utf8')) as Record<string, unknown>;
const loginAs = (name: string, more = '') => run(`login --device-code${more}`, { act: enter(name) });
const tokensSeen = () => api.requests.map(({ authorization }) => authorization).filter(Boolean);

describe('a sign-in by device code', () => {
  it('shows where to type which code, waits as the service says, and tells who one is', async () => {
    const { code, stdout, stderr, waits } = await loginAs('operator');
    expect(stderr).toMatch(
      /open https:\/\/login\.localhost:\d+\/devicelogin on any device and enter the code [A-Z0-9]{9} within 15 minutes/,
    );
    expect(waits).toEqual([5000]);
    expect(stdout).toMatch(/^signed in as operator@sample\.localhost until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n$/);
    expect(code).toBe(0);
  });

  it('prints with --json who and until when, and never a token', async () => {
    const { stdout, stderr } = await run('login --device-code --json --stay-signed-in', {
      act: enter('operator'),
    });
    expect(JSON.parse(stdout)).toMatchObject({ name: account('operator'), staysSignedIn: true });
    const { accessToken, refreshToken } = kept();
    for (const token of [accessToken, refreshToken]) {
      expect(String(token).length).toBeGreaterThan(20);
      expect(stdout + stderr).not.toContain(token);
    }
  });

  it('that nobody answers ends with 3 when its time is over', async () => {
    const { code, stderr, waits } = await run('login --device-code');
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_timed_out');
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(905_000);
    expect(files()).toEqual([]);
  });

  it('that the person declines ends with 3 in the words of the service', async () => {
    const { code, stderr } = await run('login --device-code', {
      act: (one) => enterCode(world.entra, one, ''),
    });
    expect(code).toBe(3);
    expect(stderr).toContain('declined');
    expect(files()).toEqual([]);
  });

  it('asks less often when it is told to slow down', async () => {
    const { code, waits } = await run('login --device-code', {
      onWait: (all) => {
        // The service's clock is behind: to it the second question comes too early.
        if (all.length === 2) clock.advance(-4000);
      },
    });
    expect(code).toBe(3);
    expect(waits.slice(0, 4)).toEqual([5000, 5000, 10_000, 10_000]);
  });

  it('is not kept when the control plane does not accept it', async () => {
    api.routes['GET /api/me'] = { status: 401, body: { code: 'token_invalid' } };
    const { code } = await loginAs('operator');
    expect(code).toBe(3);
    expect(files()).toEqual([]);
  });
});

describe('what login keeps', () => {
  it('is a file for this person alone, in a folder for this person alone', async () => {
    await loginAs('operator');
    expect(files()).toHaveLength(1);
    expect(statSync(keptFile()).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(Object.keys(kept()).toSorted()).toEqual(['accessToken', 'api', 'expiresAt', 'service']);
  });

  it('is used without a terminal, by every later run', async () => {
    await loginAs('operator');
    const { accessToken } = kept();
    expect((await run('machines')).code).toBe(0);
    expect(tokensSeen().at(-1)).toBe(`Bearer ${accessToken}`);
  });

  it('comes from the browser as well', async () => {
    const { code, stdout } = await run('login', {
      isTerminal: true,
      act: (url) => pressAccount(url, account('owner')),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('signed in as owner@sample.localhost until ');
    expect(kept()['refreshToken']).toBe(undefined);
  });

  it('goes behind ADMIN_CENTER_TOKEN, and login says so', async () => {
    const { stderr } = await run('login --device-code', {
      env: { ADMIN_CENTER_TOKEN: 'a-token' },
      act: enter('operator'),
    });
    expect(stderr).toContain('ADMIN_CENTER_TOKEN is set and goes before it');
    await run('machines', { env: { ADMIN_CENTER_TOKEN: 'a-token' } });
    expect(tokensSeen().at(-1)).toBe('Bearer a-token');
  });

  it('is given to the address that it was got for and to no other', async () => {
    await loginAs('operator');
    const other = await world.startApi();
    const { code } = await run(`machines --api ${other.origin}`);
    expect(code).toBe(3);
    expect(other.requests.filter(({ authorization }) => authorization)).toEqual([]);
    // Not by renaming the file either.
    await run(`login --device-code --api ${other.origin}`, { act: enter('operator') });
    const [one, two] = files();
    renameSync(join(folder, one ?? ''), join(folder, two ?? ''));
    const runs = [await run('machines'), await run(`machines --api ${other.origin}`)];
    expect(runs.map(({ code: end }) => end)).toContain(3);
    await other.close();
  });

  it.each([
    ['others can read', () => chmodSync(keptFile(), 0o640)],
    [
      'is a link',
      () => {
        const real = join(world.folder, `real-${Math.random()}`);
        renameSync(keptFile(), real);
        symlinkSync(real, join(folder, files()[0] ?? keptName));
      },
    ],
  ])('is refused when it %s, and logout removes it', async (_, spoil) => {
    await loginAs('operator');
    keptName = files()[0] ?? '';
    spoil();
    const { code, stderr } = await run('machines');
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_exposed');
    expect((await run('logout')).stdout).toBe('signed out\n');
    expect(files()).toEqual([]);
  });

  it('counts as nothing when it cannot be read as what it is', async () => {
    await loginAs('operator');
    writeFileSync(keptFile(), '{"api":');
    expect((await run('machines')).stderr).toContain('sign_in_needs_terminal');
    expect((await loginAs('operator')).code).toBe(0);
  });

  it('goes with logout, once, and of every control plane with --all', async () => {
    await loginAs('operator');
    expect((await run('logout')).stdout).toBe('signed out\n');
    expect((await run('logout')).stdout).toBe('nobody was signed in\n');
    await loginAs('operator');
    const other = await world.startApi();
    await run(`login --device-code --api ${other.origin}`, { act: enter('operator') });
    expect((await run('logout --all --json')).stdout).toBe('{"removed":2}\n');
    expect(files()).toEqual([]);
    await other.close();
  });
});

let keptName = '';

describe('an access token that has ended', () => {
  const age = () => {
    const value = { ...kept(), expiresAt: Date.now() + 1000 };
    writeFileSync(keptFile(), JSON.stringify(value), { mode: 0o600 });
    return value;
  };

  it('is renewed without a person where a refresh token was kept', async () => {
    await loginAs('operator', ' --stay-signed-in');
    const before = age();
    clock.advance(2000);
    expect((await run('machines')).code).toBe(0);
    const after = kept();
    expect(after['expiresAt']).toBeGreaterThan(Date.now() + 60_000);
    expect(after['refreshToken']).not.toBe((before as Record<string, unknown>)['refreshToken']);
    expect(tokensSeen().at(-1)).toBe(`Bearer ${after['accessToken']}`);
    expect(statSync(keptFile()).mode & 0o777).toBe(0o600);
  });

  it('asks for a person where none was kept, and is removed', async () => {
    await loginAs('operator');
    age();
    const { code, stderr } = await run('machines');
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_needs_terminal');
    expect(files()).toEqual([]);
  });

  it('asks for a person when the service ended the sign-in', async () => {
    await loginAs('operator', ' --stay-signed-in');
    writeFileSync(keptFile(), JSON.stringify({ ...age(), refreshToken: 'revoked' }), { mode: 0o600 });
    expect((await run('machines')).stderr).toContain('sign_in_needs_terminal');
    expect(files()).toEqual([]);
  });

  it('stays kept while the service is away: it may be back', async () => {
    await loginAs('operator', ' --stay-signed-in');
    const { service } = kept() as { service: object };
    const away = { ...age(), service: { ...service, authority: 'https://login.localhost:1/v2.0' } };
    writeFileSync(keptFile(), JSON.stringify(away), { mode: 0o600 });
    const { code, stderr } = await run('machines');
    expect(code).toBe(3);
    expect(stderr).toContain('sign_in_unreachable');
    expect(files()).toHaveLength(1);
  });
});

it('the account that signs in is the one of the code, whoever was signed in before', async () => {
  await loginAs('operator');
  expect((await loginAs('owner')).stdout).toContain('signed in as owner@sample.localhost');
  expect((await run('whoami')).stdout).toContain(
    sample.accounts.find(({ displayName }) => displayName === 'Owner')?.objectId,
  );
});
