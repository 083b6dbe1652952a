import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HookInput } from '#agent/identity-hook.ts';
import { unbalanced } from '../../support/powershell-tokens.ts';

const folder = fileURLToPath(new URL('../../../agent/install/hooks', import.meta.url));
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
const ada = 'Ada.Lovelace@contoso.example';
const accountOfAda = 'ac-ada-lovelace-24f969c1';

/**
 * Tools that keep accounts in a file, and note how they were called. Accounts are lines of /etc/passwd.
 */
const fakes: Record<string, string> = {
  useradd: `while [ $# -gt 1 ]; do case $1 in --comment) c=$2 ;; --home-dir) h=$2 ;; --groups) g=$2 ;; --shell) s=$2 ;; esac; shift $([ "$1" = --create-home ] && echo 1 || echo 2); done
echo "$1:x:2000:2000:$c:$h:$s" >> "$BASE/passwd"; echo "$1 $g" >> "$BASE/groups"`,
  usermod: 'exit 0',
  userdel: 'for n; do :; done; [ -e "$BASE/stuck" ] || sed -i "/^$n:/d" "$BASE/passwd"; exit 12',
  getent: 'if [ "$1" = group ]; then [ "$2" = "$(cat "$BASE/admins")" ]; else grep "^$2:" "$BASE/passwd"; fi',
  pkill: 'exit 1',
  id: '[ "$1" = -u ] && [ $# -eq 1 ] && echo 1000 || echo 2000',
};

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'virtual-account-'));
  writeFileSync(join(base, 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(base, 'admins'), 'sudo');
  for (const [name, text] of Object.entries(fakes)) {
    writeFileSync(
      join(base, name),
      `#!/bin/sh\nBASE='${base}'\necho "${name} $*" >> "$BASE/calls"\n${text}\n`,
    );
    chmodSync(join(base, name), 0o755);
  }
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const input = (change: Partial<HookInput> = {}): HookInput => ({
  action: 'create',
  user: ada,
  objectId: '00000000-0000-4000-8000-0000000000c1',
  sessionId: 'a'.repeat(16),
  machine: '/subscriptions/x/machines/test-1',
  group: 'administrators',
  otherSessions: 0,
  account: null,
  ...change,
});

function run(change: Partial<HookInput> | string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: `${base}:/usr/bin:/bin` };
  return new Promise((resolve) => {
    const child = execFile(join(folder, 'virtual-account.sh'), { env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    child.stdin?.end(typeof change === 'string' ? change : JSON.stringify(input(change)));
  });
}
const passwd = () => readFileSync(join(base, 'passwd'), 'utf8').trim().split('\n').slice(1);
const calls = () => (existsSync(join(base, 'calls')) ? readFileSync(join(base, 'calls'), 'utf8') : '');

describe.runIf(process.platform === 'linux')('the hook for Linux', () => {
  it('requirements 79 and 80: makes an account named after the user, an administrator without a password', async () => {
    expect(await run({})).toMatchObject({ code: 0, stdout: `{"account":"${accountOfAda}"}\n`, stderr: '' });
    expect(passwd()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^${accountOfAda}:x:2000:2000:Admin Center visitor ada.lovelace@contoso.example:/home/${accountOfAda}:/bin/`,
        ),
      ),
    ]);
    expect(readFileSync(join(base, 'groups'), 'utf8')).toBe(`${accountOfAda} sudo\n`);
    expect(calls()).toContain(`usermod --lock ${accountOfAda}`);
  });

  it('requirement 79: takes it again for the next session, and removes it with its home after the last', async () => {
    await run({});
    expect((await run({ sessionId: 'b'.repeat(16), otherSessions: 1 })).stdout).toContain(accountOfAda);
    expect(passwd()).toHaveLength(1);
    expect((await run({ action: 'remove', otherSessions: 1 })).code).toBe(0);
    expect(passwd()).toHaveLength(1);
    expect((await run({ action: 'remove', otherSessions: 0 })).code).toBe(0);
    expect(passwd()).toEqual([]);
    expect(calls()).toContain(`userdel --remove ${accountOfAda}`);
    expect((await run({ action: 'remove' })).code).toBe(0);
  });

  it('makes it a member of wheel where there is no sudo, and fails where there is neither', async () => {
    writeFileSync(join(base, 'admins'), 'wheel');
    await run({});
    expect(readFileSync(join(base, 'groups'), 'utf8')).toBe(`${accountOfAda} wheel\n`);
    writeFileSync(join(base, 'admins'), 'others');
    expect(await run({ user: 'bo@contoso.example' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('neither'),
    });
  });

  it.each([
    ['of the longest kind', `${'x'.repeat(64)}@${'y'.repeat(180)}.example`],
    ['with dots, pluses and signs', "o'brien+test.!#$%&*=?^`{|}~@contoso.example"],
    ['with letters outside ASCII', 'jürgen.groß@contoso.example'],
    ['that begins with a dash', '-rf@contoso.example'],
    ['that begins with a digit', '0day@contoso.example'],
    ['that is a command', '$(touch x)`id`;reboot@contoso.example'],
  ])('makes of a name %s one that Linux takes', async (_, user) => {
    const { code, stdout } = await run({ user });
    expect(code).toBe(0);
    const { account } = JSON.parse(stdout) as { account: string };
    expect(account).toMatch(/^ac-[a-z0-9_-]{1,20}-[0-9a-f]{8}$/);
    expect(account.length).toBeLessThanOrEqual(32);
    expect(passwd()[0]?.split(':')).toHaveLength(7);
  });

  it('gives two users whose names look alike two accounts, and one user one in whatever case', async () => {
    const accounts = [];
    for (const user of [
      'ada.l@contoso.example',
      'ada-l@contoso.example',
      'ada.l@fabrikam.example',
      'ADA.L@contoso.example',
    ])
      accounts.push((JSON.parse((await run({ user })).stdout) as { account: string }).account);
    expect(new Set(accounts).size).toBe(3);
    expect(accounts[3]).toBe(accounts[0]);
  });

  it('touches no account that it did not make', async () => {
    writeFileSync(
      join(base, 'passwd'),
      `root:x:0:0::/:/bin/sh\n${accountOfAda}:x:1:1:Backup:/home/b:/bin/sh\n`,
    );
    for (const action of ['create', 'remove'] as const)
      expect(await run({ action })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('somebody else'),
      });
    expect(calls()).not.toMatch(/useradd|userdel|usermod/);
  });

  it.each([
    ['no name', JSON.stringify(input({ user: '' }))],
    ['a name with a quote', JSON.stringify(input({ user: 'a"b@contoso.example' }))],
    ['a name with a colon', JSON.stringify(input({ user: 'a:0:0:@contoso.example' }))],
    ['a name of two lines', JSON.stringify(input({ user: 'a\nroot::0:0' }))],
    ['another action', JSON.stringify({ ...input(), action: 'list' })],
    ['nothing', ''],
  ])('refuses %s', async (_, text) => {
    expect((await run(text)).code).toBe(1);
    expect(calls()).not.toContain('useradd');
  });

  it('says so when the account does not go', async () => {
    await run({});
    writeFileSync(join(base, 'stuck'), '');
    expect(await run({ action: 'remove' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not removed'),
    });
  });
});

describe('the hook for Windows', () => {
  it('has strings, comments and brackets that end, and is read the same on every code page', () => {
    expect(unbalanced(textOf('virtual-account.ps1'))).toEqual([]);
    expect(textOf('virtual-account.ps1')).toMatch(/^[\n -~]*$/);
  });

  it('requirement 79: names the administrators by what they are called in no language', () => {
    expect(textOf('virtual-account.ps1')).toContain("$administrators = 'S-1-5-32-544'");
    expect(textOf('virtual-account.ps1')).not.toMatch(/-(?:Group|Name) '?Administrators/);
  });
});
