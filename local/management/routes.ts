import { z } from 'zod';
import type { HttpReply, HttpRequest } from '#local/kit/http-server.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { operationsOf, parseFault, requireOperation } from './fault-body.ts';
import { ManagementError } from './management-error.ts';
import { type ClockStatus, serviceStatus, tablesOf } from './status.ts';
import type { TimeMachine } from './time-machine.ts';

export interface Managed {
  standIns: readonly StandIn[];
  /** Absent where the clock is the system's. */
  timeMachine?: TimeMachine | undefined;
}

const tenYearsMs = 315_360_000_000;
const advanceBody = z.strictObject({ ms: z.int().min(0).max(tenYearsMs) });
const seedBody = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
});

function parseBody<T>(schema: z.ZodType<T>, request: HttpRequest): T {
  const parsed = schema.safeParse(jsonOf(request));
  if (!parsed.success) throw new ManagementError(400, 'InvalidBody', z.prettifyError(parsed.error));
  return parsed.data;
}

function jsonOf(request: HttpRequest): unknown {
  try {
    return JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new ManagementError(400, 'InvalidBody', 'the body is not JSON');
  }
}

const ok = (body: object): HttpReply => ({ status: 200, body });

function clockStatus({ timeMachine }: Managed): ClockStatus {
  const offsetMs = timeMachine?.clock.offsetMs() ?? 0;
  return {
    mode: timeMachine ? 'manual' : 'system',
    now: new Date(Date.now() + offsetMs).toISOString(),
    offsetMs,
    followers: timeMachine?.followers() ?? 0,
  };
}

const statusOf = (managed: Managed) => ({
  clock: clockStatus(managed),
  services: managed.standIns.map((standIn) => ({ ...serviceStatus(standIn), tables: tablesOf(standIn) })),
});

const callsOf = ({ standIns }: Managed) =>
  Object.fromEntries(standIns.map(({ name, calls }) => [name, calls.all()]));

const faultsOf = ({ standIns }: Managed) =>
  Object.fromEntries(
    standIns.map((standIn) => [
      standIn.name,
      {
        kinds: standIn.faultKinds ?? [],
        operations: operationsOf(standIn),
        set: Object.fromEntries(standIn.faults.list()),
      },
    ]),
  );

function standInOf({ standIns }: Managed, name: string): StandIn {
  const found = standIns.find((standIn) => standIn.name === name);
  if (found) return found;
  const names = standIns.map((standIn) => standIn.name).join(', ');
  throw new ManagementError(404, 'UnknownStandIn', `there is no stand-in ${name}; there are ${names}`);
}

async function advance(managed: Managed, request: HttpRequest): Promise<HttpReply> {
  const { ms } = parseBody(advanceBody, request);
  if (!managed.timeMachine)
    throw new ManagementError(409, 'ClockIsSystem', 'this clock is the system’s; start with --clock manual');
  const { followed } = await managed.timeMachine.advance(ms);
  return ok({ ...clockStatus(managed), followed });
}

type Route = (managed: Managed, request: HttpRequest) => HttpReply | Promise<HttpReply>;

const routes: Readonly<Record<string, Route>> = {
  'GET /status': (managed) => ok(statusOf(managed)),
  'GET /calls': (managed) => ok(callsOf(managed)),
  'POST /calls/reset': (managed) => {
    for (const { calls } of managed.standIns) calls.reset();
    return ok(callsOf(managed));
  },
  'GET /faults': (managed) => ok(faultsOf(managed)),
  'DELETE /faults': (managed) => {
    for (const { faults } of managed.standIns) faults.clear();
    return ok(faultsOf(managed));
  },
  'PUT /faults/seed': (managed, request) => {
    const { seed } = parseBody(seedBody, request);
    for (const { faults } of managed.standIns) faults.seed(seed);
    return ok({ seed });
  },
  'GET /clock': (managed) => ok(clockStatus(managed)),
  'POST /clock/advance': advance,
};

/** `PUT` and `DELETE /faults/{standIn}/{operation}`; an operation may hold a slash, written %2F. */
function oneFault(managed: Managed, request: HttpRequest, name: string, operation: string): HttpReply {
  const standIn = standInOf(managed, name);
  requireOperation(standIn, operation);
  if (request.method === 'PUT') {
    const fault = parseFault(standIn, jsonOf(request));
    standIn.faults.set(operation, fault);
    return ok(fault);
  }
  standIn.faults.clear(operation);
  return { status: 204 };
}

/** The management API behind its door: the caller's token has been checked. */
export async function answerManagement(managed: Managed, request: HttpRequest): Promise<HttpReply> {
  const { pathname } = request.url;
  const route = routes[`${request.method} ${pathname}`];
  if (route) return route(managed, request);
  const [, name, operation] = /^\/faults\/([^/]+)\/([^/]+)$/.exec(pathname) ?? [];
  if (name !== undefined && operation !== undefined && ['PUT', 'DELETE'].includes(request.method))
    return oneFault(managed, request, decode(name), decode(operation));
  throw new ManagementError(
    404,
    'UnknownRoute',
    `${request.method} ${pathname} is none of: ${Object.keys(routes).join(', ')}, PUT and DELETE /faults/{standIn}/{operation}`,
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ManagementError(400, 'InvalidPath', `${text} is not percent-encoded text`);
  }
}
