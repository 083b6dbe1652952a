import { access, writeFile } from 'node:fs/promises';
import { strFromU8, strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { collectArcLogs, redactArchive } from '#agent/azcmagent-logs.ts';
import type { RunTool } from '#agent/run-tool.ts';
import { createRedaction } from '#shared/runtime/redaction.ts';

const utf16 = (text: string) => Uint8Array.from([0xff, 0xfe, ...Buffer.from(text, 'utf16le')]);

describe('requirement 120: what azcmagent logs gathers', () => {
  it('requirement 121: is taken over redacted, without traces and what else is no text', () => {
    const zip = zipSync({
      'azcmagent.log': strToU8('time=1 msg="Authorization: Bearer abcdefghijkl"\nport 6516\n'),
      'GuestConfig/ext.log.1': utf16('password=hunter2\r\nfine\r\n'),
      'traces/network.etl': strToU8('GET /?token=hunter2'),
      'dump.pcapng': strToU8('x'),
      '../../etc/cron.d/evil.txt': strToU8('text'),
      'C:\\Windows\\evil.json': strToU8('{}'),
      'folder/': new Uint8Array(),
    });
    const { files, leftOut } = redactArchive(zip, createRedaction());
    const texts = Object.fromEntries([...files].map(([name, bytes]) => [name, strFromU8(bytes)]));
    expect(texts['azcmagent.log']).toContain('port 6516');
    expect(texts['GuestConfig/ext.log.1']).toBe('password=[redacted:secret]\r\nfine\r\n');
    expect(Object.keys(texts).toSorted()).toEqual(
      ['azcmagent.log', 'GuestConfig/ext.log.1', 'Windows/evil.json', 'etc/cron.d/evil.txt'].toSorted(),
    );
    expect(JSON.stringify(texts)).not.toMatch(/hunter2|abcdefghijkl/);
    expect(leftOut).toEqual([
      'azcmagent: traces/network.etl (not a text, or too large)',
      'azcmagent: dump.pcapng (not a text, or too large)',
    ]);
  });

  it('of a long log is the end, redacted before it is cut', () => {
    const line = 'nothing happened, as on every other day of the week\n';
    const key = `-----BEGIN PRIVATE KEY-----\n${'QUJD/EFG+hij1\n'.repeat(100_000)}-----END PRIVATE KEY-----\n`;
    const zip = zipSync({ 'long.log': strToU8(line.repeat(60_000) + key + line.repeat(60_000)) });
    const { files, leftOut } = redactArchive(zip, createRedaction());
    const text = strFromU8(files.get('long.log') ?? new Uint8Array());
    expect(text.length).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(text.startsWith(line)).toBe(true);
    expect(text).toContain('[redacted:private-key]');
    expect(text).not.toContain('QUJD');
    expect(leftOut).toEqual(['azcmagent: long.log but for its last 4194304 characters']);
  });

  it('is asked for with the full path and a file that is gone afterwards', async () => {
    let written = '';
    const run: RunTool = async (program, args, timeoutMs) => {
      expect([program, ...args.slice(0, 2), timeoutMs]).toEqual([
        '/a/azcmagent',
        'logs',
        '--output',
        180_000,
      ]);
      written = args[2] ?? '';
      await writeFile(written, zipSync({ 'himds.log': strToU8('fine') }));
      return { exitCode: 0, stdout: '' };
    };
    const { files, leftOut } = await collectArcLogs(run, '/a/azcmagent', createRedaction());
    expect([...files.keys()]).toEqual(['himds.log']);
    expect(leftOut).toEqual([]);
    await expect(access(written)).rejects.toThrow('ENOENT');
  });

  it.each<[string, RunTool, string]>([
    ['there is no Arc agent', async () => ({ failure: 'missing' }), 'azcmagent is not on this machine'],
    ['it fails', async () => ({ exitCode: 1, stdout: '' }), 'azcmagent ended with code 1'],
    ['it writes nothing', async () => ({ exitCode: 0, stdout: '' }), 'ENOENT'],
    [
      'it writes no archive',
      async (_, [, , file = '']) => {
        await writeFile(file, 'no archive');
        return { exitCode: 0, stdout: '' };
      },
      'invalid zip data',
    ],
  ])('is left out, with the reason, where %s', async (_, run, reason) => {
    const { files, leftOut } = await collectArcLogs(run, '/a/azcmagent', createRedaction());
    expect(files.size).toBe(0);
    expect(leftOut).toEqual([expect.stringContaining(`azcmagent logs: `)]);
    expect(leftOut[0]).toContain(reason);
  });
});
