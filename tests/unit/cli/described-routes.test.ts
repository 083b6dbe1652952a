import { beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Api, createApi } from '#cli/api.ts';
import type { RouteDefinition } from '#functions/http/route.ts';
import { environment } from '../../support/memory-ports.ts';
import { readSource, sourceFiles } from '../../support/source-imports.ts';

interface Operation {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  security: object[];
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
}
interface Described extends Operation {
  method: string;
  path: string;
}

/** Routes of people that no command uses, each with why. */
const withoutCommand: Readonly<Record<string, string>> = {
  getEndpoint: '`machine` shows the endpoint with all its services',
  getServiceConfiguration: '`machine` shows it',
};

/** Answers that are texts and no JSON: the description says what the JSON of the same route is. */
const texts = ['getFleetTable'];

/** Everything that each call can say. A call without a line here does not compile. */
const samples: { [K in keyof Api]: Parameters<Api[K]> } = {
  me: [],
  listMachines: [{ search: 'a', state: 'ready', kind: 'arc', skipToken: 'abc' }],
  addMachine: ['/subscriptions/x'],
  getMachine: ['m'],
  getPreconditions: ['m', { direct: '10.0.0.4', port: '1' }],
  install: ['m', { port: 1, keys: 'vault' }],
  getExtension: ['m'],
  repair: ['m'],
  listAddresses: ['m', '1'],
  listOrphans: [],
  uninstall: ['m'],
  putEndpoint: ['m'],
  deleteEndpoint: ['m'],
  putService: ['m', 'SSH', 22],
  deleteService: ['m', 'SSH'],
  getOperation: ['o'],
  cancelOperation: ['o'],
  getCertificate: ['m'],
  renew: ['m', 'machine'],
  revoke: ['m', 'superseded'],
  getForecast: [],
  getEgress: [{ role: 'machine', region: 'westeurope' }],
  startDrill: [{ reason: 'superseded', revoke: true }],
  listDrills: [],
  getDrill: ['d'],
  cancelDrill: ['d'],
  planFleetInstall: [{ select: { resourceIds: ['/subscriptions/x'] } }],
  beginFleetInstall: [{ select: { resourceIds: ['/subscriptions/x'] } }],
  listFleetInstalls: [],
  getFleetInstall: ['f'],
  changeFleetInstall: ['f', 'paused'],
  listFleetMachines: ['f'],
  getFleetReport: ['f'],
  getFleetTable: ['f'],
  connect: ['m', 'WAC'],
  getSession: ['m', 's'],
  listSessions: ['m', { ended: 'true' }],
  listAllSessions: [{ ended: 'true' }],
  revokeSession: ['m', 's'],
  revokeSessions: ['m'],
  explainAccess: ['m', { principal: '00000000-0000-4000-8000-000003000002' }],
  listPeople: ['m'],
  requestLease: [
    'm',
    { minutes: 60, purpose: 'patching', reference: 'CHG-1', notBefore: '2026-01-01T00:00:00Z' },
  ],
  listLeases: ['m'],
  listOwnLeases: [{ waiting: 'true' }],
  getLease: ['m', 'l'],
  decideLease: ['m', 'l', { approve: false, reason: 'frozen' }],
  extendLease: ['m', 'l', { minutes: 30, purpose: 'reboot' }],
  endLease: ['m', 'l'],
  getLeasePolicy: ['m'],
  setLeasePolicy: ['m', { required: true }],
  listAudit: [
    'm',
    {
      action: 'session',
      outcome: 'refused',
      actor: 'a',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00Z',
      top: '5',
      before: '9',
    },
  ],
  verifyAudit: ['m', { sequence: '1', mac: 'a'.repeat(43) }],
  exportAudit: ['m', { format: 'csv', action: 'session', after: '5' }],
  listAuditedMachines: [],
};
const names = Object.keys(samples) as (keyof Api)[];

let described: Described[];
let routes: readonly RouteDefinition[];

beforeAll(async () => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await import('#functions/main.ts');
  const { describeApi } = await import('#functions/http/description.ts');
  const { paths } = JSON.parse(JSON.stringify(describeApi())) as {
    paths: Record<string, Record<string, Operation>>;
  };
  described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, one]) => ({ ...one, path, method: method.toUpperCase() })),
  );
  ({ routes } = await import('#functions/http/route.ts'));
});

interface Sent {
  method: string;
  url: URL;
  schema: z.ZodType;
  body: unknown;
}

/** What a call sends, and how it reads the answer. */
function sentBy(name: keyof Api): Sent {
  const sent: Sent[] = [];
  const api = createApi((method, path, schema, body) => {
    sent.push({ method, url: new URL(path, 'http://api.test'), schema, body });
    return new Promise<never>(() => undefined);
  });
  void (api[name] as (...given: unknown[]) => Promise<unknown>)(...samples[name]);
  const [first] = sent;
  if (!first || sent.length > 1) throw new Error(`${name} sends ${sent.length} requests`);
  return first;
}

const templateOf = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
/** A fixed path goes before one with a parameter, as in the host. */
function findDescribed({ method, url }: Sent): Described | undefined {
  const fitting = described.filter((one) => one.method === method && templateOf(one.path).test(url.pathname));
  return fitting.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

const jsonSchema = (schema: z.ZodType): unknown =>
  JSON.parse(JSON.stringify(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' })));

describe('every call of the command line', () => {
  it.each(names)('%s is described, with everything that it asks', (name) => {
    const sent = sentBy(name);
    const operation = findDescribed(sent);
    expect(operation?.security, `${sent.method} ${sent.url.pathname}`).toEqual([{ entra: [] }]);
    const asked = [...sent.url.searchParams.keys()];
    const known = operation?.parameters.filter((one) => one.in === 'query') ?? [];
    expect(known.map((one) => one.name)).toEqual(expect.arrayContaining(asked));
    expect(asked).toEqual(
      expect.arrayContaining(known.filter(({ required }) => required).map((one) => one.name)),
    );
  });

  it.each(names)('%s sends what the route reads', (name) => {
    const sent = sentBy(name);
    const route = routes.find((one) => one.name === findDescribed(sent)?.operationId);
    const body = route?.body ?? z.undefined();
    expect(body.safeParse(sent.body).error?.issues).toBe(undefined);
    const query = route?.query?.strict() ?? z.strictObject({});
    expect(query.safeParse(Object.fromEntries(sent.url.searchParams)).error?.issues).toBe(undefined);
  });

  it.each(names.filter((name) => !texts.includes(name)))('%s reads the reply that is described', (name) => {
    const sent = sentBy(name);
    const replies = Object.entries(findDescribed(sent)?.responses ?? {})
      .filter(([status]) => status.startsWith('2'))
      .map(([, { content }]) => content?.['application/json']?.schema);
    const distinct = [...new Map(replies.map((reply) => [JSON.stringify(reply), reply])).values()];
    const read = sent.schema instanceof z.ZodUndefined ? undefined : jsonSchema(sent.schema);
    expect(read).toEqual(distinct.length === 1 ? distinct[0] : { anyOf: distinct });
  });

  it('is made by a command', () => {
    const sources = sourceFiles()
      .filter((path) => path.startsWith('cli/') && !path.startsWith('cli/api'))
      .map(readSource)
      .join('\n');
    expect(names.filter((name) => !new RegExp(`\\.${name}\\(`).test(sources))).toEqual([]);
  });
});

describe('every route of people', () => {
  it('has a command, or says why not', () => {
    const called = new Set(names.map((name) => findDescribed(sentBy(name))?.operationId));
    const ofPeople = described.filter(({ security }) => JSON.stringify(security) === '[{"entra":[]}]');
    const ofProxies = routes.filter(({ audience }) => audience === 'proxy').map(({ name }) => name);
    const missing = ofPeople
      .map(({ operationId }) => operationId)
      .filter((name) => !called.has(name) && !ofProxies.includes(name));
    expect(ofPeople.length).toBeGreaterThan(40);
    expect(missing.toSorted()).toEqual(Object.keys(withoutCommand).toSorted());
  });
});
