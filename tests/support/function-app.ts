import { HttpRequest, type HttpResponseInit, InvocationContext } from '@azure/functions';
import { createCoreRegistry, type FunctionCallback } from '#local/functions-host/worker/core-api.ts';
import { provideCoreModule } from '#local/functions-host/worker/core-module.ts';

const registry = createCoreRegistry({ write() {} });
provideCoreModule(registry.api);
// The library keeps to the first registry that it sees: an engine in this process has to have the same.
Object.assign(globalThis, { [Symbol.for('admin-center.functions-host.registry')]: registry });

export interface HttpFunction {
  name: string;
  route: string;
  methods: string[];
  authLevel: string;
}

/** The HTTP functions that were registered in this process, through the library itself. */
export const httpFunctions = (): HttpFunction[] =>
  [...registry.functions.values()].flatMap(({ metadata }) =>
    Object.values(metadata.bindings)
      .filter(({ type }) => type === 'httpTrigger')
      .map((binding) => ({
        name: metadata.name,
        route: String(binding['route']),
        methods: binding['methods'] as string[],
        authLevel: String(binding['authLevel']),
      })),
  );

export interface HttpCall {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  body?: string | Uint8Array;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: unknown;
  /** What the handler logged, each line with its level. */
  log: string[];
}

const textOf = (body: HttpResponseInit['body']): string | undefined =>
  typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : undefined;

/** Calls a registered function as the worker does; a body brings its Content-Length unless the headers say otherwise. */
export async function callFunction(name: string, call: HttpCall = {}): Promise<HttpAnswer> {
  const { method = 'GET', path = '/', params = {}, body } = call;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const request = new HttpRequest({
    method,
    url: `https://api.test${path}`,
    params,
    headers: Object.fromEntries(
      Object.entries({ ...length, ...call.headers }).filter(([, value]) => value !== ''),
    ),
    ...(body !== undefined && { body: { bytes: Buffer.from(body) } }),
  });
  const log: string[] = [];
  const context = new InvocationContext({
    functionName: name,
    logHandler: (level, ...given) => log.push(`${level} ${given.join(' ')}`),
  });
  const handler: FunctionCallback | undefined = registry.functions.get(name)?.callback;
  if (!handler) throw new Error(`no function ${name}`);
  const answer = (await handler(request, context)) as HttpResponseInit;
  return {
    status: answer.status ?? 200,
    headers: new Headers(answer.headers),
    body: answer.jsonBody ?? textOf(answer.body),
    log,
  };
}

/** Calls a registered function with a message of its trigger. */
export async function deliverMessage(
  name: string,
  message: unknown,
  triggerMetadata: Record<string, string>,
): Promise<void> {
  const handler: FunctionCallback | undefined = registry.functions.get(name)?.callback;
  if (!handler) throw new Error(`no function ${name}`);
  await handler(message, new InvocationContext({ functionName: name, triggerMetadata, logHandler() {} }));
}
