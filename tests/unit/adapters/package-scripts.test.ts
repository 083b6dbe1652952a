import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeSettings,
  linuxInstall,
  linuxUninstall,
  powerShellCommand,
  powerShellString,
  shellWord,
  windowsInstall,
  windowsUninstall,
} from '#shared/adapters/azure/machine-extension/package-scripts.ts';

const hash = (digit: string) => digit.repeat(64);
const hashes = {
  'install.sh': hash('a'),
  'uninstall.sh': hash('b'),
  'install.ps1': hash('c'),
  'uninstall.ps1': hash('d'),
  SHA256SUMS: hash('e'),
};
const source = { url: 'https://api.example/api/agent/package', hashes };
const hostile = [
  "'; rm -rf / #",
  '"; Remove-Item C:\\ ; "',
  '$(id)',
  '`id`',
  '%PATH%',
  'a\nb',
  '’; exit ’',
  '‛‚‘’',
  '\\',
  '| & > < ^ !',
];
const settingsOf = (text: string) => ({ resourceId: text, salt: text, port: '6516', token: text });

/** The only way out of a single-quoted string of PowerShell is a quote that is not doubled; it has five of them. */
const inside = (literal: string): string => literal.slice(1, -1);
const quotes = /['\u2018-\u201b]/;

describe('a word of the shell', () => {
  it('is the text, whatever is in it', () => {
    const texts = [...hostile, ...fc.sample(fc.string({ unit: 'binary' }), 200)]
      .map((text) => text.replaceAll('\0', ''))
      .filter((text) => text.isWellFormed());
    const script = texts.map((text) => `printf '%s\\0' ${shellWord(text)}\n`).join('');
    const { stdout } = spawnSync('/bin/sh', ['-s'], { input: script, encoding: 'utf8' });
    expect(stdout.split('\0').slice(0, -1)).toEqual(texts);
  });
});

describe('a string of PowerShell', () => {
  it('ends where it ends: every quote in it is doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const body = inside(powerShellString(text));
        expect(body.replace(/(['\u2018-\u201b])\1/g, '$1')).toBe(text);
        expect(quotes.test(body.replace(/(['\u2018-\u201b])\1/g, ''))).toBe(false);
      }),
    );
  });
});

describe('what a machine runs', () => {
  it.each(hostile)('has settings as data alone: %s', (text) => {
    const settings = settingsOf(text);
    const inline = { kind: 'inline', settings } as const;
    const harmless = { kind: 'inline', settings: settingsOf('') } as const;
    for (const write of [linuxInstall, windowsInstall]) {
      const script = write(source, inline);
      expect(script).toContain(`'${encodeSettings(settings)}'`);
      expect(script.replace(encodeSettings(settings), encodeSettings(harmless.settings))).toBe(
        write(source, harmless),
      );
    }
    expect(JSON.parse(Buffer.from(encodeSettings(settings), 'base64').toString('utf8'))).toEqual(settings);
  });

  it.each(hostile)('has the address of the package as data alone: %s', (text) => {
    const url = `https://api.example/${text}`;
    const settings = { kind: 'parameter' } as const;
    const linux = linuxInstall({ url, hashes }, settings);
    expect(linux).toContain(`--package ${shellWord(url)}`);
    const windows = windowsInstall({ url, hashes }, settings);
    expect(windows).toContain(`-Package ${powerShellString(url)}`);
  });

  it('names the hash of each script that it fetches', () => {
    const settings = { kind: 'inline', settings: {} } as const;
    expect(linuxInstall(source, settings)).toContain(`install.sh?sha256=${hash('a')}`);
    expect(linuxInstall(source, settings)).toContain(`--sums ${hash('e')}`);
    expect(linuxUninstall(source)).toContain(`${hash('b')}  $work/uninstall.sh`);
    expect(windowsInstall(source, settings)).toContain(`if ($hash -ne '${hash('c')}')`);
    expect(windowsUninstall(source)).toContain(`uninstall.ps1?sha256=${hash('d')}`);
  });

  it('is not made without the hashes of the package', () => {
    const broken = { url: source.url, hashes: { ...hashes, 'install.sh': "'; id; '" } };
    expect(() => linuxInstall(broken, { kind: 'parameter' })).toThrow('has no install.sh');
    expect(() => linuxUninstall({ url: source.url, hashes: {} })).toThrow('has no uninstall.sh');
  });

  it('fits on a command line of Windows, with nothing that cmd.exe would read', () => {
    const longest = settingsOf('').port;
    const settings = {
      resourceId: `/subscriptions/${'0'.repeat(36)}/resourceGroups/${'g'.repeat(90)}/providers/Microsoft.HybridCompute/machines/${'m'.repeat(64)}`,
      port: longest,
      salt: 's'.repeat(32),
      controlPlane: `https://${'h'.repeat(60)}.azurewebsites.net`,
      token: 't'.repeat(43),
    };
    const command = powerShellCommand(windowsInstall(source, { kind: 'inline', settings }));
    expect(command).toMatch(/^powershell\.exe( -[A-Za-z]+)+ [A-Za-z0-9+/=]+$/);
    expect(command.length).toBeLessThan(8191);
    const [, encoded = ''] = command.split('-EncodedCommand ');
    expect(Buffer.from(encoded, 'base64').toString('utf16le')).toContain(encodeSettings(settings));
  });
});
