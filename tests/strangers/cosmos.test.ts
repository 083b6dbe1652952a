import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cosmos, createCosmos } from '#local/cosmos/server.ts';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { requirePrograms } from '../support/programs.ts';
import { python, requirePythonModules } from '../support/python-modules.ts';
import { failureOf, runProgram } from './run-program.ts';

/** The key and the signature of https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources. */
const documented = {
  key: 'dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==',
  date: 'Thu, 27 Apr 2017 00:51:12 GMT',
  authorization: 'type%3dmaster%26ver%3d1.0%26sig%3dc09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu%2bc%2bc%3d',
};
const hasCurl = requirePrograms('curl against cosmos', [{ program: 'curl', debianPackage: 'curl' }]);
const hasRequests = requirePythonModules('requests against cosmos', [
  { module: 'requests', debianPackage: 'python3-requests' },
]);
const hasSdk = requirePythonModules('the Python SDK against cosmos', [
  { module: 'azure.cosmos', debianPackage: 'python3-azure-cosmos' },
]);

let cosmos: Cosmos;
let folder: string;
let caFile: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cosmos-strangers-'));
  caFile = join(folder, 'root.pem');
  const root = await createLocalRoot(Date.now());
  writeFileSync(caFile, root.cert);
  cosmos = await createCosmos({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    tls: await issueServerIdentity(root, ['cosmos.localhost'], Date.now()),
    verifyToken: () => Promise.reject(new Error('there are no tokens here')),
    masterKey: documented.key,
  });
});
afterAll(async () => {
  await cosmos.close();
  rmSync(folder, { recursive: true });
});
const endpoint = () => `https://cosmos.localhost:${cosmos.port}`;

describe.skipIf(!hasCurl)('curl', () => {
  const curl = async (path: string, headers: Record<string, string>, ...args: string[]) => {
    const { output } = await runProgram('curl', [
      '--silent',
      '--show-error',
      '--cacert',
      caFile,
      '--write-out',
      '\n%{http_code}',
      '--resolve',
      `cosmos.localhost:${cosmos.port}:127.0.0.1`,
      ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ...args,
      `${endpoint()}${path}`,
    ]);
    const [, body = '', status] = /^([\s\S]*)\n(\d+)$/.exec(output) ?? [];
    return { status: Number(status), body: JSON.parse(body) as Record<string, unknown> };
  };
  const common = { 'x-ms-date': documented.date, 'x-ms-version': '2018-12-31' };

  it('reads a database with the signature that the documentation computes', async () => {
    const text = `post\ndbs\n\n${documented.date.toLowerCase()}\n\n`;
    const signature = createHmac('sha256', Buffer.from(documented.key, 'base64'))
      .update(text)
      .digest('base64');
    const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
    const create = await curl('/dbs', { ...common, authorization }, '--data', '{"id":"ToDoList"}');
    expect(create).toMatchObject({ status: 201, body: { id: 'ToDoList' } });
    const headers = { ...common, authorization: documented.authorization };
    expect(await curl('/dbs/ToDoList', headers)).toMatchObject({ status: 200, body: { id: 'ToDoList' } });
  });

  it('is refused with 401 for another resource than the one that was signed', async () => {
    const headers = { ...common, authorization: documented.authorization };
    expect(await curl('/dbs/Other', headers)).toMatchObject({ status: 401, body: { code: 'Unauthorized' } });
  });
});

describe('Python', () => {
  const run = async (program: string): Promise<unknown> => {
    const result = await runProgram(
      python,
      ['-B', '-W', 'ignore', fileURLToPath(new URL(program, import.meta.url))],
      { COSMOS_ENDPOINT: endpoint(), COSMOS_KEY: documented.key, REQUESTS_CA_BUNDLE: caFile },
    );
    expect(failureOf(result)).toBeUndefined();
    return JSON.parse(result.output);
  };

  it.skipIf(!hasRequests)('sends the documented examples with requests', async () => {
    expect(await run('./cosmos-requests.py')).toEqual({
      'create database': 201,
      'get database': 'volcanodb',
      'create collection': 201,
      'create document': 201,
      again: [201, 'Conflict'],
      'get document': true,
      'not modified': 304,
      replace: 200,
      'replace a stale one': 412,
      query: ['AndersenFamily'],
      patch: '98101',
      delete: 204,
      gone: 'NotFound',
    });
  });

  it.skipIf(!hasSdk)('works with the SDK of Debian', async () => {
    expect(await run('./cosmos-sdk.py')).toEqual({
      read: 3,
      feed: 7,
      'one partition': [1, 3, 5],
      ordered: [6, 5, 4, 3, 2, 1, 0],
      parameters: ['i5', 'i6'],
      upsert: 100,
      stale: 412,
      changes: 7,
      left: 6,
    });
  });
});
