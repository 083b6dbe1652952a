import fc from 'fast-check';
import { clientPayload } from '#local/functions-host/durable/client-payload.ts';
import { createDurableEngine, type DurableEngine } from '#local/functions-host/durable/engine.ts';
import { createManagementApi } from '#local/functions-host/durable/management-api.ts';
import { parseRouteTemplate } from '#local/functions-host/http/route-template.ts';
import { parseSchedule } from '#local/functions-host/timers/ncrontab.ts';
import { createManualClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';

/** Tries so many inputs, drawn from the seed; rejects with the smallest that breaks the parser. */
export type Fuzz = (runs: number, seed: number) => Promise<void>;

const startMs = Date.UTC(2026, 0, 1);

/** Fragments that mean something to the parser, and whatever else: in any order. */
const mixture = (...fragments: string[]) =>
  fc
    .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fragments) }, fc.string({ maxLength: 4 })), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''));

const messageOf = (error: unknown) => (error instanceof Error ? error.message : `no Error: ${String(error)}`);

/** Any template is refused by name, or matches and does not match without ever throwing. */
export const routeTemplates: Fuzz = async (runs, seed) =>
  fc.assert(
    fc.property(
      mixture(
        '/',
        '{id}',
        '{id?}',
        '{',
        '}',
        '{{',
        '}}',
        '{*rest}',
        '{**',
        ':int',
        ':length(2,3)',
        ':regex(',
        '=a',
        '?',
        'a',
        '.',
        '{n:min(1)}',
        '(',
      ),
      mixture('/', 'a', '1', '%', '%2f', '%41', '.', 'things', '\u00e4', '+', '(', '\\'),
      (template, path) => {
        let parsed: ReturnType<typeof parseRouteTemplate>;
        try {
          parsed = parseRouteTemplate(template);
        } catch (error) {
          if (!messageOf(error).startsWith(`route '${template}'`)) throw error;
          return;
        }
        const values = parsed.match(`/${path}`);
        for (const value of Object.values(values ?? {}))
          if (typeof value !== 'string') throw new Error(`a value is ${typeof value}`);
      },
    ),
    { numRuns: runs, seed },
  );

/** Any text is refused as a schedule, or its next time is later than the time that is asked for. */
export const schedules: Fuzz = async (runs, seed) =>
  fc.assert(
    fc.property(
      fc.oneof(
        mixture('0', '*', ' ', '/', '-', ',', '5', '59', '31', 'MON', 'jan', '00:', '1.', 'L', '#', '?', '@'),
        fc
          .array(
            fc.constantFrom('*', '0', '*/7', '1-5', '2,9', '10-2', 'MON', 'FEB', '60', '29', '31', '5/0'),
            {
              minLength: 5,
              maxLength: 6,
            },
          )
          .map((fields) => fields.join(' ')),
      ),
      fc.integer({ min: 0, max: Date.UTC(2090, 0, 1) }),
      (text, afterMs) => {
        try {
          const next = parseSchedule(text, 'UTC').next(afterMs);
          if (!(next > afterMs)) throw new Error(`${next} is not after ${afterMs}`);
        } catch (error) {
          if (!messageOf(error).startsWith(`the schedule '${text}'`)) throw error;
        }
      },
    ),
    { numRuns: runs, seed },
  );

const methods = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'HEAD', 'post');
const managementPath = mixture(
  'instances',
  'orchestrators',
  'entities',
  '/',
  'i1',
  'flow',
  'raiseEvent',
  'terminate',
  'suspend',
  'resume',
  'rewind',
  '%',
  '%2f',
  '%00',
  '@',
  '..',
);
const managementQuery = mixture(
  'taskHub=Hub',
  'taskHub=x',
  '&',
  '=',
  'top=',
  '1',
  '-1',
  'timeout=1',
  'pollingInterval=1',
  'createdTimeFrom=',
  '2026-01-01',
  'runtimeStatus=',
  'Running',
  ',',
  'showHistory=true',
  'showInput=false',
  'instanceIdPrefix=i',
);
const statuses = new Set([200, 202, 400, 404, 405, 409, 410, 500, 501]);

/** Any request of the durable HTTP API is answered, in its own words. */
export const managementRequests: Fuzz = async (runs, seed) => {
  const clock = createManualClock(startMs);
  const engine = createDurableEngine({
    store: openStore(':memory:'),
    clock,
    catalog: { orchestrators: () => ['flow'], activities: () => [] },
    invokeOrchestrator: async () => ({
      isDone: false,
      actions: [[{ actionType: 6, externalEventName: 'go' }]],
    }),
    invokeActivity: async () => null,
  });
  const urls = { origin: 'http://localhost:1', hubName: 'Hub', key: 'k', rpcBaseUrl: 'http://127.0.0.1:2/' };
  const api = createManagementApi(engine, clientPayload(urls), clock);
  engine.start({ name: 'flow', instanceId: 'i1' });
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(
      methods,
      managementPath,
      managementQuery,
      fc.oneof(fc.json(), fc.string()),
      fc.option(fc.oneof(fc.base64String(), fc.string()), { nil: undefined }),
      async (method, path, query, body, continuationToken) => {
        const request = { method, segments: path.split('/'), query: new URLSearchParams(query), body };
        const pending = api({ ...request, continuationToken });
        if (pending instanceof Promise) clock.advance(2_000);
        const { status, body: answer } = await pending;
        if (!statuses.has(status)) throw new Error(`status ${status}`);
        if (answer !== undefined) JSON.stringify(answer);
        // Kept small, so that the last request is as quick as the first.
        if ((tried += 1) % 50 === 0) for (const { id } of engine.select({})) engine.purge(id);
      },
    ),
    { numRuns: runs, seed },
  );
  engine.close();
};

const anyJson = fc.jsonValue({ maxDepth: 2 });
const someName = fc.constantFrom('work', 'flow', 'nobody', '');
const validOptions = fc.record({
  firstRetryIntervalInMilliseconds: fc.constantFrom(1, 0.5, 1e300),
  maxNumberOfAttempts: fc.integer({ min: 1, max: 3 }),
  backoffCoefficient: fc.constantFrom(1, 2, -1, 1e300),
});
const options = fc.record(
  {
    firstRetryIntervalInMilliseconds: fc.oneof(fc.integer(), anyJson),
    maxNumberOfAttempts: fc.oneof(fc.integer({ min: -1, max: 3 }), anyJson),
    backoffCoefficient: fc.oneof(fc.double(), anyJson),
    retryTimeoutInMilliseconds: fc.integer(),
  },
  { requiredKeys: [] },
);
const { action } = fc.letrec<{ action: object }>((tie) => ({
  action: fc.oneof(
    { depthSize: 'small' },
    fc.record(
      {
        actionType: fc.oneof(fc.integer({ min: -1, max: 20 }), anyJson),
        functionName: fc.oneof(someName, anyJson),
        input: anyJson,
        instanceId: fc.oneof(fc.constantFrom('i1', 'child'), anyJson),
        externalEventName: fc.oneof(fc.constant('go'), anyJson),
        fireAt: fc.oneof(fc.constant('2026-01-01T00:00:01.000Z'), anyJson),
        isCanceled: fc.oneof(fc.boolean(), anyJson),
        retryOptions: fc.oneof(validOptions, options, anyJson),
      },
      { requiredKeys: ['actionType'] },
    ),
    fc.record({
      actionType: fc.constantFrom(11, 12),
      compoundActions: fc.array(tie('action'), { maxLength: 3 }),
    }),
  ),
}));
const state = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        isDone: fc.boolean(),
        actions: fc.array(action, { maxLength: 4 }).map((list): unknown => [list]),
        output: anyJson,
        customStatus: anyJson,
      },
      { requiredKeys: ['isDone', 'actions'] },
    ),
  },
  fc.record({ isDone: anyJson, actions: anyJson, error: anyJson }),
  anyJson,
);

/** More generations than this are one that continues as new for ever. */
const longestRun = 12;

/** Whatever an orchestrator returns, the engine goes on: the instance waits, ends, or fails with words. */
export const actionLists: Fuzz = async (runs, seed) => {
  let returned: unknown;
  let isThrown = false;
  let run = 0;
  let errors: string[] = [];
  const clock = createManualClock(startMs);
  const engine: DurableEngine = createDurableEngine({
    store: openStore(':memory:'),
    clock,
    catalog: { orchestrators: () => ['flow'], activities: () => ['work'] },
    async invokeOrchestrator() {
      if ((run += 1) > longestRun) return { isDone: true, actions: [[]] };
      if (isThrown) throw new Error(`false\n\n$OutOfProcData$:${JSON.stringify(returned)}`);
      return returned;
    },
    async invokeActivity() {
      if (run % 2 === 0) throw new Error('not now');
      return null;
    },
    onTrace: ({ event, detail }) => void (event === 'engine-error' && errors.push(detail ?? '')),
  });
  await fc.assert(
    fc.asyncProperty(state, fc.boolean(), async (drawn, drawnThrown) => {
      [returned, isThrown, run, errors] = [drawn, drawnThrown, 0, []];
      engine.start({ name: 'flow', instanceId: 'i1' });
      await engine.idle();
      for (let jumps = 0; jumps < 3 && engine.nextTimer() !== undefined; jumps += 1) {
        clock.advance(86_400_000);
        await engine.idle();
      }
      const status = engine.getStatus('i1')?.status;
      run = longestRun;
      for (const { id } of engine.select({})) engine.purge(id);
      await engine.idle();
      if (errors.length) throw new Error(errors[0]);
      if (status === undefined || status === 'Pending') throw new Error(`it is ${status}`);
    }),
    { numRuns: runs, seed },
  );
  engine.close();
};
