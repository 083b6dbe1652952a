import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { registryKey } from '#agent/host-checks.ts';
import {
  windowsInstall,
  windowsUninstall,
} from '#shared/adapters/azure/machine-extension/package-scripts.ts';
import { unbalanced } from '../../support/powershell-tokens.ts';

const folder = fileURLToPath(new URL('../../../agent/install', import.meta.url));
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');

/** The compiler of a .NET SDK, where there is one. */
function findCompiler(): { compiler: string; references: string[] } | undefined {
  const root = ['/usr/share/dotnet', '/usr/lib/dotnet'].find((path) => existsSync(join(path, 'sdk')));
  if (root === undefined) return undefined;
  const [sdk = ''] = readdirSync(join(root, 'sdk')).toReversed();
  const pack = join(root, 'packs/Microsoft.NETCore.App.Ref');
  const [version = ''] = existsSync(pack) ? readdirSync(pack) : [];
  const framework = join(pack, version, 'ref');
  const [target = ''] = version && existsSync(framework) ? readdirSync(framework) : [];
  const compiler = join(root, 'sdk', sdk, 'Roslyn/bincore/csc.dll');
  if (!target || !existsSync(compiler)) return undefined;
  const references = readdirSync(join(framework, target)).filter((file) => file.endsWith('.dll'));
  return { compiler, references: references.map((file) => join(framework, target, file)) };
}
const found = findCompiler();

/** What the service is made from, as far as it is used; the original is part of Windows alone. */
const serviceBase = `namespace System.ServiceProcess {
  public class ServiceBase : System.IDisposable {
    public string ServiceName; public bool CanStop, CanShutdown, AutoLog;
    public static void Run(ServiceBase service) {}
    protected virtual void OnStart(string[] args) {}
    protected virtual void OnStop() {}
    protected virtual void OnShutdown() {}
    public void Dispose() {}
  }
}`;

describe('the agent package for Windows', () => {
  it.each(['install.ps1', 'uninstall.ps1'])('has a %s whose strings, comments and brackets end', (file) => {
    expect(unbalanced(textOf(file))).toEqual([]);
  });

  it('is read the same on every code page', () => {
    const files = readdirSync(folder).filter((file) => /\.(ps1|cs|sh)$/.test(file));
    expect(files).toHaveLength(5);
    const isPlain = (byte: number) => byte === 10 || (byte >= 32 && byte <= 126);
    const isForeign = (file: string) => !readFileSync(join(folder, file)).every(isPlain);
    expect(files.filter(isForeign)).toEqual([]);
  });

  it('runs scripts whose strings and brackets end, whatever the settings hold', () => {
    const hash = 'a'.repeat(64);
    const hashes = { 'install.ps1': hash, 'uninstall.ps1': hash, SHA256SUMS: hash };
    const source = { url: "https://api.example/o'brien’s {(", hashes };
    const settings = { kind: 'inline', settings: { salt: '"\'`${(' } } as const;
    for (const script of [
      windowsInstall(source, settings),
      windowsInstall(source, { kind: 'parameter' }),
      windowsUninstall(source),
    ])
      expect(unbalanced(script.replaceAll('’', "'"))).toEqual([]);
  });

  it('requirement 119: writes SmePort where the checks of the agent look for it', () => {
    const key = registryKey.replace(/^[^\\]+\\/, '');
    expect(registryKey).toMatch(/^(HKLM|HKEY_LOCAL_MACHINE)\\/);
    expect(textOf('install.ps1')).toContain(`CreateSubKey('${key}')`);
    expect(textOf('install.ps1')).toContain("SetValue('SmePort', $Port, 'DWord')");
    expect(textOf('uninstall.ps1')).toContain("DeleteValue('SmePort', $false)");
  });

  it('keeps settings and keys for SYSTEM and Administrators alone, and lets the service start again', () => {
    const script = textOf('install.ps1');
    expect(script).toContain(
      "'/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F'",
    );
    expect(script.indexOf('New-PrivateFolder $data')).toBeLessThan(script.indexOf('Set-Bytes $configFile'));
    expect(script).toContain("'restart/5000/restart/30000/restart/60000'");
  });

  it.skipIf(!found)(
    'has a service that the compiler of Windows PowerShell would take',
    () => {
      const work = mkdtempSync(join(tmpdir(), 'agent-service-'));
      writeFileSync(join(work, 'service-base.cs'), serviceBase);
      const { stdout, status } = spawnSync(
        'dotnet',
        [
          found?.compiler ?? '',
          '-nologo',
          '-langversion:5',
          '-target:exe',
          '-warnaserror',
          `-out:${join(work, 'x.exe')}`,
          ...(found?.references ?? []).map((file) => `-r:${file}`),
          join(work, 'service-base.cs'),
          join(folder, 'service.cs'),
        ],
        { encoding: 'utf8' },
      );
      rmSync(work, { recursive: true, force: true });
      expect([status, stdout]).toEqual([0, '']);
    },
    60_000,
  );
});
