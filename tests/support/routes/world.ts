import { createManualClock } from '#local/kit/clock.ts';
import type { CallerName, RouteRow } from '#tools/routes/who-may-call.ts';
import { callFunction, type HttpAnswer } from '../function-app.ts';
import { createMemoryPorts, type MemoryPorts, subscriptionId, tenantId } from '../memory-ports.ts';
import { standOn } from './app.ts';
import { agentKey, authorizationOf, grantRoles, idOfCaller, proxyIdentity, verifierAt } from './callers.ts';
import { addEstate, type Estate, estateOf } from './estate.ts';
import { type RouteRequest, requestTo } from './requests.ts';

const start = Date.UTC(2026, 9, 1, 12);
const foreignTenant = '00000000-0000-4000-8000-00000000000b';
const foreignSubscription = '00000000-0000-4000-8000-00000000000f';

export interface World {
  memory: MemoryPorts;
  /** That of the tenant whose tokens are accepted, and one of another tenant with the same kinds of objects. */
  home: Estate;
  foreign: Estate;
}

/** Requests without a limit: what is counted is another test's. */
const unlimited = { take() {} };

/** `isAlone` leaves the foreign estate out: quicker, where nothing is to be found in it. */
export async function openWorld({ isAlone = false } = {}): Promise<World> {
  const clock = createManualClock(start);
  const memory = createMemoryPorts(clock);
  const home = estateOf('a', tenantId, subscriptionId);
  const foreign = estateOf('b', foreignTenant, foreignSubscription);
  memory.ports.callers = verifierAt(memory.ports.now);
  memory.ports.limits = unlimited;
  memory.ports.settings = {
    ...memory.ports.settings,
    ADMIN_CENTER_PROXY_PRINCIPALS: [proxyIdentity],
    ADMIN_CENTER_AGENT_PACKAGE_DIRECTORY: 'tests/fixtures/agent-package',
  };
  memory.ports.resources = {
    ...memory.ports.resources,
    tenantOf: async (id) => (id === foreignSubscription ? foreignTenant : tenantId),
  };
  // The same people hold the same roles there, as far as Azure Resource Manager says: their tenant is the difference.
  grantRoles(memory, [home.subscriptionId, foreign.subscriptionId]);
  if (!isAlone) await addEstate(memory, foreign, { id: idOfCaller('connecter'), name: 'person-b' }, agentKey);
  await addEstate(memory, home, { id: idOfCaller('connecter'), name: 'connecter@example.test' }, agentKey);
  standOn(memory.ports);
  return { memory, home, foreign };
}

const withParameters = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replace(/\{\*?(\w+)\}/g, (_, name: string) => encodeURIComponent((params[name] ?? '').toWellFormed()));

/** Sends this request to a route as this caller; without one a good one about the estate's objects. */
export async function send(
  { name, call }: Pick<RouteRow, 'name' | 'call'>,
  caller: CallerName,
  estate: Estate,
  changes: RouteRequest & { headers?: Record<string, string>; text?: string } = {},
): Promise<HttpAnswer> {
  const [method = 'GET', template = '/'] = call.split(' ');
  const good = requestTo(name, estate, caller);
  const params = { ...good.params, ...changes.params };
  const query = changes.query ?? good.query;
  const path = `${withParameters(template, params)}${query === '' ? '' : `?${query}`}`;
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const text = hasBody ? (changes.text ?? JSON.stringify(changes.body ?? good.body)) : '';
  const authorization = await authorizationOf(caller, start / 1000, estate.machineId, {
    method,
    path,
    body: text,
  });
  return callFunction(name, {
    method,
    path,
    params,
    headers: { ...(authorization !== undefined && { authorization }), ...changes.headers },
    ...(hasBody && { body: text }),
  });
}
