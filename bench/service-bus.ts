import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import { type NamespaceChild, startNamespaceChild } from '../tests/contract/service-bus/namespace-child.ts';
import { milliseconds, type Summary, summarise } from './statistics.ts';

const queues = 1_000;
const perConnection = 50;
const ratePerSecond = 2_000;
const seconds = 30;
/** Messages are sent in steps of this long, each to the next queues in turn. */
const stepMs = 20;
const longestTailMs = 60_000;
/** A machine that cannot keep the rate falls behind instead of piling up sends. */
const mostInFlight = 2_000;

export interface ServiceBusResult {
  queues: number;
  sent: number;
  /** Messages that were acknowledged and completed, each once. */
  completed: number;
  /** Acknowledged and never handled. */
  lost: number;
  /** Sends that were not acknowledged in time. */
  failed: number;
  twice: number;
  /** How many messages a second were sent over the time that it took, and until the last was completed. */
  sentPerSecond: number;
  completedPerSecond: number;
  /** From the call of send to the handler. */
  latency: Summary;
  /** Of the stand-in's process, in bytes: before the load, at its largest, after it. */
  memory: { before: number; largest: number; after: number };
}

const nameOf = (index: number) => `queue-${index}`;

async function createQueues({ admin }: NamespaceChild): Promise<void> {
  const width = 20;
  const workers = Array.from({ length: width }, async (_, worker) => {
    for (let index = worker; index < queues; index += width)
      await admin.createQueue(nameOf(index), { lockDuration: 'PT5M' });
  });
  await Promise.all(workers);
}

/** A receiver on every queue, `perConnection` of them on one connection, and a sender for every queue. */
function attach(clients: readonly ServiceBusClient[], onBody: (body: unknown) => void): ServiceBusSender[] {
  return Array.from({ length: queues }, (_, index) => {
    const client = clients[Math.floor(index / perConnection)];
    if (!client) throw new Error('there are too few connections');
    client.createReceiver(nameOf(index), { maxAutoLockRenewalDurationInMs: 0 }).subscribe(
      {
        processMessage: async ({ body }) => onBody(body),
        // A delivery that could not be settled comes again, and is counted as one that came twice.
        processError: async () => {},
      },
      { maxConcurrentCalls: 10 },
    );
    return client.createSender(nameOf(index));
  });
}

async function load(
  running: NamespaceChild,
  clients: readonly ServiceBusClient[],
): Promise<ServiceBusResult> {
  const sentAt = new Map<number, number>();
  const handled = new Map<number, number>();
  const latencies: number[] = [];
  const senders = attach(clients, (body) => {
    const id = Number(body);
    const times = (handled.get(id) ?? 0) + 1;
    handled.set(id, times);
    if (times === 1 && id >= 0) latencies.push(performance.now() - (sentAt.get(id) ?? Number.NaN));
  });
  // Every link is opened before the time counts.
  for (let at = 0; at < queues; at += perConnection)
    await Promise.all(
      senders
        .slice(at, at + perConnection)
        .map((sender, part) => sender.sendMessages({ body: -1 - at - part })),
    );
  while (handled.size < queues) await sleep(50);
  handled.clear();

  const before = await running.memoryBytes();
  let largest = before;
  const acknowledged = new Set<number>();
  const pending = new Set<Promise<void>>();
  const total = ratePerSecond * seconds;
  const started = performance.now();
  for (let id = 0; id < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) * ratePerSecond) / 1_000));
    for (; id < due && pending.size < mostInFlight; id += 1) {
      const one = id;
      sentAt.set(one, performance.now());
      const sending = senders[one % queues]?.sendMessages({ body: one }).then(
        () => void acknowledged.add(one),
        () => {},
      );
      if (!sending) continue;
      pending.add(sending);
      void sending.finally(() => pending.delete(sending));
    }
    if (id % (ratePerSecond * 5) < ratePerSecond / 50)
      largest = Math.max(largest, await running.memoryBytes());
    await sleep(stepMs);
  }
  await Promise.all(pending);
  const sentMs = performance.now() - started;
  const waiting = () => [...acknowledged].filter((id) => !handled.has(id)).length;
  const giveUpAt = performance.now() + longestTailMs;
  while (waiting() > 0 && performance.now() < giveUpAt) await sleep(100);
  const completedMs = performance.now() - started;
  const after = await running.memoryBytes();
  return {
    queues,
    sent: acknowledged.size,
    completed: handled.size,
    lost: waiting(),
    failed: total - acknowledged.size,
    twice: [...handled.values()].filter((times) => times > 1).length,
    sentPerSecond: (acknowledged.size * 1_000) / sentMs,
    completedPerSecond: (handled.size * 1_000) / completedMs,
    latency: summarise(latencies),
    memory: { before, largest: Math.max(largest, after), after },
  };
}

/** 1,000 queues with a receiver each and 2,000 messages a second for 30 s over TLS, the stand-in in its own process. */
export async function measureServiceBus(): Promise<ServiceBusResult> {
  const folder = mkdtempSync(join(tmpdir(), 'service-bus-bench-'));
  const running = await startNamespaceChild(join(folder, 'service-bus.sqlite'));
  const clients = Array.from({ length: queues / perConnection }, () => running.connect(60_000));
  try {
    await createQueues(running);
    return await load(running, clients);
  } finally {
    await running.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const megabytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MB`;

if (import.meta.main) {
  const result = await measureServiceBus();
  const { p50, p99 } = result.latency;
  const { before, largest, after } = result.memory;
  process.stdout.write(
    `service bus: ${result.queues} queues with a receiver each, ${result.sent} messages acknowledged\n` +
      `  sent ${result.sentPerSecond.toFixed(0)}/s, completed ${result.completedPerSecond.toFixed(0)}/s, lost ${result.lost}, not acknowledged ${result.failed}, twice ${result.twice}\n` +
      `  send to handler: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}\n` +
      `  memory of the stand-in: ${megabytes(before)} before, ${megabytes(largest)} at most, ${megabytes(after)} after\n`,
  );
  process.exit(result.lost === 0 && result.twice === 0 ? 0 : 1);
}
