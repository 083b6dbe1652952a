import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createKeyVault, type KeyVault, type KeyVaultOptions } from '#local/key-vault/key-vault.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';

const issuer = 'https://sts.windows.net/00000000-0000-4000-8000-00000000000a/';

interface TokenClaimsInput {
  audience?: string;
  /** Seconds from now; negative is expired. */
  lifetimeSeconds?: number;
  oid?: string;
}

export interface RunningVault {
  vault: KeyVault;
  /** Of the vault `local`. */
  vaultUrl: string;
  clock: ManualClock;
  file: string;
  /** A credential as `@azure/identity` would be: a token for the scope that is asked for. */
  credential: { getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number }> };
  scopes: string[];
  mintToken(claims?: TokenClaimsInput): Promise<string>;
  /** Stops the server and starts another one on the same file. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface VaultOptions
  extends Pick<KeyVaultOptions, 'mayUse' | 'purgeProtected' | 'issuingAuthority' | 'issuanceDelayMs'> {
  /** Default: one that begins now. */
  clock?: ManualClock;
  /** Clients keep a token until the real clock ends it, while the vault's may leap; default an hour. */
  tokenSeconds?: number;
}

/** A vault on a free port with its state in a temporary folder, and an issuer of tokens that it trusts. */
export async function startVault({
  tokenSeconds = 3600,
  clock = createManualClock(Date.now()),
  ...options
}: VaultOptions = {}): Promise<RunningVault> {
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  const identity = await issueServerIdentity(root, ['vault.localhost', '*.vault.localhost'], Date.now());
  const keys = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'test', alg: 'RS256' };
  const folder = mkdtempSync(join(tmpdir(), 'key-vault-'));
  const file = join(folder, 'key-vault.sqlite');
  let store = openStore(file);
  const start = (port: number) =>
    createKeyVault({
      clock,
      store,
      port,
      tls: identity,
      verifyToken: createTokenVerifier({ keys: () => ({ keys: [jwk] }), issuers: [issuer], clock }),
      authority: 'https://login.localhost/00000000-0000-4000-8000-00000000000a',
      vaults: ['local', 'other'],
      ...options,
    });
  const mintToken = ({
    audience = 'https://vault.localhost',
    lifetimeSeconds = 3600,
    oid,
  }: TokenClaimsInput = {}) =>
    new SignJWT({ ...(oid && { oid }) })
      .setProtectedHeader({ alg: 'RS256', kid: 'test' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime(Math.floor(clock.now() / 1000) + lifetimeSeconds)
      .sign(keys.privateKey);
  const scopes: string[] = [];
  const vault = await start(0);
  const running: RunningVault = {
    vault,
    vaultUrl: vault.urlOf('local'),
    clock,
    file,
    scopes,
    credential: {
      async getToken(scope) {
        const wanted = [scope].flat();
        scopes.push(...wanted);
        const audience = wanted[0]?.replace(/\/\.default$/, '') ?? '';
        return {
          token: await mintToken({ audience, lifetimeSeconds: tokenSeconds }),
          expiresOnTimestamp: Date.now() + 3_600_000,
        };
      },
    },
    mintToken,
    async restart() {
      await running.vault.close();
      store.close();
      store = openStore(file);
      running.vault = await start(running.vault.port);
    },
    async stop() {
      await running.vault.close();
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
  return running;
}

/** The status and the error code of what an SDK client threw. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ statusCode: number; code: string; message: string }> {
  try {
    await call;
  } catch (error) {
    const { statusCode, code, message } = error as { statusCode: number; code: string; message: string };
    return { statusCode, code, message };
  }
  throw new Error('the call was not refused');
}
