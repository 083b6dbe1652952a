import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { createKeyVault, type KeyVault } from '#local/key-vault/key-vault.ts';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { createTokenVerifier } from '#local/kit/tokens.ts';
import { requirePrograms } from '../support/programs.ts';

const run = promisify(execFile);
const tenantId = '00000000-0000-4000-8000-00000000000a';
const programId = '00000000-0000-4000-8000-0000000000f1';
const publicId = '00000000-0000-4000-8000-0000000000f2';
const machineId = '00000000-0000-4000-8000-0000000000f3';
const secret = 'a-secret-of-the-test';
const account = 'reader@local.test';

// The system's own Python has Debian's packages, whatever another one in PATH has.
const python = '/usr/bin/python3';
const hasSdk = async () =>
  run(python, ['-c', 'import azure.identity, azure.keyvault.secrets']).then(
    () => true,
    () => false,
  );

async function requireSdk(): Promise<boolean> {
  if (await hasSdk()) return true;
  const line =
    'Skipped: Key Vault and Entra with Python. Missing: azure.identity; Debian: apt-get install python3-azure.';
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}\n`);
  return false;
}

let entra: Entra;
let identity: ManagedIdentity;
let vault: KeyVault;
let caFile = '';
const folder = mkdtempSync(join(tmpdir(), 'strangers-'));

beforeAll(async () => {
  const root = await createLocalRoot(Date.now());
  caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, root.cert);
  const names = ['login.localhost', 'graph.localhost', '*.vault.localhost'];
  const tls = await issueServerIdentity(root, names, Date.now());
  const base = { clock: systemClock, port: 0 };
  entra = await createEntra({
    ...base,
    store: openStore(':memory:'),
    tls,
    tenantId,
    accounts: [
      {
        objectId: '00000000-0000-4000-8000-0000000000b2',
        userPrincipalName: account,
        displayName: 'Sample reader',
      },
    ],
    applications: [
      { clientId: programId, displayName: 'Program', secrets: [secret] },
      {
        clientId: publicId,
        displayName: 'Terminal',
        redirectUris: [{ kind: 'public', uri: 'http://localhost' }],
      },
    ],
  });
  identity = await createManagedIdentity({
    ...base,
    store: openStore(':memory:'),
    issue: entra.mint,
    identities: [{ header: 'h', objectId: machineId, clientId: programId }],
    machine: machineId,
  });
  vault = await createKeyVault({
    ...base,
    store: openStore(':memory:'),
    tls,
    verifyToken: createTokenVerifier({ keys: entra.jwks, issuers: entra.issuers, clock: systemClock }),
    authority: entra.authority,
    vaults: ['local'],
  });
});
afterAll(async () => {
  await Promise.all([entra.close(), identity.close(), vault.close()]);
  rmSync(folder, { recursive: true });
});

describe.runIf(await requireSdk())('Microsoft’s clients for Python', () => {
  it('use secrets, keys and certificates, as a machine, as a program and as a person', async () => {
    const script = new URL('./key-vault-sdk.py', import.meta.url).pathname;
    const { stdout } = await run(
      python,
      [script, vault.urlOf('local'), entra.origin, tenantId, programId, secret, publicId],
      {
        env: {
          PATH: process.env['PATH'],
          REQUESTS_CA_BUNDLE: caFile,
          AZURE_POD_IDENTITY_AUTHORITY_HOST: identity.metadataOrigin,
          ACCOUNT: account,
        },
      },
    );
    process.stdout.write(stdout);
    expect(stdout.trim().split('\n')).toHaveLength(5);
  });
});

const hasCurl = requirePrograms('Key Vault and Entra with curl', [
  { program: 'curl', debianPackage: 'curl' },
]);

// The documented examples: learn.microsoft.com/rest/api/keyvault/secrets/set-secret, .../get-secrets,
// learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow and
// learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token (with curl).
describe.runIf(hasCurl)('curl', () => {
  const curl = async (...args: string[]) => {
    const { stdout } = await run('curl', ['--silent', '--show-error', '--cacert', caFile, ...args]);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it('gets a token of the machine and keeps a secret with it', async () => {
    const { access_token: token } = await curl(
      `${identity.metadataOrigin}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.localhost`,
      '-H',
      'Metadata: true',
    );
    const authorization = ['-H', `Authorization: Bearer ${String(token)}`];
    const url = `${vault.urlOf('local')}/secrets/mysecretname?api-version=7.4`;
    const body = ['-X', 'PUT', '-H', 'Content-Type: application/json', '-d', '{"value": "mysecretvalue"}'];
    expect(await curl(url, ...authorization, ...body)).toMatchObject({
      value: 'mysecretvalue',
      attributes: { enabled: true, recoveryLevel: 'Recoverable+Purgeable' },
    });
    const list = await curl(`${vault.urlOf('local')}/secrets?maxresults=1&api-version=7.4`, ...authorization);
    expect(list['value']).toHaveLength(1);
  });

  it('gets a token of a program for its secret', async () => {
    const fields = {
      client_id: programId,
      scope: 'https://graph.microsoft.com/.default',
      client_secret: secret,
      grant_type: 'client_credentials',
    };
    const data = Object.entries(fields).flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
    expect(await curl(`${entra.authority}/oauth2/v2.0/token`, ...data)).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
    });
  });
});
