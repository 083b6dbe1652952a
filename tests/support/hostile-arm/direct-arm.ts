import { z } from 'zod';
import type { HttpReply } from '#local/kit/http-server.ts';
import { renderArmError } from '#local/resource-manager/arm-error.ts';
import type { ArmService } from '#local/resource-manager/arm-service.ts';
import type { ArmClient, ArmReply, ArmRequest } from '#shared/adapters/azure/arm-client.ts';
import { parseReply } from '#shared/adapters/azure/arm-client.ts';
import { type ArmFailure, armError, isPassing } from '#shared/adapters/azure/arm-error.ts';
import type { Misbehaviour, WrongAnswer } from './misbehaviour.ts';

export interface Hostility {
  /** Names of the calls in their order, each attempt counted: `PUT Microsoft.HybridConnectivity/endpoints`. */
  calls: string[];
  /** What is wrong with this call; nothing where it is undefined. */
  misbehave: ((operation: string, index: number) => Misbehaviour | undefined) | undefined;
}

/** Repeated at once: the waits of the real client are its own matter. */
const attempts = 3;

const failureOf = (answer: WrongAnswer): ArmFailure =>
  answer === 'silence'
    ? { status: undefined, code: 'ETIMEDOUT', message: 'no answer', retryAfterMs: undefined }
    : { message: 'as the test says', retryAfterMs: undefined, ...answer };

const errorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Headers with one value each, as the client's library shows them. */
const headerOf = (reply: HttpReply, name: string): string | undefined => {
  const value = reply.headers?.[name];
  return Array.isArray(value) ? value[0] : value;
};

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** A body as somebody who does not tell the truth has it; undefined where he says that there is none. */
function untrue(body: unknown, tells: string): unknown {
  if (tells === 'absent') return undefined;
  if (tells === 'a list without the last') {
    const { value } = z.object({ value: z.array(z.unknown()) }).parse(body);
    return { value: value.slice(0, -1) };
  }
  const resource = z
    .object({ properties: z.record(z.string(), z.unknown()).optional() })
    .loose()
    .parse(body);
  if (tells === 'Registering') return { ...resource, registrationState: tells };
  return { ...resource, properties: { ...resource.properties, provisioningState: tells } };
}

/** The client of the adapters on the stand-in itself, without a network between them, and with somebody hostile there. */
export function createDirectArm(service: ArmService, hostility: Hostility): ArmClient {
  const ask = async (method: string, url: URL, body: unknown, headers: Record<string, string>) => {
    const request = {
      method,
      url,
      headers: { authorization: 'Bearer app', 'content-type': 'application/json', ...headers },
      body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
    };
    const operation = service.operationOf(request);
    const index = hostility.calls.push(operation) - 1;
    const wrong = hostility.misbehave?.(operation, index);
    if (wrong?.kind === 'refused') return { failure: failureOf(wrong.answer) };
    const reply = await service.handle(request).catch(renderArmError);
    if (wrong?.kind === 'lost') return { failure: failureOf(wrong.answer) };
    const said = reply.status >= 400 ? errorBody.safeParse(reply.body).data?.error : undefined;
    if (reply.status >= 400)
      return {
        failure: {
          status: reply.status,
          code: said?.code ?? '',
          message: said?.message ?? '',
          retryAfterMs: undefined,
        },
      };
    const told = wrong?.kind === 'untrue' ? untrue(reply.body, wrong.tells) : reply.body;
    if (wrong && told === undefined)
      return {
        failure: { status: 404, code: 'ResourceNotFound', message: 'not found', retryAfterMs: undefined },
      };
    const asyncUrl = headerOf(reply, 'azure-asyncoperation');
    const location = headerOf(reply, 'location');
    const answer: ArmReply = {
      status: reply.status,
      body: told,
      etag: headerOf(reply, 'etag'),
      operation: asyncUrl
        ? { url: asyncUrl, style: 'status' }
        : location
          ? { url: location, style: 'result' }
          : undefined,
      retryAfterMs: 0,
    };
    return { answer };
  };

  const perform = async (method: string, url: URL, body?: unknown, headers: Record<string, string> = {}) => {
    for (let attempt = 1; ; attempt += 1) {
      const { answer, failure } = await ask(method, url, body, headers);
      if (answer) return answer;
      const mayRepeat = method !== 'POST' && attempt < attempts && (failure.retryAfterMs ?? 0) <= 2_000;
      if (!mayRepeat || !isPassing(failure)) throw armError(failure, `${method} ${url.pathname}`);
    }
  };

  const send = ({ method, path, apiVersion, query = {}, body, ifMatch, ifNoneMatch }: ArmRequest) => {
    const url = new URL(`https://arm.test${encodePath(path)}`);
    for (const [name, value] of Object.entries({ 'api-version': apiVersion, ...query }))
      url.searchParams.set(name, value);
    return perform(method, url, body, {
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    });
  };
  const get: ArmClient['get'] = async (path, apiVersion, schema, query = {}) => {
    const { body } = await send({ method: 'GET', path, apiVersion, query });
    return parseReply(schema, body, `GET ${path}`);
  };
  return {
    send,
    follow: (url) => perform('GET', new URL(url)),
    get,
    async list(path, apiVersion, item, query = {}) {
      const { value } = await get(path, apiVersion, z.object({ value: z.array(item) }), query);
      return value;
    },
  };
}
