import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderFields, renderTable } from '#cli/text/columns.ts';
import { formatSeconds } from '#cli/text/duration.ts';
import { changesSince, describeRunning, renderOperation } from '#cli/text/operation.ts';
import { plain } from '#cli/text/plain.ts';
import { renderProblem } from '#cli/text/problem.ts';
import type { OperationReply } from '#shared/protocol/api.ts';

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`;
type Steps = OperationReply['steps'];

const operation = (status: OperationReply['status'], steps: Steps): OperationReply => ({
  id: 'm.1',
  machineId: 'm',
  kind: 'install',
  status,
  percent: 50,
  steps,
  createdAt: at(0),
  ...(status !== 'running' && { endedAt: at(9) }),
});

describe('a table', () => {
  it('has columns as wide as their widest cell and no blanks at the end of a line', () => {
    expect(
      renderTable(
        ['a', 'long'],
        [
          ['wide cell', 'x'],
          ['b', ''],
        ],
      ),
    ).toBe('A          LONG\nwide cell  x\nb');
  });

  it('has one line a row, whatever is in its cells', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string()), { maxLength: 5 }),
        (rows) => {
          expect(renderTable(['a', 'b'], rows).split(/\r\n|[\n\r\u2028\u2029]/)).toHaveLength(
            rows.length + 1,
          );
        },
      ),
    );
  });
});

describe('text of others', () => {
  it('cannot move the cursor, colour, ring, or turn the direction of writing', () => {
    expect(plain('a\x1b[2Jb\x07c\u009bd\u202ee\nf')).toBe('a [2Jb c d e f');
  });
});

it('fields without a value have no line', () => {
  expect(
    renderFields([
      ['a', 'x'],
      ['bcd', null],
      ['ef', undefined],
      ['g', 'y'],
    ]),
  ).toBe('a  x\ng  y');
});

it.each([
  [0.004, '0.00 s'],
  [9.5, '9.50 s'],
  [59.96, '60.0 s'],
  [100, '1 min 40 s'],
  [3661, '61 min 1 s'],
])('%d seconds are written %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});

describe('a problem', () => {
  const facts = {
    title: 'The request is not valid',
    detail: 'port: too large; name: missing',
    code: 'invalid_request',
    hop: 'request',
    remedy: 'Mend it.',
    retryable: true,
  };

  it('has title, code, hop and remedy, and says when a retry may help', () => {
    expect(renderProblem(facts)).toBe(
      [
        'The request is not valid',
        '  detail  port: too large; name: missing',
        '  code    invalid_request',
        '  hop     request',
        '  remedy  Mend it.',
        '  retry   the same request may succeed later',
      ].join('\n'),
    );
  });

  it('lists the faults of several fields, and simple facts that the service added', () => {
    const errors = [
      { field: 'port', message: 'too large' },
      { field: 'name', message: 'missing' },
    ];
    const text = renderProblem({
      ...facts,
      errors,
      missingAction: 'a/b',
      repeated: 'too large',
      preconditions: [{}],
      status: 400,
    });
    expect(text).toMatch(/^ {2}port +too large$/m);
    expect(text).toMatch(/^ {2}missingAction +a\/b$/m);
    expect(text).toMatch(/^ {2}status +400$/m);
    expect(text).not.toContain('preconditions');
    expect(text).not.toContain('repeated');
  });
});

describe('the changes of an operation', () => {
  const waiting: Steps = [
    { name: 'One', status: 'waiting' },
    { name: 'Two', status: 'waiting' },
  ];
  const running: Steps = [
    { name: 'One', status: 'succeeded', startedAt: at(0), endedAt: at(2) },
    { name: 'Two', status: 'running', startedAt: at(2), detail: 'a' },
  ];
  const ended = running.map((step): Steps[number] => ({
    ...step,
    status: 'succeeded',
    endedAt: step.endedAt ?? at(9),
  }));
  const texts = (before: OperationReply | undefined, now: OperationReply) =>
    changesSince(before, now).map(({ text }) => text);

  it('are nothing while every step waits', () => {
    expect(texts(undefined, operation('running', waiting))).toEqual([]);
  });

  it('name each step once, with its time', () => {
    const first = operation('running', running);
    expect(texts(operation('running', waiting), first)).toEqual([
      '1 of 2  One: succeeded in 2.00 s',
      '2 of 2  Two: running, a',
    ]);
    expect(texts(first, first)).toEqual([]);
  });

  it('name what a running step does next', () => {
    const next = running.map((step) => (step.status === 'running' ? { ...step, detail: 'b' } : step));
    expect(texts(operation('running', running), operation('running', next))).toEqual([
      '2 of 2  Two: running, b',
    ]);
  });

  it('end with the end', () => {
    expect(changesSince(operation('running', running), operation('succeeded', ended))).toEqual([
      { status: 'succeeded', text: '2 of 2  Two: succeeded in 7.00 s' },
      { status: 'succeeded', text: 'install: succeeded in 9.00 s' },
    ]);
  });

  it('show between two steps how far it is', () => {
    expect(describeRunning(operation('running', waiting))).toBe('install: 50 %');
    expect(describeRunning(operation('running', running))).toBe('2 of 2  Two: running, a');
  });

  it('stand as a table where they are asked for once', () => {
    expect(renderOperation(operation('running', running))).toBe(
      [
        'install m.1: running, 50 %',
        'STEP  NAME  STATUS     TIME    DETAIL',
        '1     One   succeeded  2.00 s',
        '2     Two   running            a',
      ].join('\n'),
    );
  });
});
