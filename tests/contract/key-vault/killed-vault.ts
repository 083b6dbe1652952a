import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { CertificateClient } from '@azure/keyvault-certificates';
import { KeyClient } from '@azure/keyvault-keys';
import { SecretClient } from '@azure/keyvault-secrets';
import { createDraw } from '#local/kit/faults.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { poll, unknownEc } from './issuance.ts';
import type { VaultProcessOptions } from './vault-process.ts';

const credential = {
  getToken: () => Promise.resolve({ token: 'any', expiresOnTimestamp: Date.now() + 3_600_000 }),
};
/** What is under way when the process dies is answered by nobody. */
const impatient = { retryOptions: { maxRetries: 0 } };

const clientsOf = (url: string) => ({
  certificates: new CertificateClient(url, credential, impatient),
  keys: new KeyClient(url, credential, impatient),
  secrets: new SecretClient(url, credential, impatient),
});
type Clients = ReturnType<typeof clientsOf>;

/** What the vault has acknowledged: versions of secrets with their values, and ids of keys and certificates. */
interface Acknowledged {
  secrets: Map<string, string>;
  keys: Set<string>;
  certificates: Set<string>;
}

/** Three writers at once until the vault is gone. */
async function write(clients: Clients, round: number, acknowledged: Acknowledged): Promise<void> {
  const untilRefused = async (work: (turn: number) => Promise<void>) => {
    for (let turn = 0; ; turn += 1)
      try {
        await work(turn);
      } catch {
        return;
      }
  };
  await Promise.all([
    untilRefused(async (turn) => {
      const value = `${round}.${turn}`;
      const { properties } = await clients.secrets.setSecret(`s-${turn % 3}`, value);
      acknowledged.secrets.set(properties.id ?? '', value);
    }),
    untilRefused(async (turn) => {
      const { id } = await clients.keys.createEcKey(`k-${turn % 2}`);
      acknowledged.keys.add(id ?? '');
    }),
    untilRefused(async (turn) => {
      const name = `c-${round}-${turn}`;
      const issuerName = ['Self', 'Unknown', 'ca'][turn % 3] ?? 'Self';
      await clients.certificates.beginCreateCertificate(name, { ...unknownEc, issuerName }, poll);
      acknowledged.certificates.add(name);
    }),
  ]);
}

/** Nothing for a name that was not reached in time on a slow machine: what was acknowledged of it is missed then. */
async function collect<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  try {
    for await (const one of pages) all.push(one);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  return all;
}

/** Sentences about what is lost, double or half; none when all is well. */
async function complaints(clients: Clients, acknowledged: Acknowledged): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['s-0', 's-1', 's-2']) {
    const ids = (await collect(clients.secrets.listPropertiesOfSecretVersions(name))).map(
      ({ id }) => id ?? '',
    );
    if (new Set(ids).size !== ids.length) found.push(`${name} has a version twice`);
    for (const [id] of acknowledged.secrets)
      if (id.includes(`/${name}/`) && !ids.includes(id)) found.push(`${id} is lost`);
  }
  for (const name of ['k-0', 'k-1']) {
    const ids = (await collect(clients.keys.listPropertiesOfKeyVersions(name))).map(({ id }) => id ?? '');
    for (const id of acknowledged.keys)
      if (id.includes(`/${name}/`) && !ids.includes(id)) found.push(`${id} is lost`);
  }
  const listed = await collect(clients.certificates.listPropertiesOfCertificates({ includePending: true }));
  const names = listed.map(({ name }) => name ?? '');
  for (const name of acknowledged.certificates) if (!names.includes(name)) found.push(`${name} is lost`);
  if (new Set(names).size !== names.length) found.push('a certificate is listed twice');
  for (const { name = '', version } of listed) {
    const key = await clients.keys.getKey(name, version ? { version } : {}).catch(() => undefined);
    if (!key) found.push(`the certificate ${name} is there without its key`);
    const operation = await clients.certificates.getCertificateOperation(name).catch(() => undefined);
    const { status, issuerName } = operation?.getOperationState().certificateOperation ?? {};
    if (!operation) found.push(`the certificate ${name} is there without its operation`);
    if (issuerName === 'ca' && status !== 'completed')
      found.push(`the issuer of ${name} forgot it: ${status}`);
  }
  return found;
}

/** Kills a vault at points drawn from the seed while it is written to, and says what it acknowledged and has not. */
export async function killRepeatedly(
  kills: number,
  seed: number,
): Promise<{ writes: number; found: string[] }> {
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  const identity = await issueServerIdentity(root, ['*.vault.localhost'], Date.now());
  const folder = mkdtempSync(join(tmpdir(), 'killed-vault-'));
  let port = 0;
  const start = async (): Promise<ChildProcess> => {
    const child = fork(new URL('./vault-process.ts', import.meta.url), { execArgv: [] });
    const options: VaultProcessOptions = { file: join(folder, 'vault.sqlite'), port, tls: identity };
    child.send(options);
    [port] = (await once(child, 'message')) as [number];
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  const draw = createDraw(seed);
  const acknowledged: Acknowledged = { secrets: new Map(), keys: new Set(), certificates: new Set() };
  let child = await start();
  try {
    await clientsOf(`https://local.vault.localhost:${port}`).certificates.createIssuer('ca', 'Test');
    for (let round = 0; round < kills; round += 1) {
      const clients = clientsOf(`https://local.vault.localhost:${port}`);
      const writing = write(clients, round, acknowledged);
      await sleep(60 + draw() * 200);
      await kill(child);
      await writing;
      child = await start();
    }
    const found = await complaints(clientsOf(`https://local.vault.localhost:${port}`), acknowledged);
    const { secrets, keys, certificates } = acknowledged;
    return { writes: secrets.size + keys.size + certificates.size, found };
  } finally {
    await kill(child);
    rmSync(folder, { recursive: true });
  }
}
