import { expect, it } from 'vitest';
import { readSource, sourceFiles } from '../../support/source-imports.ts';

/** Time that is not the host's own to bend: of processes, of sockets, of a person who waits, of a test. */
const realTime = new Map([
  ['local/functions-host/app/app-process-channel.ts', 'a process starts, hangs and dies in real time'],
  ['local/functions-host/host.ts', 'an end that takes too long is cut short'],
  [
    'local/functions-host/http/listener.ts',
    'the date of an answer: the process’s own, which follows the clock',
  ],
  ['local/functions-host/in-process-host.ts', 'a test waits for its activities'],
  ['local/functions-host/line-writer.ts', 'lines of the log are gathered for a moment'],
  ['local/functions-host/main.ts', 'lines of the log'],
  ['local/functions-host/service-bus/sdk-message-source.ts', 'a broken connection is tried again'],
]);

it('the host takes its time from its clock, and from nowhere else where it is about the app', () => {
  const files = sourceFiles().filter((file) => file.startsWith('local/functions-host/'));
  const timed = files.filter((file) =>
    /\bDate\.now\b|new Date\(\)|\bset(?:Timeout|Interval)\(|node:timers\/promises/.test(readSource(file)),
  );
  expect(files.length).toBeGreaterThan(50);
  expect(timed).toEqual([...realTime.keys()]);
});
