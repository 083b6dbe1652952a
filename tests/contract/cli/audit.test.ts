import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sampleRecord } from './access-samples.ts';
import { type FakeApi, problem, startFakeApi } from './fake-api.ts';
import { runHere } from './run-program.ts';
import { machine, machineId, machineList, resourceId } from './sample-replies.ts';

const path = `/api/machines/${machineId}`;
let api: FakeApi;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  api = await startFakeApi({
    'GET /api/machines': { body: machineList([machine()]) },
    [`GET ${path}`]: { body: machine() },
    'GET /api/audit/machines': { body: { value: [{ machineId, name: 'server-01', resourceId }] } },
  });
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);
const asked = () => api.requests.map(({ line }) => line).filter((line) => !line.includes('/api/machines?'));

describe('wacctl audit', () => {
  const file = (name: string) => join(folder, name);
  const head = { sequence: 9, mac: 'h'.repeat(43), at: '2026-01-01T08:30:00.000Z' };
  const intact = { intact: true, records: 9, head };

  it('finds a machine for an auditor, who need not see it', async () => {
    api.routes['GET /api/machines'] = { body: machineList([]) };
    api.routes[`GET ${path}/audit`] = { body: { value: [sampleRecord()] } };
    const { code, stdout } = await run(
      'audit',
      'list',
      'SERVER-01',
      '--outcome',
      'allowed',
      '--from',
      '2026-01-01',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /\n7 +2026-01-01 08:30 +operator@sample\.localhost +session open +allowed +192\.0\.2\.7 +WAC abcdefghijklmnop\n$/,
    );
    expect(asked()).toEqual([
      'GET /api/audit/machines',
      `GET ${path}/audit?outcome=allowed&from=2026-01-01T00%3A00%3A00.000Z&top=50`,
    ]);
  });

  it('goes on over a page that is empty while there is more, up to the limit', async () => {
    api.routes[`GET ${path}/audit`] = [
      { body: { value: [sampleRecord()], nextLink: `${path}/audit?before=5000&top=3` } },
      { body: { value: [], nextLink: `${path}/audit?before=4000&top=2` } },
      {
        body: {
          value: [sampleRecord({ sequence: 3 }), sampleRecord({ sequence: 2 })],
          nextLink: `${path}/audit?before=2`,
        },
      },
    ];
    const { stdout, stderr } = await run('audit', 'list', machineId, '--limit', '3');
    expect(stdout.trim().split('\n')).toHaveLength(4);
    expect(asked().map((line) => line.split('?')[1])).toEqual([
      'top=3',
      'top=2&before=5000',
      'top=2&before=4000',
    ]);
    expect(stderr).toContain('There are older ones');
  });

  it('verify ends with 0 and notes the head, which the next one hands in', async () => {
    api.routes[`GET ${path}/audit/verify`] = { body: intact };
    const noted = file('noted.head');
    expect((await run('audit', 'verify', machineId, '--output', noted)).stdout).toContain(
      'intact: 9 records',
    );
    expect(statSync(noted).mode & 0o777).toBe(0o600);
    expect((await run('audit', 'verify', machineId, '--since', noted)).code).toBe(0);
    expect(asked().at(-1)).toBe(`GET ${path}/audit/verify?sequence=9&mac=${head.mac}`);
  });

  it('verify ends with 6 where the chain does not hold, says where, and notes nothing', async () => {
    const broken = { sequence: 4, why: 'rolled_back', detail: 'record 9 is not there' };
    api.routes[`GET ${path}/audit/verify`] = { body: { ...intact, intact: false, broken } };
    const noted = file('never.head');
    const { code, stdout, stderr } = await run('audit', 'verify', machineId, '--json', '--output', noted);
    expect(code).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({ intact: false, broken });
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'audit_not_intact',
      detail: expect.stringContaining('record 4'),
    });
    expect(readdirSync(folder)).not.toContain('never.head');
  });

  const lines = [sampleRecord({ sequence: 8 }), sampleRecord()].map((one) => `${JSON.stringify(one)}\n`);
  const csv = `sequence,detail,mac\r\n7,"a, ""b""\nc",'-${'m'.repeat(42)}\r\n`;

  it.each([
    ['JSON lines', lines.join(''), 7, 'm'.repeat(43)],
    ['CSV', csv, 7, `-${'m'.repeat(42)}`],
    ['a saved answer of the record alone', lines[1] ?? '', 7, 'm'.repeat(43)],
  ])('verify reads the head from %s', async (name, text, sequence, mac) => {
    api.routes[`GET ${path}/audit/verify`] = { body: intact };
    const since = file(`since-${name}`);
    writeFileSync(since, text);
    expect((await run('audit', 'verify', machineId, '--since', since)).code).toBe(0);
    expect(asked()).toEqual([`GET ${path}/audit/verify?sequence=${sequence}&mac=${mac}`]);
  });

  it.each([
    ['nothing', ''],
    ['no record', 'hello\n'],
    ['another machine', JSON.stringify({ machineId: 'z'.repeat(26), head })],
    ['a record without a mac', JSON.stringify({ sequence: 3 })],
  ])('verify asks nothing with a note of %s', async (name, text) => {
    const since = file(`bad-${name}`);
    writeFileSync(since, text);
    const { code, stderr } = await run('audit', 'verify', machineId, '--since', since);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('audit_note_unreadable'),
    });
    expect(asked()).toEqual([]);
  });

  const parts = () => [
    {
      headers: {
        'content-type': 'application/x-ndjson',
        link: `<${path}/audit/export?format=jsonl&after=5000>; rel="next"`,
      },
      body: lines[0],
    },
    { headers: { 'content-type': 'application/x-ndjson' }, body: lines[1] },
  ];

  it('export puts its parts together, on standard output or in a file', async () => {
    api.routes[`GET ${path}/audit/export`] = parts();
    expect((await run('audit', 'export', machineId)).stdout).toBe(lines.join(''));
    api.routes[`GET ${path}/audit/export`] = parts();
    const target = file('whole.jsonl');
    expect((await run('audit', 'export', machineId, '--output', target)).stdout).toBe(
      `written to ${target}\n`,
    );
    expect(readFileSync(target, 'utf8')).toBe(lines.join(''));
    expect(asked().slice(-1)).toEqual([`GET ${path}/audit/export?format=jsonl&after=5000`]);
  });

  it('export leaves no half of a file behind', async () => {
    const [first = {}] = parts();
    api.routes[`GET ${path}/audit/export`] = [first, { status: 503, body: problem({ status: 503 }) }];
    const before = readdirSync(folder);
    expect((await run('audit', 'export', machineId, '--output', file('half.jsonl'))).code).toBe(1);
    expect(readdirSync(folder)).toEqual(before);
    api.routes[`GET ${path}/audit/export`] = { headers: { 'content-type': 'text/csv' }, body: csv };
    const { code, stderr } = await run(
      'audit',
      'export',
      machineId,
      '--format',
      'csv',
      '--output',
      file('no/such/folder.csv'),
    );
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('file_not_written') });
  });
});
