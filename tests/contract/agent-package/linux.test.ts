import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  encodeSettings,
  linuxInstall,
  linuxUninstall,
} from '#shared/adapters/azure/machine-extension/package-scripts.ts';
import { serveAgentPackage } from '../../support/agent-package.ts';

const agent = 'console.log(JSON.stringify(process.argv.slice(2)));\n';
const settings = {
  controlPlane: 'https://api.example',
  resourceId: '/subscriptions/x/machines/o\'brien $(id) `id` ; " & | \\ \n',
  port: '6516',
  salt: "'; touch /tmp/never; '",
  token: 'a token that is long enough',
};

let source: Awaited<ReturnType<typeof serveAgentPackage>>;
let folder: string;
let root: string;
let systemctl: string;

/** Whether the system has a Node that an install would take. */
const systemHasNode = ['/usr/bin/node', '/usr/local/bin/node'].some((path) => {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 0) >= 22;
});

function writeProgram(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

/** Notes how it was called; a service is active unless the test says otherwise. */
function fakeSystemctl(isActive = true): void {
  writeProgram(
    systemctl,
    `echo "$*" >> '${folder}/calls'\n[ "$1" != is-active ] || exit ${isActive ? 0 : 3}`,
  );
}

const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

function run(
  script: string,
  environment: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const env = {
    PATH: `${dirname(systemctl)}:${dirname(process.execPath)}:/usr/bin:/bin`,
    ADMIN_CENTER_ROOT: root,
    TMPDIR: join(folder, 'tmp'),
    ...environment,
  };
  return new Promise((resolve) => {
    const child = execFile('/bin/sh', ['-s'], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
    child.stdin?.end(script);
  });
}

const install = (given: object = settings) =>
  linuxInstall({ url: source.url, hashes: source.hashes() }, { kind: 'inline', settings: given });
const file = (...parts: string[]) => join(root, ...parts);
const configFile = () => file('etc/admin-center-agent/config.json');
const modeOf = (path: string) => statSync(path).mode & 0o777;

beforeAll(async () => {
  source = await serveAgentPackage(agent);
});
afterAll(() => source.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-package-'));
  root = join(folder, 'root');
  systemctl = join(folder, 'bin', 'systemctl');
  for (const name of ['root', 'bin', 'tmp']) mkdirSync(join(folder, name));
  fakeSystemctl();
  writeProgram(join(folder, 'bin', 'sleep'), ':');
  return () => rmSync(folder, { recursive: true, force: true });
});

describe('the install of the agent on Linux', () => {
  it('puts program, settings and service in their places, for their owner alone, and starts the service', async () => {
    expect(await run(install())).toEqual({ code: 0, output: 'admin-center-agent is installed and runs\n' });
    expect(JSON.parse(readFileSync(configFile(), 'utf8'))).toEqual({
      ...settings,
      targetScheme: 'http',
      dataDirectory: file('var/lib/admin-center-agent'),
    });
    expect(modeOf(configFile())).toBe(0o600);
    expect(modeOf(dirname(configFile()))).toBe(0o700);
    expect(modeOf(file('var/lib/admin-center-agent'))).toBe(0o700);
    expect(readFileSync(file('opt/admin-center-agent/agent.mjs'), 'utf8')).toBe(agent);
    expect(calls()).toEqual([
      'daemon-reload',
      'enable admin-center-agent.service',
      'restart admin-center-agent.service',
      'is-active --quiet admin-center-agent.service',
    ]);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  it('writes a service that systemd takes as it is and that may do little', async () => {
    await run(install());
    const unit = file('etc/systemd/system/admin-center-agent.service');
    const text = readFileSync(unit, 'utf8');
    expect(text).toContain('NoNewPrivileges=yes');
    expect(text).toContain('ProtectSystem=strict');
    expect(text).toContain(`ReadWritePaths=${file('var/lib/admin-center-agent')}`);
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    // Where there is no systemd nobody can say.
    if (verified.error) return;
    expect(verified.stderr.split('\n').filter((line) => line.includes('admin-center-agent'))).toEqual([]);
  });

  it('comes to the same end when it runs again, and keeps keys and certificates', async () => {
    await run(install());
    const kept = file('var/lib/admin-center-agent/identity.json');
    writeFileSync(kept, 'keys');
    const before = readFileSync(file('etc/systemd/system/admin-center-agent.service'), 'utf8');
    expect((await run(install({ ...settings, port: '443' }))).code).toBe(0);
    expect(JSON.parse(readFileSync(configFile(), 'utf8'))).toMatchObject({ port: '443' });
    expect(readFileSync(kept, 'utf8')).toBe('keys');
    expect(readFileSync(file('etc/systemd/system/admin-center-agent.service'), 'utf8')).toBe(before);
    expect(readdirSync(file('opt/admin-center-agent'))).toEqual(['agent.mjs', 'hooks', 'uninstall.sh']);
  });

  it('brings a hook for virtual accounts that is used when the owner says so, and keeps what he said', async () => {
    await run(install());
    expect(modeOf(file('opt/admin-center-agent/hooks/virtual-account.sh'))).toBe(0o755);
    const config = JSON.parse(readFileSync(configFile(), 'utf8')) as object;
    expect(config).not.toHaveProperty('identityHook');
    writeFileSync(configFile(), JSON.stringify({ ...config, identityHook: 'virtual-account.sh' }));
    await run(install());
    expect(JSON.parse(readFileSync(configFile(), 'utf8'))).toEqual({
      ...config,
      identityHook: 'virtual-account.sh',
    });
  });

  it('requirement 39: an uninstall and another install leave what the owner closed as it is', async () => {
    await run(install());
    const data = file('var/lib/admin-center-agent');
    const policy = '{"incomingconnections.enabled":false}';
    writeFileSync(join(data, 'local-policy.json'), policy);
    mkdirSync(join(data, 'hooks'));
    writeFileSync(join(data, 'identity.json'), 'keys');
    writeFileSync(join(data, '.hidden'), 'keys');
    await run(linuxUninstall({ url: source.url, hashes: source.hashes() }));
    expect(readdirSync(data)).toEqual(['hooks', 'local-policy.json']);
    await run(install());
    expect(readFileSync(join(data, 'local-policy.json'), 'utf8')).toBe(policy);
  });

  it('has the agent remove accounts of visitors that are left, before everything of it goes', async () => {
    await run(install());
    const uninstall = linuxUninstall({ url: source.url, hashes: source.hashes() });
    const noted = join(folder, 'forgot');
    const note = `import fs from 'node:fs';\nfs.writeFileSync('${noted}', process.argv.slice(2).join(' '));\n`;
    writeFileSync(file('opt/admin-center-agent/agent.mjs'), note);
    await run(uninstall);
    expect(existsSync(noted)).toBe(false);
    await run(install());
    writeFileSync(file('opt/admin-center-agent/agent.mjs'), note);
    writeFileSync(file('var/lib/admin-center-agent/virtual-accounts.json'), '{}');
    expect((await run(uninstall)).code).toBe(0);
    expect(readFileSync(noted, 'utf8')).toBe(`forget --config ${configFile()}`);
    expect(existsSync(file('opt/admin-center-agent'))).toBe(false);
  });

  it('takes settings from a protected parameter, as a variable or as an argument', async () => {
    const script = linuxInstall({ url: source.url, hashes: source.hashes() }, { kind: 'parameter' });
    expect(script).not.toContain(Buffer.from(JSON.stringify(settings)).toString('base64'));
    expect((await run(script, { settings: encodeSettings(settings) })).code).toBe(0);
    expect(JSON.parse(readFileSync(configFile(), 'utf8'))).toMatchObject({ salt: settings.salt });
    rmSync(configFile());
    const asArgument = `set -- 'settings=${encodeSettings(settings)}'\n${script}`;
    expect((await run(asArgument)).code).toBe(0);
    expect(existsSync(configFile())).toBe(true);
  });

  it.each(['install.sh', 'SHA256SUMS', 'agent.mjs'])('refuses a %s that nobody announced', async (name) => {
    const script = install();
    const announced = source.files[name];
    source.files[name] = Buffer.from('echo pwned\n');
    const { code } = await run(script);
    if (announced) source.files[name] = announced;
    expect(code).not.toBe(0);
    expect(existsSync(configFile())).toBe(false);
    expect(existsSync(join(folder, 'calls'))).toBe(false);
  });

  it('says so when the service does not stay up', async () => {
    fakeSystemctl(false);
    const { code, output } = await run(install());
    expect(code).toBe(1);
    expect(output).toContain('journalctl -u admin-center-agent');
  });

  it.skipIf(systemHasNode)(
    'takes Node from the package where the machine has none that is new enough',
    async () => {
      writeProgram(join(folder, 'bin', 'node'), 'echo v18.0.0');
      const tools = { PATH: `${dirname(systemctl)}:/usr/bin:/bin` };
      expect((await run(install(), tools)).output).toContain('the package has no node-linux-');
      const runtime = `node-linux-${process.arch}`;
      source.files[runtime] = Buffer.from(
        `#!/bin/sh\n[ "$1" != --version ] || { echo v24.0.0; exit; }\nexec '${process.execPath}' "$@"\n`,
      );
      source.seal();
      expect(await run(install(), tools)).toMatchObject({ code: 0 });
      expect(modeOf(file('opt/admin-center-agent/node'))).toBe(0o755);
    },
  );

  it('names a wrong use', async () => {
    const script = source.files['install.sh']?.toString() ?? '';
    const uses = ['--sums', '--package x', '--package x --sums zz', '--colour red'];
    for (const use of uses)
      expect((await run(`set -- ${use}\n${script}`)).output).toMatch(/needs a value|must be|no option/);
  });
});

describe('the uninstall of the agent on Linux', () => {
  const uninstall = () => linuxUninstall({ url: source.url, hashes: source.hashes() });

  it('requirement 58: stops the service and leaves nothing; once more is success', async () => {
    await run(install());
    writeFileSync(join(folder, 'calls'), '');
    expect(await run(uninstall())).toEqual({ code: 0, output: 'admin-center-agent is removed\n' });
    expect(calls()).toContain('disable --now admin-center-agent.service');
    const left = ['opt/admin-center-agent', 'etc/admin-center-agent', 'var/lib/admin-center-agent'];
    expect(left.filter((path) => existsSync(file(path)))).toEqual([]);
    expect(readdirSync(file('etc/systemd/system'))).toEqual([]);
    expect((await run(uninstall())).code).toBe(0);
  });
});
