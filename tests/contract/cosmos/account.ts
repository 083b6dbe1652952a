import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import tls from 'node:tls';
import {
  type Container,
  type ContainerDefinition,
  CosmosClient,
  type CosmosClientOptions,
} from '@azure/cosmos';
import { exportJWK, SignJWT } from 'jose';
import { type Cosmos, createCosmos } from '#local/cosmos/server.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier, type TokenClaims } from '#local/kit/tokens.ts';

export const masterKey = Buffer.from('a key for tests, which opens nothing').toString('base64');
const issuer = 'https://sts.windows.net/00000000-0000-4000-8000-00000000000a/';
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let identity: Promise<TlsIdentity> | undefined;

/** One certificate for all accounts of a test file, trusted by its process. */
async function trustedIdentity(): Promise<TlsIdentity> {
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  return issueServerIdentity(root, ['cosmos.localhost', '*.cosmos.localhost'], Date.now());
}

export interface Account {
  cosmos: Cosmos;
  clock: ManualClock;
  endpoint: string;
  store: DatabaseSync;
  client(options?: Partial<CosmosClientOptions>): CosmosClient;
  /** A client that signs in with a token, and the scopes that it asked for. */
  tokenClient(token: TokenOptions): { client: CosmosClient; scopes: string[] };
  close(): Promise<void>;
}

export interface AccountOptions {
  file?: string;
  mayUse?(claims: TokenClaims): boolean;
}

export interface TokenOptions {
  audience?: string;
  expiresInSeconds?: number;
  signedByStranger?: boolean;
  /** Refuses the first scope as Entra does for a resource that it does not know. */
  knowsAccount?: boolean;
}

export async function openAccount({ file = ':memory:', mayUse }: AccountOptions = {}): Promise<Account> {
  identity ??= trustedIdentity();
  const clock = createManualClock(Date.now());
  const store = openStore(file);
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256' };
  const verifyToken = createTokenVerifier({ keys: () => ({ keys: [jwk] }), issuers: [issuer], clock });
  const cosmos = await createCosmos({
    clock,
    store,
    port: 0,
    tls: await identity,
    verifyToken,
    masterKey,
    ...(mayUse && { mayUse }),
  });
  const endpoint = `https://cosmos.localhost:${cosmos.port}`;
  const connectionPolicy = { enableEndpointDiscovery: false };
  const clients: CosmosClient[] = [];
  const opened = (client: CosmosClient) => {
    clients.push(client);
    return client;
  };
  return {
    cosmos,
    clock,
    endpoint,
    store,
    client: (options) => opened(new CosmosClient({ endpoint, key: masterKey, connectionPolicy, ...options })),
    tokenClient(token) {
      const scopes: string[] = [];
      const aadCredentials = {
        getToken: async (scope: string | string[]) => {
          scopes.push(...[scope].flat());
          if (token.knowsAccount === false && scopes.length === 1)
            throw new Error('AADSTS500011: The resource principal was not found in the tenant.');
          const audience = token.audience ?? scopes.at(-1)?.replace(/\/\.default$/, '') ?? '';
          const expiresAt = Math.floor(clock.now() / 1000) + (token.expiresInSeconds ?? 3600);
          return {
            token: await signToken(audience, expiresAt, token),
            expiresOnTimestamp: Date.now() + 3_600_000,
          };
        },
      };
      return { client: opened(new CosmosClient({ endpoint, aadCredentials, connectionPolicy })), scopes };
    },
    async close() {
      for (const client of clients) client.dispose();
      await cosmos.close();
      if (store.isOpen) store.close();
    },
  };
}

function signToken(audience: string, expiresAt: number, { signedByStranger }: TokenOptions): Promise<string> {
  const key = signedByStranger
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : keys.privateKey;
  return new SignJWT({ oid: 'f2a1', appid: 'app' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expiresAt)
    .sign(key);
}

/** A container of its own in a database of its own, with the key `/pk` unless said otherwise. */
export async function newContainer(
  account: Account,
  definition: Partial<ContainerDefinition> = {},
): Promise<Container> {
  const { database } = await account.client().databases.create({ id: `db-${randomUUID()}` });
  const { container } = await database.containers.create({
    id: 'items',
    partitionKey: { paths: ['/pk'] },
    ...definition,
  });
  return container;
}

/** The status that an operation was refused with; 0 when it was not. */
export async function statusOf(work: Promise<unknown>): Promise<number> {
  try {
    await work;
    return 0;
  } catch (error) {
    const { code } = error as { code?: number };
    if (typeof code !== 'number') throw error;
    return code;
  }
}
