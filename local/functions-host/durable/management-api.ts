import type { Clock } from '../../kit/clock.ts';
import { type ClientPayload, instanceLinks } from './client-payload.ts';
import type { DurableEngine } from './engine.ts';
import { type InstanceRecord, isFinished } from './instance.ts';
import { DurableRequestError } from './instance-id.ts';
import type { InstanceQuery } from './instance-store.ts';
import { statusBody } from './status-body.ts';

export interface ManagementRequest {
  method: string;
  /** The path below the API's prefix, split at slashes and not yet decoded. */
  segments: readonly string[];
  query: URLSearchParams;
  body: string;
  continuationToken: string | undefined;
}

export interface ManagementReply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** At once, but for a start that waits for the end. */
type Answer = ManagementReply | Promise<ManagementReply>;

const pageSize = 100;
const secondMs = 1_000;
const continuationHeader = 'x-ms-continuation-token';

/** The extension's names; this host knows instances of some of them alone, and finds none of the others. */
const extensionStatuses = new Map<string, string>(
  ['Pending', 'Running', 'Suspended', 'Completed', 'Failed', 'Terminated', 'Canceled', 'ContinuedAsNew'].map(
    (status) => [status.toLowerCase(), status],
  ),
);

/** Where a page ended, so that the next one begins behind it whatever was added or purged meanwhile. */
const tokenOf = ({ createdMs, id }: InstanceRecord) =>
  Buffer.from(JSON.stringify([createdMs, id])).toString('base64url');

function positionOf(token: string): { createdMs: number; id: string } {
  try {
    const [createdMs, id] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (Number.isSafeInteger(createdMs) && typeof id === 'string')
      return { createdMs: Number(createdMs), id };
  } catch {
    // Not one of ours, like one of another shape.
  }
  throw new DurableRequestError(400, 'The continuation token is not one of this host.');
}

const refuse = (status: number, Message: string): ManagementReply => ({ status, body: { Message } });

/** The HTTP API of the durable extension: what the durable client calls and what management URLs point at. */
export function createManagementApi(engine: DurableEngine, payload: ClientPayload, clock: Clock) {
  function json(body: string): string | null {
    if (body === '') return null;
    try {
      JSON.parse(body);
    } catch {
      throw new DurableRequestError(400, 'The body is not JSON.');
    }
    return body;
  }

  function start(name: string, instanceId: string | undefined, request: ManagementRequest) {
    const waitMs = waitOf(request.query);
    const version = request.query.get('version') ?? '';
    const id = engine.start({ name, instanceId, input: json(request.body), version });
    const links = instanceLinks(payload, id);
    const headers = { location: links['statusQueryGetUri'] ?? '', 'retry-after': '10' };
    const started: ManagementReply = { status: 202, headers, body: links };
    return waitMs === undefined ? started : answerWithin(id, waitMs, started);
  }

  /** How long a start waits for the end; the extension ignores one of the two without the other, so it is refused. */
  function waitOf(query: URLSearchParams): number | undefined {
    const ms = (name: string) => Number(query.get(name) || Number.NaN) * secondMs;
    const [timeoutMs, intervalMs] = [ms('timeout'), ms('pollingInterval')];
    if (!query.has('timeout') && !query.has('pollingInterval')) return undefined;
    if (!(timeoutMs > 0) || !(intervalMs > 0))
      throw new DurableRequestError(400, 'timeout and pollingInterval go together, in seconds above 0.');
    if (intervalMs > timeoutMs)
      throw new DurableRequestError(400, 'Total timeout should be bigger than retry timeout.');
    return timeoutMs;
  }

  /** The end is told when it comes: an engine that knows it need not be asked at intervals. */
  async function answerWithin(id: string, waitMs: number, otherwise: ManagementReply) {
    let cancel = () => {};
    const late = new Promise<undefined>((resolve) => {
      cancel = clock.at(clock.now() + waitMs, () => resolve(undefined));
    });
    const ended = await Promise.race([engine.whenFinished(id), late]);
    cancel();
    if (!ended) return otherwise;
    const body = statusBody(ended, { showInput: true, history: undefined, showHistoryOutput: false });
    if (ended.status === 'Completed') return { status: 200, body: body['output'] };
    return { status: ended.status === 'Failed' ? 500 : 200, body };
  }

  function status(record: InstanceRecord, query: URLSearchParams): ManagementReply {
    const flag = (name: string, fallback: boolean) =>
      query.has(name) ? query.get(name)?.toLowerCase() === 'true' : fallback;
    const body = statusBody(record, {
      showInput: flag('showInput', true),
      history: flag('showHistory', false) ? engine.history(record.id) : undefined,
      showHistoryOutput: flag('showHistoryOutput', false),
    });
    if (record.status === 'Failed' && flag('returnInternalServerErrorOnFailure', false))
      return { status: 500, body };
    if (isFinished(record.status)) return { status: 200, body };
    const location = instanceLinks(payload, record.id)['statusQueryGetUri'] ?? '';
    return { status: 202, headers: { location, 'retry-after': '5' }, body };
  }

  function selection(query: URLSearchParams): InstanceQuery {
    const time = (name: string) => {
      const text = query.get(name);
      if (!text) return undefined;
      const ms = Date.parse(text);
      if (Number.isNaN(ms)) throw new DurableRequestError(400, `${name} is not a time.`);
      return ms;
    };
    const [createdFromMs, createdToMs] = [time('createdTimeFrom'), time('createdTimeTo')];
    const wanted = query.get('runtimeStatus')?.toLowerCase().split(',').filter(Boolean) ?? [];
    const unknown = wanted.find((text) => !extensionStatuses.has(text));
    if (unknown !== undefined) throw new DurableRequestError(400, `'${unknown}' is no runtime status.`);
    return {
      ...(createdFromMs !== undefined && { createdFromMs }),
      ...(createdToMs !== undefined && { createdToMs }),
      statuses: wanted.flatMap((text) => extensionStatuses.get(text) ?? []),
      idPrefix: query.get('instanceIdPrefix') ?? '',
    };
  }

  function list({ query, continuationToken }: ManagementRequest): ManagementReply {
    const showInput = query.get('showInput')?.toLowerCase() === 'true';
    const top = Number(query.get('top') ?? pageSize);
    if (!Number.isInteger(top) || top < 1) return refuse(400, 'top must be a whole number above 0.');
    const after = continuationToken ? positionOf(continuationToken) : undefined;
    // One more than asked for says whether there is more.
    const found = engine.select({ ...selection(query), limit: top + 1, ...(after && { after }) });
    const page = found.slice(0, top);
    const last = page.at(-1);
    const body = page.map((record) =>
      statusBody(record, { showInput, history: undefined, showHistoryOutput: false }),
    );
    return {
      status: 200,
      ...(last && found.length > top && { headers: { [continuationHeader]: tokenOf(last) } }),
      body,
    };
  }

  function purgeAll({ query }: ManagementRequest): ManagementReply {
    if (!query.has('createdTimeFrom'))
      return refuse(400, "Please provide value for 'createdTimeFrom' parameter.");
    const found = engine.select(selection(query)).filter(({ status }) => isFinished(status));
    for (const { id } of found) engine.purge(id);
    return found.length
      ? { status: 200, body: { instancesDeleted: found.length } }
      : refuse(404, 'No instance matches.');
  }

  function operate(id: string, operation: string, detail: string | undefined, request: ManagementRequest) {
    const reason = request.query.get('reason');
    switch (operation.toLowerCase()) {
      case 'raiseevent':
        if (detail === undefined) return refuse(404, 'The event has no name.');
        engine.raiseEvent(id, detail, json(request.body));
        return { status: 202 };
      case 'terminate':
        engine.terminate(id, reason);
        return { status: 202 };
      case 'suspend':
        engine.suspend(id, reason);
        return { status: 202 };
      case 'resume':
        engine.resume(id, reason);
        return { status: 202 };
      case 'rewind':
      case 'restart':
        return refuse(501, `The embedded host does not implement ${operation}.`);
      default:
        return refuse(404, `There is no operation '${operation}'.`);
    }
  }

  function route(request: ManagementRequest): Answer {
    const { method, query } = request;
    const [collection, first, second, third] = request.segments.map((part) => decodeURIComponent(part));
    const hub = query.get('taskHub');
    if (hub && hub.toLowerCase() !== payload.taskHubName.toLowerCase())
      return refuse(400, `This host serves the task hub '${payload.taskHubName}' alone.`);
    if (collection === 'entities') return refuse(501, 'The embedded host does not implement entities.');
    if (collection === 'orchestrators' && method === 'POST' && first)
      return start(first, second || undefined, request);
    if (collection !== 'instances') return refuse(404, 'There is no such resource.');
    if (!first) {
      if (method === 'GET') return list(request);
      return method === 'DELETE' ? purgeAll(request) : refuse(405, 'Only GET and DELETE are served here.');
    }
    if (second && method === 'POST') return operate(first, second, third, request);
    if (second) return refuse(404, 'There is no such resource.');
    if (method === 'DELETE')
      return engine.purge(first)
        ? { status: 200, body: { instancesDeleted: 1 } }
        : refuse(404, `No instance with ID '${first}' was found.`);
    const record = engine.getStatus(first);
    if (!record) return refuse(404, `No instance with ID '${first}' was found.`);
    return method === 'GET' ? status(record, query) : refuse(405, 'Only GET and DELETE are served here.');
  }

  return (request: ManagementRequest): Answer => {
    try {
      return route(request);
    } catch (error) {
      if (error instanceof DurableRequestError) return refuse(error.status, error.message);
      if (error instanceof URIError) return refuse(400, 'The path is not well-formed.');
      throw error;
    }
  };
}

export type ManagementApi = ReturnType<typeof createManagementApi>;
