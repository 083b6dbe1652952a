import type { TokenCredential } from '@azure/identity';
import type { Client } from '@azure-rest/core-client';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { type ArmFailure, armError, asArmFailure, readRetryAfter, toArmError } from './arm-error.ts';
import { retrying } from './arm-retry.ts';
import { remembered } from './remembered.ts';

export interface ArmClientOptions {
  /** `https://management.azure.com`. */
  endpoint: string;
  /** What tokens are asked for; a final slash does not matter. */
  audience: string;
  credential: TokenCredential;
}

type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';

export interface ArmRequest {
  method: Method;
  /** Resource id, collection or action; segments are encoded here. */
  path: string;
  apiVersion: string;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  /** An ETag, or `*`. */
  ifMatch?: string;
  ifNoneMatch?: string;
}

export interface ArmReply {
  status: number;
  body: unknown;
  etag: string | undefined;
  /** Where a long-running operation is followed, if the reply began one. */
  operation: { url: string; style: 'status' | 'result' } | undefined;
  retryAfterMs: number | undefined;
}

/**
 * Azure Resource Manager by resource id and api-version. Replies with 400 and above are thrown as
 * `resource_manager_unavailable`, `resource_manager_refused` or `provider_not_registered`, with `armStatus`,
 * `armCode` and `armMessage` in the facts.
 */
export interface ArmClient {
  send(request: ArmRequest): Promise<ArmReply>;
  /** GET of an absolute URL that ARM gave; refused when it is not ARM's own origin. */
  follow(url: string): Promise<ArmReply>;
  get<T>(path: string, apiVersion: string, schema: z.ZodType<T>, query?: Record<string, string>): Promise<T>;
  /** All pages. */
  list<T>(path: string, apiVersion: string, item: z.ZodType<T>, query?: Record<string, string>): Promise<T[]>;
}

/** The reply in the shape that was asked for; another shape is ARM's fault, not the caller's. */
export function parseReply<T>(schema: z.ZodType<T>, body: unknown, doing: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new AppError('resource_manager_refused', `${doing}: the reply has another shape`, {
    facts: { armMessage: z.prettifyError(parsed.error) },
  });
}

/** ARM's envelope, and the flat form of Azure DNS. */
const errorBody = z.union([
  z
    .object({ error: z.object({ code: z.string(), message: z.string().default('') }) })
    .transform(({ error }) => error),
  z.object({ code: z.string(), message: z.string().default('') }),
]);

function failureIn(reply: ArmReply): ArmFailure | undefined {
  if (reply.status < 400) return undefined;
  const { code = '', message = '' } = errorBody.safeParse(reply.body).data ?? {};
  return { status: reply.status, code, message, retryAfterMs: reply.retryAfterMs };
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function toReply(reply: { status: string; headers: Record<string, string>; body?: unknown }): ArmReply {
  const { headers } = reply;
  const asyncUrl = headers['azure-asyncoperation'];
  const location = headers['location'];
  return {
    status: Number(reply.status),
    body: reply.body,
    etag: headers['etag'],
    operation: asyncUrl
      ? { url: asyncUrl, style: 'status' }
      : location
        ? { url: location, style: 'result' }
        : undefined,
    retryAfterMs: readRetryAfter((name) => headers[name]),
  };
}

export function createArmClient(options: ArmClientOptions): ArmClient {
  const endpoint = options.endpoint.replace(/\/$/, '');
  const connect = remembered(async (): Promise<Client> => {
    const { getClient } = await import('@azure-rest/core-client');
    return getClient(endpoint, options.credential, {
      credentials: { scopes: [`${options.audience.replace(/\/$/, '')}/.default`] },
      // Repetition is ours (`arm-retry.ts`): the pipeline would wait for any Retry-After, however long.
      retryOptions: { maxRetries: 0 },
    });
  });

  const perform = async (
    doing: string,
    isRepeatable: boolean,
    call: (client: Client) => Promise<ArmReply>,
  ) => {
    const attempt = async () => call(await connect());
    try {
      const reply = await (isRepeatable
        ? retrying(attempt, (outcome) =>
            outcome.status === 'fulfilled' ? failureIn(outcome.value) : asArmFailure(outcome.reason),
          )
        : attempt());
      const failure = failureIn(reply);
      if (failure) throw armError(failure, doing);
      return reply;
    } catch (error) {
      throw toArmError(error, doing);
    }
  };

  const send: ArmClient['send'] = ({ method, path, apiVersion, query, body, ifMatch, ifNoneMatch }) =>
    perform(`${method} ${path}`, method !== 'POST', async (client) => {
      const verb = method.toLowerCase() as Lowercase<Method>;
      const reply = await client.pathUnchecked(encodePath(path))[verb]({
        queryParameters: { 'api-version': apiVersion, ...query },
        headers: {
          ...(ifMatch !== undefined && { 'if-match': ifMatch }),
          ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
        },
        ...(body !== undefined && { body, contentType: 'application/json' }),
      });
      return toReply(reply);
    });

  const follow: ArmClient['follow'] = async (url) => {
    // The token must not go to a host that a reply names.
    if (new URL(url).origin !== new URL(endpoint).origin)
      throw new AppError('resource_manager_refused', `the reply points away from ${endpoint}`, {
        facts: { url },
      });
    return perform(`GET ${url}`, true, async (client) => toReply(await client.pathUnchecked(url).get()));
  };

  return {
    send,
    follow,
    async get(path, apiVersion, schema, query = {}) {
      const { body } = await send({ method: 'GET', path, apiVersion, query });
      return parseReply(schema, body, `GET ${path}`);
    },
    async list(path, apiVersion, item, query = {}) {
      const page = z.object({ value: z.array(item), nextLink: z.string().nullish() });
      let reply = await send({ method: 'GET', path, apiVersion, query });
      const items = [];
      for (;;) {
        const { value, nextLink } = parseReply(page, reply.body, `GET ${path}`);
        items.push(...value);
        if (!nextLink) return items;
        reply = await follow(nextLink);
      }
    },
  };
}
