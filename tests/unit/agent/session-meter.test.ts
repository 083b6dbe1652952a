import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionCountFile, SessionRecord } from '#agent/session-count-file.ts';
import { openSessionCountFile } from '#agent/session-count-file.ts';
import { createSessionMeter } from '#agent/session-meter.ts';
import { sessionsPerReport } from '#shared/protocol/agent-messages.ts';

const start = Date.parse('2026-11-01T12:00:00.000Z');
const session = 'a'.repeat(16);
const endsAt = start / 1000 + 3600;

class Socket extends EventEmitter {
  bytesRead = 0;
  bytesWritten = 0;
  destroyed = false;
  carry(read: number, written: number): void {
    this.bytesRead += read;
    this.bytesWritten += written;
  }
  close(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function memoryFile(kept: SessionRecord[] = []) {
  const writes: SessionRecord[][] = [];
  const write = async (records: SessionRecord[]) => void writes.push(structuredClone(records));
  return { kept: () => structuredClone(kept), write, close: write, writes } satisfies SessionCountFile & {
    writes: SessionRecord[][];
  };
}

function openMeter(kept?: SessionRecord[]) {
  const file = memoryFile(kept);
  let news = 0;
  const meter = createSessionMeter({ file, now: Date.now, onNews: () => (news += 1) });
  const report = () => {
    const counts = meter.news();
    meter.told(counts);
    return counts;
  };
  return { meter, file, report, news: () => news };
}

beforeEach(() => vi.useFakeTimers({ now: start }));
afterEach(() => vi.useRealTimers());

describe('the count of a session', () => {
  it('adds up all its connections, whichever end of them the socket is at', () => {
    const { meter, report } = openMeter();
    meter.begin(session, 'WAC', endsAt);
    const [browser, service, gone] = [new Socket(), new Socket(), new Socket()];
    meter.attach(session, browser, 'browser');
    meter.attach(session, browser, 'browser');
    meter.attach(session, service, 'service');
    meter.attach(session, gone, 'browser');
    browser.carry(100, 2000);
    service.carry(30, 4);
    gone.carry(5, 7);
    gone.close();
    expect(report()).toEqual([
      {
        sessionId: session,
        bytesUp: 109,
        bytesDown: 2037,
        connections: 2,
        lastActiveAt: '2026-11-01T12:00:00.000Z',
      },
    ]);
  });

  it('is told about every ten seconds while something moves, and not while nothing does', () => {
    const { meter, report, news } = openMeter();
    meter.begin(session, 'WAC', endsAt);
    const socket = new Socket();
    meter.attach(session, socket, 'browser');
    socket.carry(1, 1);
    vi.advanceTimersByTime(10_000);
    expect(news()).toBe(1);
    expect(report()).toMatchObject([{ bytesUp: 1, lastActiveAt: '2026-11-01T12:00:10.000Z' }]);
    vi.advanceTimersByTime(60_000);
    expect(news()).toBe(1);
    socket.carry(1, 0);
    vi.advanceTimersByTime(10_000);
    expect(news()).toBe(2);
    expect(report()).toMatchObject([{ bytesUp: 2, lastActiveAt: '2026-11-01T12:01:20.000Z' }]);
    socket.close();
    vi.advanceTimersByTime(10_000);
    expect(report()).toMatchObject([{ connections: 0 }]);
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts nothing for a session that nobody is in', () => {
    const { meter, report } = openMeter();
    const socket = new Socket();
    meter.attach(session, socket, 'browser');
    socket.carry(9, 9);
    expect(report()).toEqual([]);
  });
});

describe('the end of a session', () => {
  it('is told once, with the bytes of connections that close after it', () => {
    const { meter, report, news } = openMeter();
    meter.begin(session, 'WAC', endsAt);
    const socket = new Socket();
    meter.attach(session, socket, 'browser');
    meter.end(session, 'WAC', 'local_policy');
    meter.end(session, 'WAC', 'revoked');
    expect(report()).toEqual([]);
    socket.carry(3, 4);
    socket.close();
    expect(news()).toBe(1);
    const ended = { at: '2026-11-01T12:00:00.000Z', reason: 'local_policy' };
    expect(report()).toMatchObject([{ bytesUp: 3, bytesDown: 4, connections: 0, ended }]);
    expect(report()).toEqual([]);
    expect(meter.live()).toEqual([]);
  });

  it('does not wait for a connection that will not close', () => {
    const { meter, report } = openMeter();
    meter.begin(session, 'WAC', endsAt);
    const socket = new Socket();
    meter.attach(session, socket, 'browser');
    socket.carry(3, 4);
    meter.end(session, 'WAC', 'revoked');
    vi.advanceTimersByTime(1000);
    socket.carry(100, 100);
    socket.close();
    expect(report()).toMatchObject([{ bytesUp: 3, bytesDown: 4, connections: 0 }]);
  });

  it('is told of a session that was never opened here, with nothing counted', () => {
    const { meter, report } = openMeter();
    meter.end(session, 'WAC', 'revoked');
    expect(report()).toMatchObject([{ bytesUp: 0, bytesDown: 0, ended: { reason: 'revoked' } }]);
  });

  it('by its time is at its time', () => {
    const { meter, report } = openMeter();
    meter.begin(session, 'WAC', start / 1000 + 60);
    vi.advanceTimersByTime(90_000);
    meter.end(session, 'WAC', 'expired');
    expect(report().at(-1)?.ended).toEqual({ at: '2026-11-01T12:01:00.000Z', reason: 'expired' });
  });
});

it('a report tells of fifty sessions at most, those that ended first, and the next one of the rest', () => {
  const { meter, report, news } = openMeter();
  const idOf = (number: number) =>
    String.fromCodePoint(97 + (number % 26)).repeat(15) + (number < 26 ? 'a' : number < 52 ? 'b' : 'c');
  const ids = Array.from({ length: sessionsPerReport + 10 }, (_, number) => idOf(number));
  for (const id of ids) meter.begin(id, 'WAC', endsAt);
  for (const id of ids.slice(-20)) meter.end(id, 'WAC', 'service_closed');
  const before = news();
  const first = report();
  expect(first).toHaveLength(sessionsPerReport);
  expect(first.filter(({ ended }) => ended)).toHaveLength(20);
  expect(news()).toBe(before);
  expect(report()).toHaveLength(10);
  for (const id of ids.slice(0, -20)) meter.end(id, 'WAC', 'service_closed');
  expect(report()).toHaveLength(40);
});

describe('after a restart', () => {
  const record: SessionRecord = { sessionId: session, service: 'WAC', endsAt, bytesUp: 10, bytesDown: 20 };

  it('the count goes on', () => {
    const { meter, report } = openMeter([record]);
    const socket = new Socket();
    meter.attach(session, socket, 'browser');
    socket.carry(1, 2);
    expect(report()).toMatchObject([{ bytesUp: 11, bytesDown: 22, connections: 1 }]);
  });

  it('an end that was not told is told', () => {
    const ended = { at: '2026-11-01T11:59:59.000Z', reason: 'expired' } as const;
    const { report, file, news } = openMeter([{ ...record, ended }]);
    vi.advanceTimersByTime(10_000);
    expect(news()).toBe(1);
    expect(report()).toMatchObject([{ bytesUp: 10, ended }]);
    expect(file.writes.at(-1)).toEqual([]);
  });

  it('what is on the disk is what was counted, open connections too', async () => {
    const { meter, file } = openMeter();
    meter.begin(session, 'WAC', endsAt);
    const socket = new Socket();
    meter.attach(session, socket, 'browser');
    socket.carry(7, 8);
    await meter.close();
    expect(file.writes.at(-1)).toMatchObject([{ sessionId: session, bytesUp: 7, bytesDown: 8 }]);
  });
});

describe('the file of the counts', () => {
  let folder: string;
  beforeEach(async () => {
    vi.useRealTimers();
    folder = await mkdtemp(join(tmpdir(), 'counts-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const record = (bytesUp: number): SessionRecord => ({
    sessionId: session,
    service: 'SSH',
    endsAt,
    bytesUp,
    bytesDown: 0,
  });

  it('has the last of what was written, at the latest when it is closed', async () => {
    const failures: unknown[] = [];
    const file = await openSessionCountFile(folder, (error) => failures.push(error));
    await file.write([record(1)]);
    void file.write([record(2)]);
    void file.write([record(3)]);
    const between = await openSessionCountFile(folder, (error) => failures.push(error));
    expect(between.kept()).toEqual([record(1)]);
    await file.close([record(4)]);
    const after = await openSessionCountFile(folder, (error) => failures.push(error));
    expect(after.kept()).toEqual([record(4)]);
    expect(failures).toEqual([]);
  });
});
