import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { machineReply, OperationReply } from '#shared/protocol/api.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { openSessionUrl } from './open-session-url.ts';
import type { Reporter } from './reporter.ts';
import { signIn } from './sign-in.ts';

export interface MainJobOptions {
  api: string;
  authority: string;
  account: string;
  resourceId: string;
  /** Port on which the machine's web application listens. */
  port: number;
  /** Where that machine's agent keeps its certificates: the other end's view of them. */
  agentCertificates: string;
  report: Reporter;
}

export interface MainJobResult {
  machineId: string;
  url: string;
  expiresAt: string;
  seenThumbprint: string;
  heldThumbprint: string;
}

const presenceMs = 30_000;

type Machine = z.output<typeof machineReply>;

const secondsBetween = (from: string | undefined, to: string | undefined) =>
  from !== undefined && to !== undefined ? (Date.parse(to) - Date.parse(from)) / 1000 : undefined;

/** Says each step when it ends, and between them what is being done. */
function stepPrinter(report: Reporter): (operation: OperationReply) => void {
  const said = new Set<string>();
  const once = (key: string, say: () => void) => {
    if (said.has(key)) return;
    said.add(key);
    say();
  };
  return (operation) => {
    for (const [index, step] of operation.steps.entries()) {
      const { status, detail } = step;
      if (status === 'running' && detail) once(`${index} ${detail}`, () => report.note(detail));
      if (status === 'succeeded') {
        once(`${index} done`, () =>
          report.step(
            `${index + 1} of ${operation.steps.length}  ${step.name}`,
            secondsBetween(step.startedAt, step.endedAt),
          ),
        );
      }
    }
  };
}

async function install(client: ApiClient, machine: Machine, port: number, report: Reporter): Promise<void> {
  report.section(`Install Windows Admin Center on ${machine.name}, port ${port}, in three steps`);
  if (
    machine.extension.state === 'installed' &&
    machine.extension.port === port &&
    machine.certificate?.state === 'served'
  ) {
    report.step('it is installed already; its certificate is served');
    await untilPresent(client, machine.id, report);
    return;
  }
  const ended = await client.follow(await client.install(machine.id, port), stepPrinter(report));
  if (ended.error) {
    const { code, hop, detail, remedy } = ended.error;
    throw new Error(`install failed at hop ${hop} (${code}): ${detail} ${remedy}`);
  }
}

/** After a restart the agent needs a moment to come back; a connect before that would be refused. */
async function untilPresent(client: ApiClient, machineId: string, report: Reporter): Promise<void> {
  const began = performance.now();
  while (!(await client.getMachine(machineId)).presence.connected) {
    if (performance.now() - began > presenceMs) throw new Error('the agent did not come back within 30 s');
    await sleep(100);
  }
  report.step('the agent is connected', (performance.now() - began) / 1000);
}

/** Install and connect as an administrator does it, over the HTTP API, to the machine's own page. */
export async function runMainJob(options: MainJobOptions): Promise<MainJobResult> {
  const { report } = options;
  report.section(`Sign in as ${options.account}`);
  const client = createApiClient(options.api, await signIn(options.authority, options.account));
  const machine = await client.addMachine(options.resourceId);
  report.step(`machine ${machine.name} is known as ${machine.id}`);

  await install(client, machine, options.port, report);

  report.section('Connect in two steps');
  const asked = new Date();
  const session = await client.connect(machine.id);
  const { steps } = await client.getSession(machine.id, session.sessionId);
  let before = asked.toISOString();
  for (const [index, { name, endedAt }] of steps.entries()) {
    report.step(`${index + 1} of 2  ${name}`, secondsBetween(before, endedAt));
    before = endedAt;
  }
  report.step('the unique URL is given away', (Date.now() - asked.getTime()) / 1000);

  report.section('Open the session through the proxy');
  const page = await openSessionUrl(session.url);
  if (page.status !== 200) throw new Error(`the machine's page answered ${page.status}`);
  const title = /<title>([^<]*)<\/title>/i.exec(page.body)?.[1] ?? 'without a title';
  report.step(`the machine's own page: ${title.trim()}`);
  const [, machineName = ''] = new URL(session.url).hostname.split('.');
  const leaf = new X509Certificate(readFileSync(join(options.agentCertificates, `${machineName}.pem`)));
  const heldThumbprint = createHash('sha256').update(leaf.raw).digest('hex');
  report.step(`leaf seen through the proxy  ${page.thumbprint.slice(0, 32)}…`);
  report.step(`leaf held by the machine     ${heldThumbprint.slice(0, 32)}…`);
  if (page.thumbprint !== heldThumbprint)
    throw new Error('the two leaves differ: TLS did not end on the machine');

  // The first ticket is spent: the person who reads this gets one of his own.
  const { url = session.url } = await client.getSession(machine.id, session.sessionId);
  return {
    machineId: machine.id,
    url,
    expiresAt: session.expiresAt,
    seenThumbprint: page.thumbprint,
    heldThumbprint,
  };
}
