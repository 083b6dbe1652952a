import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completionScripts } from '#cli/completion/scripts.ts';
import { listedSession, sampleLease } from './access-samples.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { runHere } from './run-program.ts';
import { machine, machineId, machineList } from './sample-replies.ts';

const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

let folder: string;
let api: FakeApi;

/** `wacctl` on the path, as a person has it. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  mkdirSync(join(folder, 'bin'));
  const program = join(folder, 'bin', 'wacctl');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(program, 0o755);
  for (const [shell, script] of Object.entries(completionScripts))
    writeFileSync(join(folder, `wacctl.${shell}`), script);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  api = await startFakeApi({
    'GET /api/machines': {
      body: machineList(
        ['server-01', 'server-02', 'web-01', '$(touch pwned)', 'a b'].map((name) => machine({ name })),
      ),
    },
  });
});
afterEach(() => api.close());

/** Candidates with their meanings. */
async function offered(words: string[], env: Record<string, string> = {}) {
  const settings = join(folder, `settings-${Math.random()}`);
  const { code, stdout, stderr } = await runHere(['__complete', ...words], api.origin, {
    ADMIN_CENTER_CONFIG_DIR: settings,
    ...env,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').filter(Boolean);
}
const names = async (...words: string[]) => (await offered(words)).map((line) => line.split('\t')[0] ?? '');

describe('completion', () => {
  it('offers the first words of commands, with what they do', async () => {
    expect(await offered(['mach'])).toEqual([
      'machines\tlist the machines that you may see, those that need somebody first',
      'machine\tshow one machine: facts, extension, certificate, agent, what you may do',
    ]);
  });

  it('offers the words that may follow', async () => {
    expect(await names('lease', 're')).toEqual(['request']);
    expect(await names('certificate', 're')).toEqual(['renew', 'revoke']);
    expect(await names('help', 'lea')).toEqual(['lease']);
    expect(await names('help', 'ex')).toEqual(['exit-codes']);
  });

  it('offers options of the command that were not given yet', async () => {
    expect(await names('install', 'server-01', '--p')).toEqual(['--port']);
    expect(await names('install', 'server-01', '--port', '1', '--p')).toEqual([]);
    expect(await names('machines', '--js')).toEqual(['--json']);
    expect(await names('machines', '--', '--js')).toEqual([]);
  });

  it('offers the values of an option that has a list of them', async () => {
    expect(await names('connect', 'm', '--service', '')).toEqual(['WAC', 'SSH']);
    expect(await names('connect', 'm', '--service', 's')).toEqual(['SSH']);
    expect(await names('connect', 'm', '--service=s')).toEqual(['--service=SSH']);
    // As bash cuts it.
    expect(await names('connect', 'm', '--service', '=', 's')).toEqual(['SSH']);
    expect(await names('audit', 'export', 'm', '--output', '')).toEqual([':files']);
  });

  it('offers machines where one is wanted, and no name that a shell could read', async () => {
    expect(await names('connect', '')).toEqual(['server-01', 'server-02', 'web-01']);
    expect(await names('--json', 'connect', 'WEB')).toEqual(['web-01']);
    expect(await names('connect', 'server-01', '')).toEqual([]);
  });

  it('asks for machines once a minute, and notes them for this person alone', async () => {
    const env = { ADMIN_CENTER_CONFIG_DIR: join(folder, 'noted') };
    for (const _ of [1, 2, 3]) expect(await offered(['connect', 'web'], env)).toEqual(['web-01\tmachine']);
    expect(api.requests).toHaveLength(1);
    expect(statSync(env.ADMIN_CENTER_CONFIG_DIR).mode & 0o777).toBe(0o700);
  });

  it('offers sessions and leases of the machine that stands before', async () => {
    api.routes[`GET /api/machines/${machineId}/sessions`] = { body: { value: [listedSession()] } };
    api.routes[`GET /api/machines/${machineId}/leases`] = { body: { value: [sampleLease()] } };
    expect(await offered(['revoke', machineId, ''])).toEqual([
      'abcdefghijklmnop\tWAC, operator@sample.localhost',
    ]);
    expect(await offered(['lease', 'approve', machineId, ''])).toEqual([
      'bcdefghijklmnopq\trequested, operator@sample.localhost: patching',
    ]);
  });

  it('says nothing where nobody is signed in, the API is away, or it refuses', async () => {
    expect(await offered(['connect', ''], { ADMIN_CENTER_TOKEN: '' })).toEqual([]);
    expect(api.requests).toEqual([]);
    api.routes['GET /api/machines'] = { status: 401, body: {} };
    expect(await names('connect', '')).toEqual([]);
    expect(await offered(['connect', ''], { ADMIN_CENTER_API_URL: 'http://127.0.0.1:1' })).toEqual([]);
  });

  it('waits no longer than a moment for names', async () => {
    api.routes['GET /api/machines'] = () => new Promise<never>(() => undefined);
    expect(await names('connect', '')).toEqual([]);
  });

  it('has a script for each shell that it names', async () => {
    const { code, stderr } = await runHere(['completion', 'tcsh'], api.origin);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('bash, zsh, fish') });
  });
});

/** A shell that is not there is said in one line; in CI that is a failure, because a skip is not a pass. */
function has(shell: string): boolean {
  if (spawnSync(shell, ['-c', 'exit 0']).status === 0) return true;
  const line = `Skipped: completion in ${shell}, which is missing; Debian: apt-get install ${shell}.`;
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}\n`);
  return false;
}

/** Runs a script of the shell while the API answers. */
async function inShell(shell: string, script: string): Promise<string[]> {
  const child = spawn(shell, [...(shell === 'zsh' ? ['-f'] : []), '-c', script], {
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
      ADMIN_CENTER_API_URL: api.origin,
      ADMIN_CENTER_TOKEN: 'a-token',
      ADMIN_CENTER_CONFIG_DIR: join(folder, 'shell'),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return output.split('\n').filter(Boolean);
}

describe('in bash', () => {
  /** The function as readline calls it, with the line cut at blanks and at `=`. */
  const complete = (...words: string[]) =>
    inShell(
      'bash',
      `source ./wacctl.bash; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _wacctl; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );

  it('is registered for the program', async () => {
    expect(await inShell('bash', 'source ./wacctl.bash; complete -p wacctl')).toEqual([
      'complete -F _wacctl wacctl',
    ]);
  });

  it('completes commands, options, values and names of machines', async () => {
    expect(await complete('wacctl', 'conn')).toEqual(['connect']);
    expect(await complete('wacctl', 'connect', 'server-01', '--ser')).toEqual(['--service']);
    expect(await complete('wacctl', 'connect', 'server-01', '--service', '=', 'W')).toEqual(['WAC']);
    expect(await complete('wacctl', 'connect', 'serv')).toEqual(['server-01', 'server-02']);
  });

  it('by the Tab key itself', async () => {
    const lines = await inShell(
      'bash',
      `printf 'source ./wacctl.bash\\nwacctl whoa\\t --help\\nexit\\n' | script --quiet --return --command 'bash --norc --noprofile -i' /dev/null`,
    );
    expect(lines.join('\n')).toContain('Show who you are to the control plane');
  });
});

describe.runIf(has('fish'))('in fish', () => {
  it('completes commands, options and names of machines', async () => {
    const complete = async (line: string) =>
      (await inShell('fish', `source ./wacctl.fish; complete -C '${line}'`)).map((one) => one.split('\t')[0]);
    expect(await complete('wacctl conn')).toEqual(['connect']);
    expect(await complete('wacctl connect serv')).toEqual(['server-01', 'server-02']);
    expect(await complete('wacctl connect server-01 --ser')).toContain('--service');
    expect((await complete('wacctl ')).length).toBeGreaterThan(20);
  });
});

describe.runIf(has('zsh'))('in zsh', () => {
  it('completes commands, options and names of machines', async () => {
    const complete = (...words: string[]) =>
      inShell(
        'zsh',
        `compdef() { : }; _describe() { print -rl -- "\${(@P)3}" }; source ./wacctl.zsh; words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _wacctl`,
      );
    expect((await complete('wacctl', 'conn')).map((line) => line.split(':')[0])).toEqual(['connect']);
    expect(await complete('wacctl', 'connect', 'serv')).toEqual(['server-01:machine', 'server-02:machine']);
  });
});
