import { chmodSync, existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '#local/kit/http-server.ts';
import {
  refuseProduction,
  type StandIn,
  type StandInOptions,
  type TlsIdentity,
} from '#local/kit/stand-in.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { matchRoute, requireApiVersion, requireLegalName } from './routing.ts';
import { nowSeconds, type VaultCall, type VaultContext } from './vault-call.ts';
import { errorReply, forbidden, lacking, VaultError } from './vault-error.ts';
import { createVaultStore } from './vault-store.ts';

export interface KeyVaultOptions extends StandInOptions {
  /** For `*.vault.localhost`; clients of Key Vault refuse plain http. */
  tls: TlsIdentity;
  verifyToken: VerifyToken;
  /** Where clients get tokens, e.g. `https://login.localhost:PORT/<tenant>`: said in the 401 challenge. */
  authority: string;
  /** Names of vaults: `local` is `https://local.vault.localhost:PORT`. */
  vaults: readonly string[];
  /** Decides whether a caller may do an operation (`GetSecret`, `Sign`, ...); default: every valid token may all. */
  mayUse?(claims: TokenClaims, operation: string): boolean;
}

export interface KeyVault extends StandIn {
  /** `https://<vault>.vault.localhost:PORT`. */
  urlOf(vault: string): string;
}

/** Vault names stand before it, and tokens are for it: clients check that one ends with the other. */
const domain = 'vault.localhost';
const audience = `https://${domain}`;
const maxBodyBytes = 1024 * 1024;

const challengeOperation = 'Challenge';

/** The file holds private keys: nobody else may read it, nor its log. */
function protect(store: DatabaseSync): void {
  const file = store.location();
  if (!file) return;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(file + suffix)) chmodSync(file + suffix, 0o600);
}

/** Azure Key Vault's data plane (certificates, keys, secrets) for several vaults by host name. */
export async function createKeyVault(options: KeyVaultOptions): Promise<KeyVault> {
  refuseProduction(process.env);
  const calls = createCalls();
  const faults = createFaults();
  const context: VaultContext = { store: createVaultStore(options.store), clock: options.clock };
  protect(options.store);

  const challenge = (message: string): HttpReply => ({
    ...errorReply(new VaultError(401, 'Unauthorized', message)),
    headers: { 'www-authenticate': `Bearer authorization="${options.authority}", resource="${audience}"` },
  });

  const vaultOf = ({ url }: HttpRequest): string => {
    const vault = options.vaults.find((name) => url.hostname.toLowerCase() === `${name}.${domain}`);
    if (vault) return vault;
    throw new VaultError(404, 'VaultNotFound', `there is no vault at ${url.hostname}`);
  };

  async function handle(request: HttpRequest): Promise<HttpReply> {
    const vault = vaultOf(request);
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) return challenge('AKV10000: Request is missing a Bearer or PoP token.');
    let claims: TokenClaims;
    try {
      claims = await options.verifyToken(token, [audience]);
    } catch (error) {
      return challenge(`Error validating token: ${(error as Error).message}`);
    }

    const { pathname, searchParams: query } = request.url;
    const match = matchRoute(request.method, pathname);
    if (!match) throw lacking(`the operation ${request.method} ${pathname.slice(0, 200)}`);
    const { route, parameters } = match;
    requireApiVersion(query);
    requireLegalName(parameters['name']);
    if (options.mayUse?.(claims, route.operation) === false)
      throw forbidden(
        `Caller is not authorized to perform action ${route.operation} on this resource.`,
        'ForbiddenByRbac',
      );
    if (!route.handle) throw lacking(`the operation ${route.operation}`);
    const call: VaultCall = { vault, baseUrl: request.url.origin, parameters, query, body: request.body };
    context.store.purgeDue(nowSeconds(context));
    return route.handle(context, call);
  }

  const server = await serveHttp({
    port: options.port,
    tls: options.tls,
    handle,
    renderError: errorReply,
    // The first request of every client comes without token and body: it is counted apart.
    operationOf: ({ method, url, headers }) =>
      headers.authorization
        ? (matchRoute(method, url.pathname)?.route.operation ?? 'Unknown')
        : challengeOperation,
    calls,
    faults,
    maxBodyBytes,
  });

  return {
    name: 'key-vault',
    port: server.port,
    calls,
    faults,
    urlOf: (vault) => `https://${vault}.${domain}:${server.port}`,
    close: server.close,
  };
}
