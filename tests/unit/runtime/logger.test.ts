import { expect, test } from 'vitest';
import { AppError } from '#shared/domain/error.ts';
import { createLogger, type LoggerOptions } from '#shared/runtime/logger.ts';

function recording(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line), level: 'info', now: () => 0, ...options });
  return { lines, logger };
}

test('writes one JSON line with time, level and event in front', () => {
  const { lines, logger } = recording();
  logger.with({ program: 'proxy' }).log('connection.closed', { bytesIn: 3, event: 'forged' });
  expect(lines).toEqual([
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","event":"connection.closed","program":"proxy","bytesIn":3}\n',
  ]);
});

test('writes nothing below its level', () => {
  const { lines, logger } = recording({ level: 'error' });
  logger.log('connection.refused');
  logger.log('process.failed');
  expect(lines).toHaveLength(1);
});

test('writes an error as its facts and its causes', () => {
  const { lines, logger } = recording();
  const error = new AppError('relay_unavailable', 'no answer', { cause: new Error('ECONNREFUSED') });
  logger.log('process.failed', { error });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    error: {
      name: 'AppError',
      code: 'relay_unavailable',
      message: 'no answer',
      cause: { message: 'ECONNREFUSED' },
    },
  });
});

test('keeps a line feed in a field from starting a second line, pretty or not', () => {
  for (const pretty of [false, true]) {
    const { lines, logger } = recording({ pretty });
    logger.log('connection.closed', { serverName: 'a\nb' });
    expect(lines.join('').match(/\n/g)).toHaveLength(1);
  }
});
