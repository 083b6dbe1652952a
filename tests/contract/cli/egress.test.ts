import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EgressReply } from '#shared/protocol/egress-api.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { runHere } from './run-program.ts';
import { machine, machineId, machineList } from './sample-replies.ts';

const reply = (change: Partial<EgressReply> = {}): EgressReply => ({
  role: 'machine',
  region: null,
  regions: ['westeurope'],
  destinations: [
    {
      role: 'machine',
      host: 'bus.contoso.test',
      port: 443,
      protocol: 'wss',
      why: 'events and reports',
      always: true,
      region: null,
    },
  ],
  outboundRule: null,
  ...change,
});

let api: FakeApi;
beforeEach(async () => {
  api = await startFakeApi({ 'GET /api/egress': { body: reply() } });
});
afterEach(() => api.close());

const run = (...args: string[]) => runHere(args, api.origin);

describe('wacctl egress', () => {
  it('prints a line for each host', async () => {
    const { code, stdout, stderr } = await run('egress');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^machine +bus\.contoso\.test +443 +wss +yes +all +events and reports$/m);
    expect(stdout).not.toContain('outbound rule');
  });

  it('asks for one role and one region', async () => {
    api.routes['GET /api/egress?role=machine&region=westeurope'] = { body: reply({ region: 'westeurope' }) };
    const { code, stdout } = await run('egress', '--role', 'Machine', '--region', 'westeurope', '--json');
    expect({ code, region: JSON.parse(stdout).region }).toEqual({ code: 0, region: 'westeurope' });
  });

  it('requirement 35: prints the outbound rule as its form asks for it', async () => {
    const rule: EgressReply['outboundRule'] = {
      source: 'VirtualNetwork',
      sourcePortRanges: '*',
      destination: 'IP Addresses',
      destinationAddresses: ['20.66.2.0'],
      service: 'HTTPS',
      destinationPorts: [443],
      protocol: 'TCP',
      action: 'Allow',
    };
    api.routes['GET /api/egress'] = { body: reply({ outboundRule: rule }) };
    const { stdout } = await run('egress');
    expect(stdout).toMatch(
      /^source +VirtualNetwork\nsource ports +\*\ndestination +IP Addresses: 20\.66\.2\.0$/m,
    );
    expect(stdout).toMatch(/^service +HTTPS, TCP 443\naction +Allow$/m);
  });

  it('sends nothing for what is no role', async () => {
    const { code, stderr } = await run('egress', '--role', 'printer');
    expect(code).toBe(2);
    expect(stderr).toContain('--role must be one of machine, workstation, control-plane');
    expect(api.requests).toEqual([]);
  });
});

describe('wacctl machine', () => {
  it('requirement 114: has a line for each host that the machine does not reach', async () => {
    const unreachable = [
      { host: 'bus.test:443', reason: 'it refuses the connection' },
      { host: 'relay.test:443', reason: 'no answer within 5 s' },
    ];
    const { presence, ...rest } = machine();
    const body = { ...rest, presence: { ...presence, unreachable } };
    api.routes['GET /api/machines'] = { body: machineList([body]) };
    api.routes[`GET /api/machines/${machineId}`] = { body };
    const { stdout } = await run('machine', machineId);
    expect(stdout).toMatch(/^not reached +bus\.test:443: it refuses the connection$/m);
    expect(stdout).toMatch(/^not reached +relay\.test:443: no answer within 5 s$/m);
  });
});
