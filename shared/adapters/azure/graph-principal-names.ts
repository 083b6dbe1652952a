import type { TokenCredential } from '@azure/identity';
import type { Client } from '@azure-rest/core-client';
import { z } from 'zod';
import type { NamedPrincipal, PrincipalNames } from '#shared/ports/principal-names.ts';
import { remembered } from './remembered.ts';

export interface GraphPrincipalNamesOptions {
  /** `https://graph.microsoft.com`: also the audience of the tokens. */
  endpoint: string;
  credential: TokenCredential;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** "directoryObject: getByIds" of Microsoft Graph v1.0 takes as many. */
const idsPerCall = 1000;
const callTimeoutMs = 5_000;
const nameFreshMs = 10 * 60_000;
const mostNames = 10_000;
/** After silence nobody waits for it again sooner; a permission is given by hand. */
const restMs = { silent: 30_000, forbidden: 10 * 60_000 };

const directoryObject = z.object({
  '@odata.type': z.string().default(''),
  id: z.string(),
  displayName: z.string().nullish(),
  userPrincipalName: z.string().nullish(),
});
const reply = z.object({ value: z.array(directoryObject) });

const kinds: Readonly<Record<string, NamedPrincipal['kind']>> = {
  '#microsoft.graph.user': 'user',
  '#microsoft.graph.group': 'group',
  '#microsoft.graph.serviceprincipal': 'application',
};

function toPrincipal(found: z.infer<typeof directoryObject>): NamedPrincipal {
  const name = found.userPrincipalName ?? found.displayName;
  return { kind: kinds[found['@odata.type'].toLowerCase()] ?? 'unknown', ...(name && { name }) };
}

class GraphRefusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`Microsoft Graph answered ${status}`);
    this.status = status;
  }
}

/**
 * Names from Microsoft Graph, asked by the app's own identity (`Directory.Read.All`, or `User.Read.All` with
 * `GroupMember.Read.All` and `Application.Read.All`). Names are remembered for ten minutes; whoever is not there is asked
 * for again.
 */
export function createGraphPrincipalNames(options: GraphPrincipalNamesOptions): PrincipalNames {
  const endpoint = options.endpoint.replace(/\/$/, '');
  const { now } = options;
  const names = new Map<string, { readAt: number; principal: NamedPrincipal }>();
  let restUntil = 0;
  const connect = remembered(async (): Promise<Client> => {
    const { getClient } = await import('@azure-rest/core-client');
    return getClient(endpoint, options.credential, {
      credentials: { scopes: [`${endpoint}/.default`] },
      retryOptions: { maxRetries: 0 },
    });
  });

  const keep = (id: string, principal: NamedPrincipal) => {
    names.delete(id);
    names.set(id, { readAt: now(), principal });
    const [oldest] = names.keys();
    if (names.size > mostNames && oldest !== undefined) names.delete(oldest);
  };

  async function ask(ids: readonly string[]): Promise<Map<string, NamedPrincipal>> {
    const client = await connect();
    const { status, body } = await client.pathUnchecked('/v1.0/directoryObjects/getByIds').post({
      body: { ids, types: ['user', 'group', 'servicePrincipal'] },
      contentType: 'application/json',
      timeout: callTimeoutMs,
    });
    if (status !== '200') throw new GraphRefusal(Number(status));
    return new Map(reply.parse(body).value.map((one) => [one.id.toLowerCase(), toPrincipal(one)]));
  }

  return {
    async find(ids) {
      const found = new Map<string, NamedPrincipal>();
      const missing = new Set<string>();
      const open: string[] = [];
      for (const id of new Set(ids.map((one) => one.toLowerCase()))) {
        const known = names.get(id);
        if (known && now() - known.readAt < nameFreshMs) found.set(id, known.principal);
        else open.push(id);
      }
      for (let at = 0; at < open.length && now() >= restUntil; at += idsPerCall) {
        const some = open.slice(at, at + idsPerCall);
        try {
          const answered = await ask(some);
          for (const id of some) {
            const principal = answered.get(id);
            if (principal) {
              keep(id, principal);
              found.set(id, principal);
            } else missing.add(id);
          }
        } catch (error) {
          const isForbidden = error instanceof GraphRefusal && [401, 403].includes(error.status);
          restUntil = now() + (isForbidden ? restMs.forbidden : restMs.silent);
        }
      }
      return { found, missing };
    },
  };
}
