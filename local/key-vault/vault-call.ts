import type { z } from 'zod';
import type { Clock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import type { Issuance } from './issuance.ts';
import type { IssuerStore } from './issuer-store.ts';
import { badParameter } from './vault-error.ts';
import type { Kind, ObjectKey, VaultStore } from './vault-store.ts';

/** One authorised request to one vault. */
export interface VaultCall {
  vault: string;
  /** `https://<vault>.<domain>:<port>`, as the client named it: ids begin with it. */
  baseUrl: string;
  /** What the route's placeholders stand for; `name` was checked. */
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: Buffer;
}

export interface VaultContext {
  store: VaultStore;
  issuers: IssuerStore;
  issuance: Issuance;
  /** Vaults whose deleted objects nobody may purge before their time. */
  protectedVaults: ReadonlySet<string>;
  clock: Clock;
}

type Handler = (context: VaultContext, call: VaultCall) => HttpReply | Promise<HttpReply>;

/** One operation of the service by its name there; without `handle` it is known and refused. */
export interface Route {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `/certificates/{name}/pending`; of two that match, the first in the table wins. */
  path: string;
  operation: string;
  handle?: Handler;
}

export const nowSeconds = ({ clock }: VaultContext) => Math.floor(clock.now() / 1000);

const nameOf = ({ parameters }: VaultCall) => parameters['name'] ?? '';

export const keyOf = <K extends Kind>(call: VaultCall, kind: K): ObjectKey<K> => ({
  vault: call.vault,
  kind,
  name: nameOf(call),
});

/** The body as the schema reads it; what does not fit is a 400 that names the field. */
export function parseBody<T>(call: VaultCall, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(call.body.length ? call.body.toString('utf8') : '{}');
  } catch {
    throw badParameter('The request body is not valid JSON.');
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw badParameter(`Property ${issue?.path.join('.') || '(body)'} has an invalid value: ${issue?.message}`);
}
