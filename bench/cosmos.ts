import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { type Container, CosmosClient } from '@azure/cosmos';
import '#local/kit/preload.mjs';
import { createCosmos } from '#local/cosmos/server.ts';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { milliseconds, type Summary, summarise } from './statistics.ts';

const documentCount = 50_000;
const pointReads = 3_000;
const queries = 20;

export interface CosmosResult {
  documents: number;
  /** Milliseconds, through the SDK over https. */
  pointRead: Summary;
  /** What is due, over all partitions, in order: 50 of the documents. */
  due: Summary;
  /** All machines (one document in 250) over all partitions, every page. */
  machines: Summary;
  /** The first of such a query, which makes the index. */
  firstQueryMs: number;
  fillMs: number;
}

const now = Date.UTC(2030, 0, 1);

/** Every 250th document is a machine, the others certificates, of which every thousandth is due. */
function documentOf(index: number) {
  const common = { id: `d${index}`, pk: `m${index % 2_000}`, padding: 'x'.repeat(500) };
  if (index % 250 === 0) return { ...common, type: 'machine' };
  const isDue = index % 1_000 === 1;
  return { ...common, type: 'certificate', dueAt: new Date(now + (isDue ? -index : index)).toISOString() };
}

async function fill(container: Container): Promise<void> {
  const batch = 100;
  for (let pk = 0; pk < 2_000; pk += 1) {
    const operations = [];
    for (let index = pk; index < documentCount && operations.length < batch; index += 2_000)
      operations.push({ operationType: 'Create' as const, resourceBody: documentOf(index) });
    const { code } = await container.items.batch(operations, `m${pk}`);
    if (code !== 200) throw new Error(`the documents could not be written: ${code}`);
  }
}

async function sample(count: number, work: (index: number) => Promise<number>, expected: number) {
  const taken: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    const found = await work(index);
    taken.push(performance.now() - start);
    if (found !== expected) throw new Error(`${found} instead of ${expected} documents`);
  }
  return taken;
}

async function measure(container: Container): Promise<CosmosResult> {
  const started = performance.now();
  await fill(container);
  const fillMs = performance.now() - started;
  const one = async (index: number) => {
    const at = (index * 7_919) % documentCount;
    return (await container.item(`d${at}`, `m${at % 2_000}`).read()).statusCode;
  };
  await sample(200, one, 200);
  const pointRead = await sample(pointReads, one, 200);
  const count = async (query: string) =>
    (
      await container.items
        .query({ query, parameters: [{ name: '@now', value: new Date(now).toISOString() }] })
        .fetchAll()
    ).resources.length;
  const dueQuery =
    "SELECT * FROM c WHERE c.type = 'certificate' AND c.dueAt <= @now ORDER BY c.dueAt OFFSET 0 LIMIT 1000";
  const [firstQueryMs = Number.NaN] = await sample(1, () => count(dueQuery), documentCount / 1_000);
  const due = await sample(queries, () => count(dueQuery), documentCount / 1_000);
  const machineQuery = "SELECT * FROM c WHERE c.type = 'machine'";
  const machines = await sample(queries, () => count(machineQuery), documentCount / 250);
  return {
    documents: documentCount,
    pointRead: summarise(pointRead),
    due: summarise(due),
    machines: summarise(machines.slice(1)),
    firstQueryMs,
    fillMs,
  };
}

/** 50,000 documents in a file, asked through the SDK over https in this process. */
export async function measureCosmos(): Promise<CosmosResult> {
  const folder = mkdtempSync(join(tmpdir(), 'cosmos-bench-'));
  const root = await createLocalRoot(Date.now());
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), root.cert]);
  const masterKey = randomBytes(64).toString('base64');
  const store = openStore(join(folder, 'cosmos.sqlite'));
  const cosmos = await createCosmos({
    clock: systemClock,
    store,
    port: 0,
    tls: await issueServerIdentity(root, ['cosmos.localhost'], Date.now()),
    verifyToken: () => Promise.reject(new Error('there are no tokens here')),
    masterKey,
  });
  const client = new CosmosClient({
    endpoint: `https://cosmos.localhost:${cosmos.port}`,
    key: masterKey,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
  try {
    const { database } = await client.databases.create({ id: 'bench' });
    const { container } = await database.containers.create({ id: 'items', partitionKey: { paths: ['/pk'] } });
    return await measure(container);
  } finally {
    client.dispose();
    await cosmos.close();
    store.close();
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const { documents, pointRead, due, machines, firstQueryMs, fillMs } = await measureCosmos();
  const line = (name: string, { p50, p99 }: Summary) =>
    `${name}: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}\n`;
  process.stdout.write(
    `cosmos with ${documents} documents, written in ${milliseconds(fillMs)}\n` +
      line('  point read', pointRead) +
      line('  due, in order, over all partitions', due) +
      line('  machine list, over all partitions', machines) +
      `  the first such query, which makes the index: ${milliseconds(firstQueryMs)}\n`,
  );
}
