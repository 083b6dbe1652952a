import fc from 'fast-check';
import { routes } from '#functions/http/route.ts';
import { routeTable } from '#tools/routes/table.ts';
import { type CallerName, callerNames, type RouteRow, verdictOf } from '#tools/routes/who-may-call.ts';
import type { HttpAnswer } from '../function-app.ts';
import { complaintsOf } from '../hostile/complaints.ts';
import { hostileBodies } from './hostile-bodies.ts';
import { openWorld, send, type World } from './world.ts';

/** Requests that share a world: what one changed is there for the next. */
const together = 20;

interface FuzzedRequest {
  row: RouteRow;
  caller: CallerName;
  text?: string | undefined;
  params?: Record<string, string> | undefined;
  query?: string | undefined;
  headers?: Record<string, string> | undefined;
}

const strangeIds = [
  '',
  ' ',
  '\u0000',
  '..',
  '../x',
  '%',
  "'",
  '*',
  'null',
  '__proto__',
  'constructor',
  'A'.repeat(26),
  'a'.repeat(26),
  `${'a'.repeat(26)}.x`,
  'x'.repeat(3000),
];
const strangeId = fc.oneof(fc.constantFrom(...strangeIds), fc.string({ unit: 'binary', maxLength: 30 }));
/** What a header may hold at all. */
const headerText = fc.string({ maxLength: 40 }).map((text) => text.trim());

const headerNames = [
  'if-match',
  'content-type',
  'content-length',
  'x-forwarded-for',
  'accept',
  'transfer-encoding',
];
const strangeHeaders = fc.dictionary(
  fc.constantFrom(...headerNames),
  fc.oneof(
    headerText,
    fc.constantFrom('*', '"1"', 'W/"x"', '-1', '1e9', 'NaN', '99999999999', 'text/plain', 'chunked', '::1'),
  ),
  { maxKeys: 3 },
);

/** Mostly the good one. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>, weight = 5): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const parameterNames = ({ call }: RouteRow): string[] =>
  [...call.matchAll(/\{\*?(\w+)\}/g)].map(([, name = '']) => name);

const queryNames = (known: readonly string[]) =>
  fc.oneof(fc.constantFrom('x', '__proto__', '', ...known), fc.string({ maxLength: 8 }));

function requestsTo(row: RouteRow): fc.Arbitrary<FuzzedRequest> {
  const definition = routes.find(({ name }) => name === row.name);
  const letIn = callerNames.filter((caller) => verdictOf(row, caller) === 'in');
  const known = Object.keys(definition?.query?.shape ?? {});
  const pairs = fc.array(
    fc.tuple(
      queryNames(known),
      fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom('true', '1')),
    ),
    { maxLength: 4 },
  );
  const hasBody = !/^(?:GET|DELETE) /.test(row.call);
  const names = parameterNames(row);
  return fc.record({
    row: fc.constant(row),
    caller: fc.constantFrom(...letIn),
    text: hasBody
      ? fc.oneof({ weight: 9, arbitrary: hostileBodies(definition?.body) }, fc.constant(''))
      : fc.constant(undefined),
    params:
      names.length === 0
        ? fc.constant(undefined)
        : rarely(fc.dictionary(fc.constantFrom(...names), strangeId, { minKeys: 1 })),
    query: rarely(
      pairs.map((all) =>
        new URLSearchParams(
          all.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
        ).toString(),
      ),
      known.length > 0 ? 1 : 6,
    ),
    headers: rarely(strangeHeaders),
  });
}

const asText = (body: unknown): string => (typeof body === 'string' ? body : (JSON.stringify(body) ?? ''));

/** What is wrong with an answer of the app; a handler that logs an error was not ready for what it got. */
function complaintsAbout({ status, headers, body, log }: HttpAnswer): string[] {
  const type = headers.get('content-type') ?? '';
  const errors = log.filter((line) => line.startsWith('error'));
  // Files are refused in a sentence.
  if (status < 300 || (status === 404 && type.startsWith('text/plain'))) return errors;
  return [...complaintsOf({ status, type, headers: {}, text: asText(body) }), ...errors];
}

export interface Told {
  requests: number;
  /** How many were answered with which status. */
  statuses: Map<number, number>;
}

/**
 * Sends so many requests to all routes, drawn from the seed; rejects with the smallest that is answered badly. `spoil`
 * breaks what they stand on.
 */
export async function fuzzRoutes(
  requests: number,
  seed: number,
  spoil: (world: World) => void = () => {},
): Promise<Told> {
  const told: Told = { requests: 0, statuses: new Map() };
  const anyRequest = fc.oneof(...routeTable.map(requestsTo));
  await fc.assert(
    fc.asyncProperty(fc.array(anyRequest, { minLength: together, maxLength: together }), async (all) => {
      const world = await openWorld({ isAlone: true });
      const { home } = world;
      spoil(world);
      for (const { row, caller, text, params, query, headers } of all) {
        const answer = await send(row, caller, home, {
          ...(text !== undefined && { text }),
          ...(params && { params }),
          ...(query !== undefined && { query }),
          ...(headers && { headers }),
        });
        told.requests += 1;
        told.statuses.set(answer.status, (told.statuses.get(answer.status) ?? 0) + 1);
        const complaints = complaintsAbout(answer);
        if (complaints.length > 0) throw new Error(`${row.call} as ${caller}: ${complaints.join('; ')}`);
      }
    }),
    { numRuns: Math.ceil(requests / together), seed, endOnFailure: false },
  );
  return told;
}
