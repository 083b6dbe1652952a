import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOutput } from '#cli/output.ts';
import { formatBytes } from '#cli/text/bytes.ts';
import { renderTable } from '#cli/text/columns.ts';
import { formatMinutes } from '#cli/text/duration.ts';
import { formatClock } from '#cli/text/moment.ts';
import { cutToWidth, padToWidth, widthOf } from '#cli/text/width.ts';
import { wrapWords } from '#cli/text/wrap.ts';

describe('the width of a text', () => {
  it.each([
    ['server-01', 9],
    ['サーバー', 8],
    ['ｻｰﾊﾞｰ', 5],
    ['서버', 4],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['', 0],
  ])('is what a terminal needs: %s', (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(padToWidth(text, 12))).toBe(12);
  });

  it('is kept when a text is cut, and no character is cut in two', () => {
    expect(cutToWidth('サーバー室', 7)).toBe('サーバ…');
    expect(cutToWidth('サーバー室', 6)).toBe('サー…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
        expect(widthOf(cutToWidth(text, width))).toBeLessThanOrEqual(Math.max(width, 0));
      }),
    );
  });
});

describe('a table on a terminal', () => {
  const rows = [
    ['サーバー-01', 'abcdefghijklmnop', 'a sentence that goes on for quite a while, as sentences do', 'x'],
    ['a-name-that-is-longer-than-anybody-would-give-to-a-machine', 'bcdefghijklmnopq', 'short', 'y'],
  ];
  const headings = ['name', 'id', 'sentence', 'spare'];
  const draw = (room: number | undefined) =>
    renderTable(headings, rows, { room, whole: ['id'], spare: ['spare'] }).split('\n');

  it.each([60, 80, 120])('of %d columns fits, with what is copied left whole', (room) => {
    const lines = draw(room);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(room);
    expect(lines[1]).toContain('abcdefghijklmnop');
    expect(lines[2]).toContain('a-name-tha');
  });

  it('stands in columns whatever the width of its names is', () => {
    const at = (line = '') => widthOf(line.slice(0, line.search(/[abc]{1,3}[a-q]{13,}/)));
    const [, one, two] = draw(80);
    expect(at(one)).toBe(at(two));
  });

  it('leaves out what can be spared before it cuts', () => {
    const few = renderTable(['a', 'spare'], [['aaaaaaaaaa', 'bbbbbbbbbb']], { room: 15, spare: ['spare'] });
    expect(few).toBe('A\naaaaaaaaaa');
  });

  it('is whole on a pipe', () => {
    expect(draw(undefined).join('\n')).toContain('as sentences do');
    expect(draw(undefined)[0]).toContain('SPARE');
  });

  it('of a thousand rows has a thousand and one lines', () => {
    const many = Array.from({ length: 1000 }, (_, at) => [`server-${at}`, 'x'.repeat(at % 90)]);
    expect(renderTable(['name', 'x'], many, { room: 80 }).split('\n')).toHaveLength(1001);
  });

  it('without rows is its headings', () => {
    expect(renderTable(['a', 'b'], [])).toBe('A  B');
  });
});

it('words are wrapped behind their indent, and on a pipe not at all', () => {
  const text = 'one two three four five six seven eight nine ten';
  expect(wrapWords(text, '    ', 34)).toEqual([
    '    one two three four five six',
    '    seven eight nine ten',
  ]);
  expect(wrapWords(text, '    ', undefined)).toEqual([`    ${text}`]);
  expect(wrapWords('x'.repeat(80), '', 40)).toEqual(['x'.repeat(80)]);
});

it('sizes, lengths and times are short', () => {
  expect([0, 1023, 1024, 5 * 2 ** 30].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '5.0 GiB']);
  expect([0, 59, 60, 90, 1440].map(formatMinutes)).toEqual(['0 min', '59 min', '1 h', '1 h 30 min', '24 h']);
  const now = Date.parse('2026-01-02T09:00:00Z');
  expect(formatClock('2026-01-02T08:30:00.000Z', now)).toBe('08:30 UTC');
  expect(formatClock('2026-01-01T08:30:00.000Z', now)).toBe('2026-01-01 08:30 UTC');
});

describe('what is written', () => {
  const write = (change: { isTTY?: boolean; env?: Record<string, string>; isQuiet?: boolean }) => {
    let stdout = '';
    let stderr = '';
    const output = createOutput({
      stdout: { write: (text) => (stdout += text), isTTY: change.isTTY },
      stderr: { write: (text) => (stderr += text), isTTY: change.isTTY },
      env: change.env ?? {},
      isJson: false,
      isQuiet: change.isQuiet ?? false,
    });
    output.live('working');
    output.note('a remark');
    output.result({}, () => output.paint('good', 'done'));
    return { stdout, stderr };
  };

  it('has colours and a line that moves on a terminal alone', () => {
    expect(write({ isTTY: true }).stdout).toContain('\x1b[32mdone');
    expect(write({ isTTY: true }).stdout).toContain('working');
    expect(write({})).toEqual({ stdout: 'done\n', stderr: 'a remark\n' });
  });

  it('has no colours with NO_COLOR', () => {
    expect(write({ isTTY: true, env: { NO_COLOR: '1' } }).stdout).not.toContain('\x1b[32m');
  });

  it('is the result alone when quiet', () => {
    expect(write({ isTTY: true, isQuiet: true, env: { NO_COLOR: '1' } })).toEqual({
      stdout: 'done\n',
      stderr: '',
    });
  });
});
