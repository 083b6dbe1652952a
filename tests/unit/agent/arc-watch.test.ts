import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arcFolder, arcProgram } from '#agent/arc-configuration.ts';
import { type ArcReading, type ArcWatch, watchArcConfiguration } from '#agent/arc-watch.ts';

const open: ArcReading = { known: { enabled: true, ports: [22, 6516] } };
const off: ArcReading = { known: { enabled: false, ports: [22, 6516] } };
const failed: ArcReading = { unknown: 'azcmagent ended with code 1' };
const absent: ArcReading = { known: undefined };

describe('the configuration of the Arc agent', () => {
  let folder: string;
  let answers: ArcReading[];
  let asked: number;
  let watch: ArcWatch | undefined;
  const changes: ArcReading[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arc-'));
    asked = 0;
    changes.length = 0;
  });
  afterEach(async () => {
    watch?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Each reading takes the next answer; the last one stays. */
  async function start(given: ArcReading[], askMs = 60_000): Promise<ArcWatch> {
    answers = given;
    watch = await watchArcConfiguration({
      read: async () => answers[Math.min(asked++, answers.length - 1)] ?? absent,
      folder,
      onChange: (reading) => changes.push(reading),
      lookMs: 5,
      askMs,
    });
    return watch;
  }
  const touch = () => writeFile(join(folder, 'localconfig.json'), String(Math.random()));

  it('is read at once, and again when one of its files was written', async () => {
    const { current } = await start([open, off]);
    expect(current()).toEqual(open);
    await touch();
    await vi.waitFor(() => expect(current()).toEqual(off));
    expect(changes).toEqual([off]);
  });

  it('is asked for from time to time, whatever its files say', async () => {
    const { current } = await start([open, open, off], 10);
    await vi.waitFor(() => expect(current()).toEqual(off));
  });

  it('is not asked for while nothing was written', async () => {
    await start([open]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(1);
  });

  it('is not given up for one failure, and allows nothing after a second', async () => {
    const { current } = await start([open, failed, open, failed, failed]);
    await touch();
    await vi.waitFor(() => expect(asked).toBe(3), { timeout: 5_000 });
    expect(changes).toEqual([]);
    await touch();
    await vi.waitFor(() => expect(current()).toEqual(failed), { timeout: 5_000 });
  });

  it('requirement 39: of an Arc agent that makes the reading fail is one that cannot be read', async () => {
    watch = await watchArcConfiguration({
      read: () => Promise.reject(new Error('EMFILE')),
      folder,
      onChange: () => undefined,
    });
    expect(watch.current()).toEqual({ unknown: 'Error: EMFILE' });
  });

  it('requirement 39: of an Arc agent that has gone is one that cannot be read', async () => {
    const { current } = await start([off, absent]);
    await touch();
    await vi.waitFor(() => expect(current()).toEqual({ unknown: 'azcmagent has gone from this machine' }), {
      timeout: 5_000,
    });
  });

  it('requirement 39: of an Arc agent that came later counts', async () => {
    const { current } = await start([absent, off]);
    expect(current()).toEqual(absent);
    await touch();
    await vi.waitFor(() => expect(current()).toEqual(off));
  });
});

it('program and files of the Arc agent are where it is documented, below another root where one is given', () => {
  expect(arcProgram('linux', {})).toBe('/opt/azcmagent/bin/azcmagent');
  expect(arcFolder('linux', {})).toBe('/var/opt/azcmagent');
  expect(arcProgram('linux', { ADMIN_CENTER_ROOT: '/srv/one' })).toBe('/srv/one/opt/azcmagent/bin/azcmagent');
  expect(arcFolder('win32', { ProgramData: String.raw`D:\Data` })).toBe(
    String.raw`D:\Data\AzureConnectedMachineAgent\Config`,
  );
  expect(arcProgram('win32', {})).toBe(String.raw`C:\Program Files\AzureConnectedMachineAgent\azcmagent.exe`);
});
