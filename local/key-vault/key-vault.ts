import { chmodSync, existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { createCalls } from '#local/kit/calls.ts';
import { createFaults } from '#local/kit/faults.ts';
import { serveHttp } from '#local/kit/http-server.ts';
import {
  refuseProduction,
  type StandIn,
  type StandInOptions,
  type TlsIdentity,
} from '#local/kit/stand-in.ts';
import type { TokenClaims, VerifyToken } from '#local/kit/tokens.ts';
import { inspectVaults } from './inspection.ts';
import { issueOperation } from './issuance.ts';
import { createRequestHandler, vaultDomain } from './request-handler.ts';
import { matchRoute, operationNames } from './routing.ts';
import { createVaultContext } from './vault-context.ts';
import { errorReply, faultReply } from './vault-error.ts';

export interface KeyVaultOptions extends StandInOptions {
  /** For `*.vault.localhost`; clients of Key Vault refuse plain http. */
  tls: TlsIdentity;
  verifyToken: VerifyToken;
  /** Where clients get tokens, e.g. `https://login.localhost:PORT/<tenant>`: said in the 401 challenge. */
  authority: string;
  /** Names of vaults: `local` is `https://local.vault.localhost:PORT`. */
  vaults: readonly string[];
  /** Those of `vaults` that have purge protection: what is deleted there stays for its days of recovery. */
  purgeProtected?: readonly string[];
  /**
   * Signs for the issuers of the vaults (`DigiCert`, ...): an intermediate that clients trust. Absent: an authority
   * of its own, which nobody trusts.
   */
  issuingAuthority?: TlsIdentity;
  /** From the order to the certificate, by the injected clock; default 2 s. */
  issuanceDelayMs?: number;
  /** Decides whether a caller may do an operation (`GetSecret`, `Sign`, ...); default: every valid token may all. */
  mayUse?(claims: TokenClaims, operation: string): boolean;
}

export interface KeyVault extends StandIn {
  /** `https://<vault>.vault.localhost:PORT`. */
  urlOf(vault: string): string;
}

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
  const context = createVaultContext({ ...options, calls, faults });
  protect(options.store);

  const handle = createRequestHandler({ ...options, context });

  const server = await serveHttp({
    port: options.port,
    tls: options.tls,
    handle,
    renderError: errorReply,
    renderFault: faultReply,
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
    operations: [challengeOperation, issueOperation, ...operationNames],
    faultKinds: ['status', 'delayMs', 'drop', 'throttleMs', 'skewMs'],
    inspect: () => inspectVaults(context.store, options.vaults),
    urlOf: (vault) => `https://${vault}.${vaultDomain}:${server.port}`,
    close: server.close,
  };
}
