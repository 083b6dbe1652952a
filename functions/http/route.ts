import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import { z } from 'zod';
import { AppError, toAppError } from '#shared/domain/error.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { type Admission, admit, refusalOf } from './admission.ts';
import { recordRefusal } from './audit-refusals.ts';
import type { Caller } from './authorization.ts';
import { repeatedMember } from './json-text.ts';
import { problemOf } from './problem-details.ts';

/** Bytes. A body of this API is no larger than a page of text, unless its route says so. */
const pageBytes = 64 * 1024;

export interface RouteCall<B> {
  request: HttpRequest;
  ports: AppPorts;
  body: B;
  /** The bytes of the body, for callers that sign them. */
  bytes: Uint8Array;
  parameter(name: string): string;
  /** Throws unless the route's audience is `user`. */
  caller: Caller;
  durable(): DurableClient;
  log: InvocationContext;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** Checked against the route's schema by the tests, sent as JSON. */
  body?: object;
  /** Sent as it is, with the content type of `headers`, instead of a body. */
  text?: string;
}

export interface RouteDefinition<B extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType>
  extends Admission {
  /** Function name: unique, and among the routes that match a request the first by alphabet would win. */
  name: string;
  /** From the root, with `{parameter}`. */
  route: string;
  summary: string;
  body?: B;
  maximumBodyBytes?: number;
  /** Parameters behind the question mark, all texts; the handler reads them with `readQuery`. */
  query?: z.ZodObject;
  /** Replies by status. */
  replies: Readonly<Record<number, R | undefined>>;
}

/** Every JSON route that was registered: the API's description is made from this. */
export const routes: RouteDefinition[] = [];

async function readBody<B extends z.ZodType>(
  request: HttpRequest,
  { body: schema, maximumBodyBytes = pageBytes }: RouteDefinition<B>,
): Promise<{ body: z.output<B>; bytes: Uint8Array }> {
  const nothing = { body: undefined as z.output<B>, bytes: new Uint8Array() };
  const mayCarry = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'DELETE';
  if (!mayCarry) return nothing;
  const length = request.headers.get('content-length');
  if (length === null) {
    if (schema || request.headers.has('transfer-encoding'))
      throw new AppError('length_required', 'Content-Length is missing');
    return nothing;
  }
  if (Number(length) > maximumBodyBytes) {
    throw new AppError(
      'body_too_large',
      `the body has ${Number(length)} bytes; at most ${maximumBodyBytes} are read`,
    );
  }
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.length > maximumBodyBytes)
    throw new AppError('body_too_large', `at most ${maximumBodyBytes} bytes are read`);
  if (!schema) return { ...nothing, bytes };
  const type = request.headers.get('content-type') ?? 'application/json';
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    throw new AppError('unsupported_media_type', `the body is ${type}`);
  }
  return { body: parseBody(schema, bytes), bytes };
}

export const refuseFields = (errors: { field: string; message: string }[]): AppError =>
  new AppError('invalid_request', errors.map(({ field, message }) => `${field}: ${message}`).join('; '), {
    facts: { errors },
  });

/** An empty body counts as `{}`: fields that are needed are then named one by one. */
function parseBody<B extends z.ZodType>(schema: B, bytes: Uint8Array): z.output<B> {
  let value: unknown;
  let repeated: string | undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = text.trim() === '' ? {} : JSON.parse(text);
    repeated = repeatedMember(text);
  } catch {
    throw refuseFields([{ field: '(body)', message: 'is not JSON in UTF-8' }]);
  }
  if (repeated !== undefined) throw refuseFields([{ field: repeated, message: 'is there twice' }]);
  return parseFields(schema, value);
}

/** A parameter that is given twice is no text, and refused as such. */
export function readQuery<Q extends z.ZodObject>(schema: Q, request: HttpRequest): z.output<Q> {
  const names = new Set(request.query.keys());
  const given = [...names].map((name) => {
    const values = request.query.getAll(name);
    return [name, values.length === 1 ? values[0] : values];
  });
  return parseFields(schema, Object.fromEntries(given));
}

function parseFields<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuseFields(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            field: [...issue.path, key].join('.'),
            message: 'is not a field of this request',
          }))
        : [{ field: issue.path.join('.') || '(body)', message: issue.message }],
    ),
  );
}

/** Who misspells a question is told so before anything else; whoever watches from outside may ask in any way. */
function refuseQuestions({ audience, query }: RouteDefinition, request: HttpRequest): void {
  if (audience !== 'anonymous') readQuery((query ?? z.object({})).strict(), request);
}

/** Who has changed something, or failed halfway, sees it when he asks next. */
async function changed<T>(ports: AppPorts, route: RouteDefinition, handle: () => Promise<T>): Promise<T> {
  try {
    return await handle();
  } finally {
    if (route.audience === 'user' && route.method !== 'GET') ports.machines.forget();
  }
}

const durableInput = input.durableClient();

/** One request, to its reply: identity first, then the limit of calls, then the question and the body. */
async function serve<B extends z.ZodType>(
  definition: RouteDefinition<B>,
  handle: (call: RouteCall<z.output<B>>) => Promise<Reply>,
  ports: AppPorts,
  request: HttpRequest,
  log: InvocationContext,
): Promise<Reply> {
  const caller = await admit(definition, request, ports);
  refuseQuestions(definition, request);
  const { body, bytes } = await readBody(request, definition);
  const parameter = (name: string) => request.params[name] ?? '';
  const durable = () => getClient(log);
  const call = { request, ports, caller, body, bytes, parameter, durable, log };
  return changed(ports, definition, () => handle(call));
}

/** Registers one JSON route: identity, bounded and parsed body, errors as problems. */
export function defineRoute<B extends z.ZodType>(
  provider: PortsProvider,
  definition: RouteDefinition<B>,
  handle: (call: RouteCall<z.output<B>>) => Promise<Reply>,
): void {
  routes.push(definition);
  app.http(definition.name, {
    methods: [definition.method],
    route: definition.route,
    authLevel: 'anonymous',
    extraInputs: [durableInput],
    handler: async (request, context): Promise<HttpResponseInit> => {
      try {
        const ports = provider();
        const reply = await serve(definition, handle, ports, request, context).catch((caught: unknown) => {
          throw refusalOf(toAppError(caught), request, ports);
        });
        return {
          status: reply.status ?? 200,
          headers: { 'cache-control': 'no-store', ...reply.headers },
          ...(reply.body !== undefined && { jsonBody: reply.body }),
          ...(reply.text !== undefined && { body: reply.text }),
        };
      } catch (caught) {
        const error = toAppError(caught);
        await recordRefusal(definition, { request, provider, log: context }, error);
        const { response, instance } = problemOf(error);
        const line = `${definition.name} ${error.code} ${instance}`;
        if (error.code === 'internal_error') context.error(line, error.cause ?? error);
        else context.info(`${line} ${error.message}`);
        return response;
      }
    },
  });
}
