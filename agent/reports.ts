import { join } from 'node:path';
import type { ServiceBusClient, ServiceBusSender } from '@azure/service-bus';
import type { CryptoKey } from 'jose';
import type { z } from 'zod';
import type { AgentReport, reportEnvelope } from '#shared/protocol/agent-messages.ts';
import { signReport } from '#shared/protocol/report.ts';
import type { AccessTokens, HeldTokens } from './access-tokens.ts';
import { createBackOff, pause } from './back-off.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';
import type { MessageHosts } from './messages.ts';
import { agentVersion } from './version.ts';

type ReportKind = AgentReport['kind'];

/** How the agent is at the moment of sending: a report that waited says what is, not what was. */
type ReportFacts = Pick<
  AgentReport,
  | 'clockOffsetMs'
  | 'egress'
  | 'servingThumbprint'
  | 'relayConnected'
  | 'blockedServices'
  | 'policy'
  | 'sessions'
  | 'checks'
>;

/** Signs and numbers reports. */
export type NextReport = (kind: ReportKind, detail?: string) => Promise<z.infer<typeof reportEnvelope>>;

export interface ReportNumberingOptions {
  dataDirectory: string;
  machineId: string;
  signingKey: CryptoKey;
  now(): number;
  facts(): ReportFacts;
}

/**
 * Sequence numbers are milliseconds since the epoch, or one more than the last where the clock went back; the last
 * is on the disk before a report leaves, so that a restart never repeats one.
 */
export async function createReportNumbering(options: ReportNumberingOptions): Promise<NextReport> {
  const { machineId, signingKey, now } = options;
  const file = join(options.dataDirectory, 'report-sequence');
  let last = Number((await readIfPresent(file)) ?? '0') || 0;

  return async (kind, detail) => {
    last = Math.max(now(), last + 1);
    await writeDurably(file, String(last));
    const { servingThumbprint, ...facts } = options.facts();
    const report: AgentReport = {
      machineId,
      sequence: last,
      at: new Date(now()).toISOString(),
      agentVersion,
      kind,
      ...facts,
      ...(servingThumbprint !== undefined && { servingThumbprint }),
      ...(detail !== undefined && { detail: detail.slice(0, 500) }),
    };
    return { jws: await signReport(signingKey, report) };
  };
}

export interface ReportsOptions {
  machineId: string;
  messages(): MessageHosts | undefined;
  tokens: AccessTokens;
  next: NextReport;
  signal: AbortSignal;
  now(): number;
  onSent(kind: ReportKind): void;
  onUnsent(error: unknown): void;
}

export interface Reports {
  /** Queues a report; one of the same kind that waits is replaced. */
  add(kind: ReportKind, detail?: string): void;
  /** Sends what waits, and goes on until the signal. Resolves after it. */
  run(): Promise<void>;
  /** One last report, tried once; gives up when the signal aborts. */
  sendLast(kind: ReportKind): Promise<void>;
}

export function createReports(options: ReportsOptions): Reports {
  const waiting = new Map<ReportKind, string | undefined>();
  let wake = Promise.withResolvers<void>();
  let open: { client: ServiceBusClient; sender: ServiceBusSender; held: HeldTokens } | undefined;

  async function closeSender(): Promise<void> {
    const closing = open?.client;
    open = undefined;
    await closing?.close().catch(() => undefined);
  }

  async function senderOf(messages: MessageHosts): Promise<ServiceBusSender> {
    if (open && options.now() >= open.held.renewAt) await closeSender();
    if (!open) {
      const held = await options.tokens.get();
      const { openBusClient } = await import('./messages.ts');
      const client = openBusClient(messages, held.reports);
      open = { client, sender: client.createSender(messages.reportQueue), held };
    }
    return open.sender;
  }

  async function send(kind: ReportKind, detail: string | undefined): Promise<void> {
    const messages = options.messages();
    if (!messages) throw new Error('the message bus is not known yet');
    const sender = await senderOf(messages);
    const body = await options.next(kind, detail);
    await sender.sendMessages({ body, sessionId: options.machineId, contentType: 'application/json' });
    options.onSent(kind);
  }

  return {
    add(kind, detail) {
      // A heartbeat says nothing that a waiting report of another kind will not say too.
      if (kind === 'heartbeat' && waiting.size > 0) return;
      waiting.delete('heartbeat');
      waiting.delete(kind);
      waiting.set(kind, detail);
      wake.resolve();
    },
    async run() {
      const backOff = createBackOff();
      const aborted = new Promise<void>((resolve) =>
        options.signal.addEventListener('abort', () => resolve(), { once: true }),
      );
      while (!options.signal.aborted) {
        const [next] = waiting;
        if (!next || !options.messages()) {
          wake = Promise.withResolvers();
          await Promise.race([wake.promise, aborted]);
          continue;
        }
        try {
          waiting.delete(next[0]);
          await send(...next);
          backOff.reset();
        } catch (error) {
          if (!waiting.has(next[0])) waiting.set(...next);
          options.onUnsent(error);
          options.tokens.drop();
          await closeSender();
          await pause(backOff.nextMs(), options.signal);
        }
      }
    },
    async sendLast(kind) {
      try {
        await send(kind, undefined);
      } catch (error) {
        options.onUnsent(error);
      } finally {
        await closeSender();
      }
    },
  };
}
