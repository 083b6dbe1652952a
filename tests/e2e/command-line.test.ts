import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import { hasTerminals, startProgram } from '../contract/cli/run-program.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

/** As it is shipped. */
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const preload = fileURLToPath(new URL('../../local/kit/preload.mjs', import.meta.url));
/** Milliseconds. An install goes through every part of the system. */
const installMs = 90_000;

/** Everything that a run wrote; a terminal has one stream. */
interface Seen {
  code: number | NodeJS.Signals | null;
  text: string;
}

describe.runIf(hasTerminals)('an administrator’s day in a terminal', () => {
  let system: SystemUnderTest;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wacctl-'));
    system = await startSystem();
    // Three people at three computers.
    await Promise.all(['administrator', 'owner', 'auditor'].map(login));
  });
  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const settingsOf = (person: string) => join(folder, person);

  /** The program in a terminal of its own, as this person runs it. */
  const start = (person: string, args: readonly string[], isTerminal = true) =>
    startProgram(args, {
      program,
      isTerminal,
      nodeArgs: ['--import', preload],
      env: {
        ADMIN_CENTER_API_URL: system.baseUrl,
        ADMIN_CENTER_LOCAL_CA_FILE: system.connection.caFile,
        ADMIN_CENTER_CONFIG_DIR: settingsOf(person),
      },
    });

  async function run(person: string, line: string, ...more: string[]): Promise<Seen> {
    const running = start(person, [...line.split(' '), ...more]);
    const code = await running.ended;
    return { code, text: stripVTControlCharacters(running.stdout).replaceAll('\r', '') };
  }

  /** By a code that is typed elsewhere: the page is the sign-in service's own. */
  async function login(person: string): Promise<void> {
    const running = start(person, ['login', '--device-code']);
    const [, page = '', code = ''] = await running.shows(/open (\S+) on any device and enter the code (\w+)/);
    const answer = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ code, account: `${person}@sample.localhost` }),
    });
    expect(answer.status).toBe(200);
    expect(await running.ended).toBe(0);
    expect(running.stdout).toContain(`signed in as ${person}@sample.localhost until `);
  }

  const name = () => machineAt(system, 0).name;
  let leaseId = '';

  it('the sign-in is a file of one’s own, and its token was shown nowhere', async () => {
    const [file = ''] = readdirSync(settingsOf('owner'));
    const path = join(settingsOf('owner'), file);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { accessToken } = JSON.parse(readFileSync(path, 'utf8')) as { accessToken: string };
    const { text } = await run('owner', 'whoami --json');
    expect(JSON.parse(text)).toMatchObject({ name: 'owner@sample.localhost' });
    expect(text).not.toContain(accessToken);
  });

  it(
    'adds a machine and installs, with the three steps as they happen',
    async () => {
      const { resourceId, port } = machineAt(system, 0);
      expect((await run('administrator', `add ${resourceId}`)).code).toBe(0);
      const { code, text } = await run('administrator', `install ${name()} --port ${port}`);
      expect(text).toContain('Install the agent');
      expect(code).toBe(0);
      expect((await run('administrator', 'machines')).text).toMatch(
        new RegExp(`\\n${name()} +ready +healthy +\\S+ \\S+ UTC +install, connect\\n`),
      );
    },
    installMs,
  );

  it('leases are needed from now on, and access is explained as refused with what to run', async () => {
    expect((await run('owner', `lease policy ${name()} --required on`)).text).toContain('needs a lease');
    const { code, text } = await run('administrator', `access explain ${name()}`);
    expect(code).toBe(0);
    expect(text).toContain('Windows Admin Center: You may not connect now.');
    expect(text).toMatch(/✓ role/);
    expect(text).toMatch(/✗ lease[^✓✗]*\(lease_required\)/);
    const refused = await run('administrator', `connect ${name()} --print`);
    expect(refused).toMatchObject({ code: 1, text: expect.stringMatching(/lease_required/) });
  });

  it('requests a lease, which nobody approves himself, and somebody else does', async () => {
    const asked = await run(
      'administrator',
      `lease request ${name()} --minutes 60 --reference CHG-1 --purpose`,
      'patching night',
    );
    leaseId = /\blease +([a-z2-7]{16})\n/.exec(asked.text)?.[1] ?? '';
    expect(asked).toMatchObject({ code: 0, text: expect.stringMatching(/state +waits, lapses in/) });
    expect((await run('administrator', `lease approve ${name()} ${leaseId}`)).code).toBe(1);
    expect((await run('owner', 'lease list --waiting')).text).toContain(leaseId);
    const given = await run('owner', `lease approve ${name()} ${leaseId} --message`, 'go ahead');
    expect(given).toMatchObject({
      code: 0,
      text: expect.stringContaining('approved by owner@sample.localhost'),
    });
    expect((await run('administrator', `access explain ${name()}`)).text).toContain('You may connect now.');
  });

  it('connects: the URL that is printed answers the machine’s own page', async () => {
    const { code, text } = await run('administrator', `connect ${name()} --print`);
    expect(code).toBe(0);
    expect(text).toMatch(/^https:\/\/\S+\n$/);
    const page = await openSessionUrl(text.trim());
    expect(page.status).toBe(200);
    expect(page.body).toContain(name());
  });

  it('sees who is there, and cuts him off', async () => {
    const live = await run('owner', `sessions ${name()}`);
    const [, sessionId = ''] = /\n([a-z2-7]{16}) +administrator@/.exec(live.text) ?? [];
    expect(sessionId).not.toBe('');
    expect(await run('owner', `revoke ${name()} ${sessionId}`)).toMatchObject({ code: 0 });
    expect((await run('owner', `sessions ${name()}`)).text).toContain('Nobody is connected.');
    expect((await run('owner', `sessions ${name()} --ended`)).text).toMatch(/revoked/);
  });

  it('asks before it cuts everybody off, and Ctrl-C is no yes', async () => {
    const running = start('owner', ['revoke', name(), '--all']);
    await running.shows(/End every session on \S+\? Type yes to go on: /);
    running.type('\x03');
    expect(await running.ended).toBe(130);
  });

  it('an auditor sees no machine, reads what was done, and proves that it is whole', async () => {
    expect((await run('auditor', 'machines')).text).toContain('There is no machine that you may see.');
    const { code, text } = await run('auditor', `audit list ${name()} --json`);
    expect(code).toBe(0);
    const { value } = JSON.parse(text) as { value: { action: string; outcome: string }[] };
    const done = value.map(({ action, outcome }) => `${action} ${outcome}`);
    expect(done.some((one) => one.startsWith('lease approve'))).toBe(true);
    expect(done.some((one) => /^session \w+ refused/.test(one))).toBe(true);
    const note = join(folder, 'noted.head');
    const exported = join(folder, 'audit.jsonl');
    expect((await run('auditor', `audit verify ${name()} --output ${note}`)).text).toMatch(
      /^intact: \d+ records/,
    );
    expect((await run('auditor', `audit export ${name()} --output ${exported}`)).code).toBe(0);
    for (const since of [note, exported])
      expect(await run('auditor', `audit verify ${name()} --since ${since}`)).toMatchObject({
        code: 0,
        text: expect.stringContaining('is as it was noted'),
      });
  });

  it('a head that the chain never had is found out, with a code of its own', async () => {
    const forged = join(folder, 'noted.head');
    const { machineId, head } = JSON.parse(readFileSync(forged, 'utf8')) as {
      machineId: string;
      head: { sequence: number };
    };
    writeFileSync(forged, JSON.stringify({ machineId, head: { ...head, mac: 'A'.repeat(43) } }));
    expect(await run('auditor', `audit verify ${name()} --since ${forged}`)).toMatchObject({
      code: 6,
      text: expect.stringContaining('audit_not_intact'),
    });
  });

  it('gives the lease back, and signs out', async () => {
    expect((await run('administrator', `lease end ${name()} ${leaseId}`)).text).toMatch(
      /state +ended: given back/,
    );
    expect((await run('administrator', 'logout')).text).toBe('signed out\n');
    expect(readdirSync(settingsOf('administrator'))).toEqual([]);
    const running = start('administrator', ['machines'], false);
    expect(await running.ended).toBe(3);
    expect(running.stderr).toContain('wacctl login');
  });
});
