import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registerEgress } from '#functions/http/egress.ts';
import { readSettings } from '#functions/settings.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { egressReply } from '#shared/protocol/egress-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createMemoryPorts, environment, type MemoryPorts, tenantId } from '../../support/memory-ports.ts';

let memory: MemoryPorts;

beforeAll(() => registerEgress(() => memory.ports));

beforeEach(() => {
  memory = createMemoryPorts(createManualClock(Date.parse('2026-11-01T00:00:00.000Z')));
  memory.callers.set('someone', {
    id: 'someone',
    name: 'a@example.test',
    tenantId,
    isApplication: false,
    roles: [],
  });
});

/** As if the deployment had these settings beside the usual ones. */
const configure = (settings: Record<string, string>): void => {
  memory.ports.settings = readSettings({ ...environment, ...settings });
};

const ask = (query = '', token: string | undefined = 'someone') =>
  callFunction('getEgress', {
    path: `/api/egress${query}`,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  });

describe('GET /api/egress', () => {
  it('is for those who are signed in', async () => {
    const { status, body } = await ask('', '');
    expect({ status, body }).toEqual({ status: 401, body: expect.stringContaining('token_missing') });
  });

  it('requirement 29: answers every role from the running configuration', async () => {
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(egressReply.parse(body)).toEqual(body);
    const { destinations } = egressReply.parse(body);
    expect(destinations.filter(({ role }) => role === 'machine').map(({ host }) => host)).toEqual([
      'api.test',
      'bus.test',
      'relay.test',
    ]);
    expect([...new Set(destinations.map(({ role }) => role))]).toEqual([
      'machine',
      'workstation',
      'control-plane',
    ]);
  });

  it('C9: answers one role, and the names of one region', async () => {
    configure({ ADMIN_CENTER_PLATFORM_HOSTS: 'pas.test, westeurope=n-west.test, eastus=n-east.test:8443' });
    const { body } = await ask('?role=machine&region=eastus');
    const { destinations, ...rest } = egressReply.parse(body);
    expect(rest).toMatchObject({ role: 'machine', region: 'eastus', regions: ['eastus', 'westeurope'] });
    expect(destinations.map(({ host, port }) => `${host}:${port}`)).toEqual([
      'api.test:443',
      'bus.test:443',
      'relay.test:443',
      'pas.test:443',
      'n-east.test:8443',
    ]);
  });

  it('requirements 34 and 35: has the rule with the addresses that are configured, and none without', async () => {
    expect((await ask()).body).toMatchObject({ outboundRule: null });
    configure({ ADMIN_CENTER_SERVICE_ADDRESSES: '20.66.2.0, 192.0.2.0/24' });
    expect((await ask('?role=workstation')).body).toMatchObject({
      outboundRule: {
        source: 'VirtualNetwork',
        sourcePortRanges: '*',
        destination: 'IP Addresses',
        destinationAddresses: ['20.66.2.0', '192.0.2.0/24'],
        service: 'HTTPS',
        action: 'Allow',
      },
    });
  });

  it.each([
    ['?role=nobody', 'role'],
    ['?region=atlantis', 'region'],
    ['?region=East%20US', 'region'],
    ['?role=machine&role=workstation', 'role'],
    ['?zone=1', 'zone'],
  ])('refuses %s and names the field', async (query, field) => {
    const { status, body } = await ask(query);
    const problem = JSON.parse(String(body)) as { code: string; errors: { field: string }[] };
    expect({ status, code: problem.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(problem.errors.map((error) => error.field)).toEqual([field]);
  });

  it('knows the regions that are served, though no host is of one of them alone', async () => {
    configure({ ADMIN_CENTER_REGIONS: 'West Europe, eastus' });
    const { status, body } = await ask('?region=westeurope');
    expect({ status, body }).toMatchObject({ status: 200, body: { regions: ['eastus', 'westeurope'] } });
  });

  it('tells which regions there are where the one that was asked for is none of them', async () => {
    configure({ ADMIN_CENTER_PLATFORM_HOSTS: 'eastus=n-east.test' });
    expect(String((await ask('?region=westeurope')).body)).toContain('one of eastus');
  });
});

describe('the settings of what is reached', () => {
  it.each([
    ['ADMIN_CENTER_SERVICE_ADDRESSES', '20.66.2.0/40'],
    ['ADMIN_CENTER_SERVICE_ADDRESSES', 'service.test'],
    ['ADMIN_CENTER_PLATFORM_HOSTS', '*.servicebus.windows.net'],
    ['ADMIN_CENTER_PLATFORM_HOSTS', 'a.test:70000'],
  ])('%s is refused when it is %s', (name, value) => {
    expect(() => readSettings({ ...environment, [name]: value })).toThrow(name);
  });
});
