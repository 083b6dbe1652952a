import { type ChildProcess, fork } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDraw } from '#local/kit/faults.ts';
import { openStore } from '#local/kit/store.ts';
import { createRequest, createRig, type Rig, settle, zone } from './rig.ts';

/** Half of them go from order to certificate, half only order. */
const writers = 4;
const pauseMs = 20;

interface KillPlan {
  kills: number;
  seed: number;
  /** Each kill comes at a random point of this time after a start. */
  longestLifeMs: number;
}

export interface KillReport {
  kills: number;
  /** Orders that were acknowledged and left unfinished. */
  ordered: number;
  /** Certificates that a client has in its hands. */
  issued: number;
  /** Calls that a kill cut off and that were repeated. */
  repeated: number;
  /** One line per promise that was broken. */
  broken: string[];
}

/** Repeats a call while the authority is away. */
async function persist<T>(step: () => Promise<T>, report: KillReport): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'certificate_authority_unavailable') throw error;
      report.repeated += 1;
      await sleep(pauseMs);
    }
  }
}

/** One certificate from order to chain; what was acknowledged is asked for again at the end. */
async function obtain(
  rig: Rig,
  name: string,
  report: KillReport,
): Promise<{ orderUrl: string; chain: string }> {
  const { client } = rig;
  const names = [name, `*.${name}`];
  const order = await persist(() => client.createOrder({ hostNames: names }), report);
  rig.publish(order);
  for (const { challengeUrl } of order.challenges) {
    await persist(() => client.answerChallenge(challengeUrl), report);
  }
  await settle(() => persist(() => client.readOrder(order.orderUrl), report));
  const { der } = await createRequest(names);
  await settle(() => persist(() => client.finalizeOrder(order.orderUrl, der), report));
  const { chainPem: chain } = await persist(() => client.downloadChain(order.orderUrl), report);
  return { orderUrl: order.orderUrl, chain };
}

/** What the file holds once the process is dead: each certificate once, whole, and of exactly one order. */
function inspectFile(
  file: string,
  chains: ReadonlyMap<string, string>,
  orders: ReadonlyMap<string, string>,
): string[] {
  const store = openStore(file);
  const rows = store
    .prepare(
      `SELECT c.names, c.chain, count(o.id) AS orders FROM acme_certificates c
       LEFT JOIN acme_orders o ON o.certificate = c.id AND o.status = 'valid' GROUP BY c.id`,
    )
    .all() as unknown as { names: string; chain: string; orders: number }[];
  const { lost } = store
    .prepare(
      `SELECT count(*) AS lost FROM acme_orders WHERE status = 'valid'
       AND certificate NOT IN (SELECT id FROM acme_certificates)`,
    )
    .get() as { lost: number };
  const { accounts } = store.prepare('SELECT count(*) AS accounts FROM acme_accounts').get() as {
    accounts: number;
  };
  const ordersFor = store.prepare('SELECT id FROM acme_orders WHERE names = ?');
  const misplaced = [...orders].filter(([name, url]) => {
    const ids = ordersFor.all(JSON.stringify([name])).map(({ id }) => String(id));
    return ids.length !== 1 || !url.endsWith(`/${ids[0]}`);
  });
  store.close();
  const stored = rows.map(({ chain }) => chain);
  return [
    ...(accounts === 1 ? [] : [`${accounts} accounts for one key`]),
    ...misplaced.map(([name]) => `the order for ${name} is lost or there twice`),
    ...(lost === 0 ? [] : [`${lost} orders without their certificate`]),
    ...rows.filter(({ orders }) => orders !== 1).map(({ names }) => `${names} has another count of orders`),
    ...(new Set(rows.map(({ names }) => names)).size === rows.length ? [] : ['a certificate is there twice']),
    ...[...chains.values()].filter((chain) => !stored.includes(chain)).map(() => 'a certificate was lost'),
  ];
}

/** Clients order certificates from an authority that is killed at random points, then everything is counted. */
export async function killUnderLoad({ kills, seed, longestLifeMs }: KillPlan): Promise<KillReport> {
  const draw = createDraw(seed);
  const folder = mkdtempSync(join(tmpdir(), 'killed-authority-'));
  const file = join(folder, 'authority.sqlite');
  const report: KillReport = { kills: 0, ordered: 0, issued: 0, repeated: 0, broken: [] };
  const chains = new Map<string, string>();
  const rig = await createRig({ nonceRejectRate: 0.05, seed });
  await rig.authority.close();
  const settings = { ...rig.settings, nonceRejectRate: 0.05, seed, port: rig.authority.port };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  const start = async (): Promise<ChildProcess> => {
    const program = new URL('./killed-server.ts', import.meta.url);
    const child = fork(program, [join(folder, 'settings.json'), file], { execArgv: [] });
    await once(child, 'message');
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  };

  let child = await start();
  let isOver = false;
  const orders = new Map<string, string>();
  const write = async (writer: number): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      if (writer % 2 === 1) {
        const name = `o${writer}-${round}.${zone}`;
        orders.set(
          name,
          (await persist(() => rig.client.createOrder({ hostNames: [name] }), report)).orderUrl,
        );
        continue;
      }
      const { orderUrl, chain } = await obtain(rig, `w${writer}-${round}.${zone}`, report);
      chains.set(orderUrl, chain);
    }
  };
  const load = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  // A writer that fails ends the run at once, with its error.
  load.catch(() => {
    isOver = true;
  });
  for (; report.kills < kills && !isOver; report.kills++) {
    await sleep(draw() * longestLifeMs);
    await kill(child);
    child = await start();
  }
  isOver = true;
  try {
    await load;
    for (const [orderUrl, chain] of chains) {
      const { chainPem: again } = await persist(() => rig.client.downloadChain(orderUrl), report);
      if (again !== chain) report.broken.push(`${orderUrl} has another chain`);
      if (new X509Certificate(again).issuer === '') report.broken.push(`${orderUrl} is half a chain`);
    }
  } finally {
    await kill(child);
    await rig.dns.close();
  }
  report.issued = chains.size;
  report.ordered = orders.size;
  report.broken.push(...inspectFile(file, chains, orders));
  rmSync(folder, { recursive: true });
  return report;
}
