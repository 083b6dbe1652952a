import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { type Container, CosmosClient } from '@azure/cosmos';
import { createDraw } from '#local/kit/faults.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import type { AccountProcessOptions } from './account-process.ts';

const masterKey = Buffer.from('a key for tests, which opens nothing').toString('base64');
const pk = 'p';

/** What the account has acknowledged. */
interface Acknowledged {
  created: Set<string>;
  deleted: Set<string>;
  /** The value that both halves of a pair, written by one batch, should have at least. */
  pair: number;
  /** Increments of one counter: one more may have been done without an answer in each round. */
  increments: number;
  rounds: number;
}

/** What is under way when the process dies is answered by nobody, so nothing is tried again. */
function containerAt(port: number): { container: Container; client: CosmosClient } {
  const retryOptions = {
    maxRetryAttemptCount: 0,
    fixedRetryIntervalInMilliseconds: 0,
    maxWaitTimeInSeconds: 0,
  };
  const client = new CosmosClient({
    endpoint: `https://cosmos.localhost:${port}`,
    key: masterKey,
    connectionPolicy: { enableEndpointDiscovery: false, retryOptions },
  });
  return { client, container: client.database('db').container('items') };
}

async function prepare(client: CosmosClient): Promise<void> {
  const { database } = await client.databases.create({ id: 'db' });
  const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } });
  await container.items.create({ id: 'counter', pk, n: 0 });
  for (const id of ['left', 'right']) await container.items.create({ id, pk, n: 0 });
}

/** Three writers at once until the account is gone. */
async function write(container: Container, round: number, acknowledged: Acknowledged): Promise<void> {
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
      const id = `d-${round}-${turn}`;
      await container.items.create({ id, pk: `p${turn % 5}` });
      acknowledged.created.add(id);
      if (turn % 3 !== 0) return;
      acknowledged.created.delete(id);
      await container.item(id, `p${turn % 5}`).delete();
      acknowledged.deleted.add(id);
    }),
    untilRefused(async () => {
      const n = acknowledged.pair + 1;
      const upsert = (id: string) => ({ operationType: 'Upsert' as const, resourceBody: { id, pk, n } });
      const { code } = await container.items.batch([upsert('left'), upsert('right')], pk);
      if (code === 200) acknowledged.pair = n;
    }),
    untilRefused(async () => {
      await container.item('counter', pk).patch([{ op: 'incr', path: '/n', value: 1 }]);
      acknowledged.increments += 1;
    }),
  ]);
}

/** Sentences about what is lost, double or half; none when all is well. */
async function complaints(container: Container, acknowledged: Acknowledged): Promise<string[]> {
  const found: string[] = [];
  const { resources } = await container.items.query<string>('SELECT VALUE c.id FROM c').fetchAll();
  const ids = new Set(resources);
  if (ids.size !== resources.length) found.push('an item is there twice');
  for (const id of acknowledged.created) if (!ids.has(id)) found.push(`${id} is lost`);
  for (const id of acknowledged.deleted) if (ids.has(id)) found.push(`${id} has come back`);
  const valueOf = async (id: string) => (await container.item(id, pk).read<{ n: number }>()).resource?.n;
  const [left, right] = [await valueOf('left'), await valueOf('right')];
  if (left !== right) found.push(`half a batch is there: ${left} and ${right}`);
  if (left === undefined || left < acknowledged.pair) found.push(`a batch is lost: ${left}`);
  const counted = (await valueOf('counter')) ?? 0;
  const most = acknowledged.increments + acknowledged.rounds;
  if (counted < acknowledged.increments) found.push(`an increment is lost: ${counted}`);
  if (counted > most) found.push(`an increment was done twice: ${counted} of at most ${most}`);
  return found;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Kills an account at points drawn from the seed while it is written to, and says what it acknowledged and has not. */
export async function killRepeatedly(
  kills: number,
  seed: number,
): Promise<{ writes: number; found: string[] }> {
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  const identity = await issueServerIdentity(root, ['cosmos.localhost'], Date.now());
  const folder = mkdtempSync(join(tmpdir(), 'killed-account-'));
  let port = 0;
  const start = async (): Promise<ChildProcess> => {
    const child = fork(new URL('./account-process.ts', import.meta.url), { execArgv: [] });
    const file = join(folder, 'cosmos.sqlite');
    const options: AccountProcessOptions = { file, port, tls: identity, masterKey };
    child.send(options);
    [port] = (await once(child, 'message')) as [number];
    return child;
  };
  const draw = createDraw(seed);
  const acknowledged: Acknowledged = {
    created: new Set(),
    deleted: new Set(),
    pair: 0,
    increments: 0,
    rounds: 0,
  };
  let child = await start();
  const first = containerAt(port);
  await prepare(first.client);
  first.client.dispose();
  const found: string[] = [];
  try {
    for (let round = 0; round < kills; round += 1) {
      const { client, container } = containerAt(port);
      acknowledged.rounds += 1;
      const writing = write(container, round, acknowledged);
      await sleep(40 + draw() * 200);
      await kill(child);
      await writing;
      client.dispose();
      child = await start();
      const again = containerAt(port);
      found.push(...(await complaints(again.container, acknowledged)));
      again.client.dispose();
    }
    const { created, deleted, pair, increments } = acknowledged;
    return { writes: created.size + deleted.size + pair + increments, found };
  } finally {
    await kill(child);
    rmSync(folder, { recursive: true });
  }
}
