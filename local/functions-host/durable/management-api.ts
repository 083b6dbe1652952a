import { type ClientPayload, instanceLinks } from './client-payload.ts';
import type { DurableEngine } from './engine.ts';
import { type InstanceRecord, isFinished } from './instance.ts';
import { DurableRequestError } from './instance-id.ts';
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

const pageSize = 100;
const continuationHeader = 'x-ms-continuation-token';

const refuse = (status: number, Message: string): ManagementReply => ({ status, body: { Message } });

/** The HTTP API of the durable extension: what the durable client calls and what management URLs point at. */
export function createManagementApi(engine: DurableEngine, payload: ClientPayload) {
  function json(body: string): string | null {
    if (body === '') return null;
    try {
      JSON.parse(body);
    } catch {
      throw new DurableRequestError(400, 'The body is not JSON.');
    }
    return body;
  }

  function start(name: string, instanceId: string | undefined, request: ManagementRequest): ManagementReply {
    const version = request.query.get('version') ?? '';
    const id = engine.start({ name, instanceId, input: json(request.body), version });
    const links = instanceLinks(payload, id);
    const headers = { location: links['statusQueryGetUri'] ?? '', 'retry-after': '10' };
    return { status: 202, headers, body: links };
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

  function select(query: URLSearchParams): InstanceRecord[] {
    const time = (name: string, fallback: number) => {
      const text = query.get(name);
      if (!text) return fallback;
      const ms = Date.parse(text);
      if (Number.isNaN(ms)) throw new DurableRequestError(400, `${name} is not a time.`);
      return ms;
    };
    const from = time('createdTimeFrom', Number.NEGATIVE_INFINITY);
    const to = time('createdTimeTo', Number.POSITIVE_INFINITY);
    const statuses = query.get('runtimeStatus')?.toLowerCase().split(',').filter(Boolean);
    const prefix = query.get('instanceIdPrefix') ?? '';
    return engine
      .list()
      .filter(
        ({ id, createdMs, status: runtimeStatus }) =>
          createdMs >= from &&
          createdMs <= to &&
          id.startsWith(prefix) &&
          (!statuses?.length || statuses.includes(runtimeStatus.toLowerCase())),
      );
  }

  function list({ query, continuationToken }: ManagementRequest): ManagementReply {
    const showInput = query.get('showInput')?.toLowerCase() === 'true';
    const skip = Number(continuationToken ?? 0);
    const top = Number(query.get('top') ?? pageSize);
    if (!Number.isInteger(skip) || skip < 0 || !Number.isInteger(top) || top < 1)
      return refuse(400, 'top and the continuation token must be whole numbers.');
    const found = select(query);
    const body = found
      .slice(skip, skip + top)
      .map((record) => statusBody(record, { showInput, history: undefined, showHistoryOutput: false }));
    const isMore = skip + top < found.length;
    return { status: 200, ...(isMore && { headers: { [continuationHeader]: String(skip + top) } }), body };
  }

  function purgeAll({ query }: ManagementRequest): ManagementReply {
    if (!query.has('createdTimeFrom'))
      return refuse(400, "Please provide value for 'createdTimeFrom' parameter.");
    const finished = select(query).filter(({ status: runtimeStatus }) => isFinished(runtimeStatus));
    for (const { id } of finished) engine.purge(id);
    return finished.length
      ? { status: 200, body: { instancesDeleted: finished.length } }
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

  function route(request: ManagementRequest): ManagementReply {
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

  return (request: ManagementRequest): ManagementReply => {
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
