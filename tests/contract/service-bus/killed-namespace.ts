import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceBusClient, ServiceBusReceiver, ServiceBusSender } from '@azure/service-bus';
import { createDraw } from '#local/kit/faults.ts';
import { type NamespaceChild, startNamespaceChild } from './namespace-child.ts';

const batchSize = 5;
const senders = 4;
/** The kill comes this long after the load began, at most. */
const longestLoadMs = 250;

/** What the clients know: asked for, and acknowledged. */
class Ledger {
  readonly sent = new Set<string>();
  readonly batches: string[][] = [];
  readonly published = new Set<string>();
  readonly completing = new Set<string>();
  readonly completed = new Set<string>();
}

async function each<T>(isOver: () => boolean, work: (index: number) => Promise<T>): Promise<void> {
  for (let index = 0; !isOver(); index += 1) await work(index).catch(() => {});
}

const send = (sender: ServiceBusSender, ids: readonly string[]) =>
  sender.sendMessages(ids.map((messageId) => ({ messageId, body: messageId })));

/** Senders of single messages and of batches, a publisher and a receiver that completes, until it is over. */
function load(
  client: ServiceBusClient,
  ledger: Ledger,
  round: number,
  isOver: () => boolean,
): Promise<void>[] {
  const queue = client.createSender('q');
  const topic = client.createSender('t');
  const receiver = client.createReceiver('q');
  const singles = Array.from({ length: senders }, (_, worker) =>
    each(isOver, async (index) => {
      const id = `${round}.${worker}.${index}`;
      await send(queue, [id]);
      ledger.sent.add(id);
    }),
  );
  const batches = each(isOver, async (index) => {
    const ids = Array.from({ length: batchSize }, (_, part) => `${round}.batch.${index}.${part}`);
    ledger.batches.push(ids);
    await send(queue, ids);
    for (const id of ids) ledger.sent.add(id);
  });
  const published = each(isOver, async (index) => {
    const id = `${round}.topic.${index}`;
    await send(topic, [id]);
    ledger.published.add(id);
  });
  const completed = each(isOver, async () => {
    for (const message of await receiver.receiveMessages(10, { maxWaitTimeInMs: 50 })) {
      const id = String(message.messageId);
      ledger.completing.add(id);
      await receiver.completeMessage(message);
      ledger.completed.add(id);
    }
  });
  return [...singles, batches, published, completed];
}

async function everything(receiver: ServiceBusReceiver): Promise<string[]> {
  const ids: string[] = [];
  // The receiver goes on after what it showed last.
  for (let page = await receiver.peekMessages(250); page.length > 0; page = await receiver.peekMessages(250))
    ids.push(...page.map(({ messageId }) => String(messageId)));
  return ids;
}

/** Everything acknowledged is there, nothing twice, nothing half; one line for each thing that is not so. */
async function complaints(client: ServiceBusClient, ledger: Ledger): Promise<string[]> {
  const queued = await everything(client.createReceiver('q'));
  const there = new Set(queued);
  const [one, other] = [
    await everything(client.createReceiver('t', 'one')),
    await everything(client.createReceiver('t', 'other')),
  ];
  const found: string[] = [];
  if (there.size !== queued.length) found.push(`${queued.length - there.size} messages are there twice`);
  for (const id of ledger.sent)
    if (!there.has(id) && !ledger.completing.has(id)) found.push(`${id} was acknowledged and is gone`);
  for (const id of ledger.completed) if (there.has(id)) found.push(`${id} was completed and is there`);
  for (const ids of ledger.batches) {
    const kept = ids.filter((id) => there.has(id) || ledger.completing.has(id)).length;
    if (kept !== 0 && kept !== batchSize) found.push(`${kept} messages of the batch of ${ids[0]} are there`);
  }
  if (one.join() !== other.join()) found.push('the subscriptions of the topic differ');
  if (new Set(one).size !== one.length) found.push('a published message is there twice');
  for (const id of ledger.published) if (!one.includes(id)) found.push(`${id} was published and is gone`);
  return found;
}

export interface Killed {
  acknowledged: number;
  found: string[];
}

/** Kills a namespace `times` times under load, each time at a moment drawn from the seed, and looks after each. */
export async function killRepeatedly(times: number, seed: number): Promise<Killed> {
  const draw = createDraw(seed);
  const folder = mkdtempSync(join(tmpdir(), 'service-bus-'));
  const file = join(folder, 'service-bus.sqlite');
  const ledger = new Ledger();
  const found: string[] = [];
  let running: NamespaceChild = await startNamespaceChild(file);
  try {
    await running.admin.createQueue('q', { maxDeliveryCount: 1_000 });
    await running.admin.createTopic('t');
    for (const name of ['one', 'other']) await running.admin.createSubscription('t', name);
    for (let round = 0; round < times && found.length === 0; round += 1) {
      // What is under way when the process dies is answered by nobody.
      const client = running.connect(400);
      let isOver = false;
      const working = load(client, ledger, round, () => isOver);
      // The first acknowledgement says that the connection is open: the moment is drawn from there on.
      const before = ledger.sent.size;
      while (ledger.sent.size === before) await sleep(2);
      await sleep(draw() * longestLoadMs);
      await running.kill();
      isOver = true;
      await Promise.all(working);
      await client.close();
      running = await startNamespaceChild(file);
      const looking = running.connect(20_000);
      found.push(...(await complaints(looking, ledger)));
      await looking.close();
    }
  } finally {
    await running.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  return { acknowledged: ledger.sent.size + ledger.published.size + ledger.completed.size, found };
}
