import { expect, it } from 'vitest';
import { createHostLog, type HostLogOptions } from '#local/functions-host/host-log.ts';
import { filterLog } from '#local/functions-host/log-levels.ts';
import type { LogLevel } from '#local/functions-host/worker/app-log.ts';

const atMs = Date.UTC(2026, 10, 21, 14);

function written(options: Partial<HostLogOptions> = {}) {
  const lines: string[] = [];
  const log = createHostLog({ write: (line) => lines.push(line), now: () => atMs, ...options });
  return { log, lines };
}

it('a line has the form that Core Tools prints, and is one line whatever it holds', () => {
  const { log, lines } = written();
  log.line('information', "Executing 'Functions.x' (Reason='r', Id=1)");
  log.line('error', 'first\r\nsecond\nthird');
  expect(lines).toEqual([
    "[2026-11-21T14:00:00.000Z] Executing 'Functions.x' (Reason='r', Id=1)",
    '[2026-11-21T14:00:00.000Z] first | second | third',
  ]);
});

it('a line is an object when a program reads it', () => {
  const { log, lines } = written({ json: true });
  log.line('warning', 'a');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { time: '2026-11-21T14:00:00.000Z', level: 'warning', message: 'a' },
  ]);
});

it('a quiet host says warnings and worse', () => {
  const { log, lines } = written({ quiet: true });
  log.line('information', 'a');
  log.line('warning', 'b');
  expect(lines).toHaveLength(1);
});

// https://learn.microsoft.com/azure/azure-functions/configure-monitoring#configure-categories
it.each<[string, LogLevel, boolean]>([
  ['Function.install', 'information', false],
  ['Function.install', 'warning', true],
  ['function.Install.User', 'debug', true],
  ['Function.other', 'information', true],
  ['Function.other', 'debug', false],
  ['Host.Results', 'critical', false],
  ['Worker', 'information', false],
  ['Worker', 'error', true],
])('host.json decides what is seen: %s at %s is %s', (category, level, isSeen) => {
  const { log, lines } = written();
  const levels = new Map<string, LogLevel>([
    ['default', 'warning'],
    ['function', 'information'],
    ['function.install', 'warning'],
    ['function.install.user', 'debug'],
    ['host.results', 'none'],
  ]);
  filterLog(log, levels).line(level, 'text', category);
  expect(lines.length === 1).toBe(isSeen);
});
