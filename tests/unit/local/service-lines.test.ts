import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { showServices } from '#local/run/service-lines.ts';

const service = (name: string, port: number): StandIn => ({
  name,
  port,
  calls: createCalls(),
  faults: createFaults(),
  close: async () => {},
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('each service has a line with its address, state, count of requests and last error', () => {
  const [cosmos, dns] = [service('cosmos', 8_081), service('dns', 5_353)];
  cosmos.calls.add('ReadItem');
  cosmos.calls.failed('ReadItem', '404 /dbs/x');
  dns.faults.set('A', { drop: true });
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  showServices({ standIns: [cosmos, dns], json: false, isTerminal: false, write }).start();
  expect(text.trim().split('\n').slice(1)).toEqual([
    '  cosmos                  127.0.0.1:8081    running            1  ReadItem: 404 /dbs/x',
    '  dns                     127.0.0.1:5353    disturbed          0',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

it('a terminal sees the lines written over, and only when something has changed', () => {
  const cosmos = service('cosmos', 8_081);
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const lines = showServices({ standIns: [cosmos], json: false, isTerminal: true, write, everyMs: 10 });
  lines.start();
  vi.advanceTimersByTime(100);
  expect(written).toHaveLength(1);
  cosmos.calls.add('ReadItem');
  vi.advanceTimersByTime(100);
  expect(written).toHaveLength(2);
  expect(written[1]).toBe(`\x1b[1A${'  cosmos'.padEnd(26)}127.0.0.1:8081    running            1\x1b[K\n`);
  lines.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it('as JSON each service that has changed is one object a line', () => {
  const services = [service('cosmos', 8_081), service('dns', 5_353)];
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  const lines = showServices({ standIns: services, json: true, isTerminal: false, write, everyMs: 10 });
  lines.start();
  services[1]?.calls.add('A');
  vi.advanceTimersByTime(10);
  lines.stop();
  expect(written.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: 'service', name: 'cosmos', address: '127.0.0.1:8081', state: 'running', requests: 0 },
    { name: 'dns', requests: 0, lastError: null },
    { name: 'dns', requests: 1 },
  ]);
});
