import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOf, fieldsOf } from '../support/hostile/complaints.ts';
import { sendRaw } from '../support/hostile/raw-request.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

/** Letters of the other case each second time; a resource id means the same. */
const inOtherCase = (text: string): string =>
  [...text.matchAll(/./gs)].map(([one], at) => (at % 2 ? one.toUpperCase() : one.toLowerCase())).join('');

describe('ids and ETags that others wrote', () => {
  let system: SystemUnderTest;
  let token = '';
  let resourceId = '';
  let machineId = '';

  async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await sendRaw(system.baseUrl, {
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const value = answer.text ? (JSON.parse(answer.text) as Record<string, unknown>) : {};
    return { ...answer, value, complaints: complaintsOf(answer) };
  }
  const add = (id: string) => call('POST', '/api/machines', { resourceId: id });
  const etagOf = async (path = `/api/machines/${machineId}`) =>
    String((await call('GET', path)).headers['etag']);

  beforeAll(async () => {
    system = await startSystem();
    const administrator = await system.as('Administrator');
    ({ token } = administrator);
    ({ resourceId } = machineAt(system, 0));
    ({ machineId } = await installOn(administrator, machineAt(system, 0)));
  });
  afterAll(() => system?.stop());

  it.each<[string, (id: string) => string]>([
    ['lower case', (id) => id.toLowerCase()],
    ['upper case', (id) => id.toUpperCase()],
    ['a case of its own', inOtherCase],
    ['lower case with a slash after it', (id) => `${id.toLowerCase()}/`],
  ])('a resource id in %s is the same machine, never a second one', async (_, write) => {
    const answers = await Promise.all([add(write(resourceId)), add(resourceId), add(write(resourceId))]);
    expect(answers.map(({ status, value }) => [status, value['id']])).toEqual(
      Array.from({ length: 3 }, () => [200, machineId]),
    );
    const { value } = (await call('GET', '/api/machines')).value as { value: { id: string }[] };
    expect(value.filter(({ id }) => id === machineId)).toHaveLength(1);
  });

  it('two machines that are added at once in two cases are one', async () => {
    const { resourceId: second } = machineAt(system, 1);
    const answers = await Promise.all([add(second), add(inOtherCase(second)), add(second.toUpperCase())]);
    expect(answers.flatMap(({ complaints }) => complaints)).toEqual([]);
    expect(new Set(answers.map(({ value }) => value['id'])).size).toBe(1);
  });

  it('our id in another case is that machine or none', async () => {
    const { status, value, complaints } = await call('GET', `/api/machines/${machineId.toUpperCase()}`);
    expect(complaints).toEqual([]);
    expect(status === 404 || value['id'] === machineId).toBe(true);
  });

  it('a slash at the end of an address changes nothing', async () => {
    expect((await call('GET', `/api/machines/${machineId}/`)).value['id']).toBe(machineId);
  });

  it.each<[string, (id: string) => string]>([
    ['is empty', () => ''],
    ['has no slash before it', (id) => id.slice(1)],
    [
      'is of another kind',
      (id) => id.replace(/Microsoft\.HybridCompute\/machines/i, 'Microsoft.Storage/storageAccounts'),
    ],
    ['is of a part of a machine', (id) => `${id}/extensions/AdminCenter`],
    ['climbs', (id) => id.replace('/providers/', '/../../providers/')],
    ['climbs in escapes', (id) => id.replace('/providers/', '/%2e%2e/providers/')],
    ['has a question', (id) => `${id}?api-version=2023-03-15`],
    ['has a fragment', (id) => `${id}#x`],
    ['has a NUL', (id) => `${id}\u0000`],
    ['has a line break', (id) => id.replace('/providers/', '/\r\nproviders/')],
    ['has a surrogate', (id) => `${id}\ud800`],
    ['has a name of blanks', (id) => id.replace(/[^/]+$/, ' ')],
    ['has a name of dots', (id) => id.replace(/[^/]+$/, '..')],
    ['has no subscription', (id) => id.replace(/^\/subscriptions\/[^/]+/, '')],
    [
      'has a subscription that is no GUID',
      (id) => id.replace(/^\/subscriptions\/[^/]+/, '/subscriptions/mine'),
    ],
    ['is an address', (id) => `https://management.azure.com${id}`],
    ['is of a tenant', () => '/providers/Microsoft.Management/managementGroups/all'],
    ['is too long', (id) => id + 'x'.repeat(600)],
  ])('a resource id that %s is a 400 that names the field, or no machine', async (_, write) => {
    const answer = await add(write(resourceId));
    expect(answer.complaints).toEqual([]);
    expect([answer.status, fieldsOf(answer)]).toBeOneOf([
      [400, ['resourceId']],
      [404, []],
    ]);
  });

  it.each([
    ['subscription', /^\/subscriptions\/[^/]+/, '/subscriptions/00000000-0000-4000-8000-0000000000ff'],
    ['resource group', /resourceGroups\/[^/]+/i, 'resourceGroups/of-others'],
    ['machine', /[^/]+$/, 'of-others'],
  ])('a %s of others is a 404, as if unknown', async (_, part, other) => {
    const answer = await add(resourceId.replace(part, other));
    expect(answer.complaints).toEqual([]);
    expect(answer.value).toMatchObject({ status: 404, code: 'machine_not_found' });
  });

  it.each(['"stale"', 'W/"stale"', '', '"', 'x'.repeat(4_000), '"a", "b"'])(
    'If-Match %j is no ETag of this machine: nothing is written',
    async (tag) => {
      const before = await etagOf();
      const answer = await call('PUT', `/api/machines/${machineId}/endpoint`, undefined, {
        'if-match': tag,
        'content-length': '0',
      });
      expect(answer.complaints).toEqual([]);
      expect([400, 412]).toContain(answer.status);
      expect(await etagOf()).toBe(before);
    },
  );

  it.each([
    ['the endpoint', 'endpoint', { properties: { type: 'default' } }],
    [
      'a service configuration',
      'endpoint/serviceConfigurations/SSH',
      { properties: { serviceName: 'SSH', port: 22 } },
    ],
    ['the extension', 'extension', { port: 6516 }],
  ])('of parallel writes of %s with one ETag one is done, the others are a 412', async (_, part, body) => {
    const path = `/api/machines/${machineId}/${part}`;
    const ifMatch = { 'if-match': await etagOf() };
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('PUT', path, body, ifMatch)));
    expect(answers.flatMap(({ complaints }) => complaints)).toEqual([]);
    expect(answers.map(({ status }) => (status < 300 ? 'done' : String(status))).toSorted()).toEqual([
      ...Array.from({ length: 5 }, () => '412'),
      'done',
    ]);
    expect((await call('PUT', path, body, ifMatch)).status).toBe(412);
  });
});
