import { expect } from 'vitest';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import type { IssueCertificateInput } from '#orchestrations/issue-certificate/orchestrator.ts';
import { agentReportedEvent } from '#orchestrations/names.ts';
import type { KeyCustody } from '#shared/domain/certificate.ts';
import type { OperationKind } from '#shared/domain/operation.ts';
import type { DurableApp } from '../durable-app.ts';
import { reportAllServing } from '../fleet.ts';
import { subscriptionId } from '../memory-ports.ts';
import { machineId, resourceId } from '../sample-machine.ts';

export const dayMs = 86_400_000;

export const install: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'vault',
  newName: false,
};
export const issue: IssueCertificateInput = {
  machineId,
  machineName: 'abcdefghijklmnopqrstuvwxyz',
  custody: 'vault',
  isInstall: true,
};

export const machineOf = async (app: DurableApp, id = machineId) =>
  (await app.store.read(id, 'machine'))?.document;
export const recordOf = async (app: DurableApp, id = machineId) =>
  (await app.store.read(id, 'certificate'))?.document;

/** A request of the machine's own key for each order that waits for one, written once. */
async function answerRequests(app: DurableApp): Promise<void> {
  for (const { machineId: id, wantedRequest: key } of await app.store.listCertificates()) {
    if (key === undefined || (await app.store.read(id, 'certificate-request', key))) continue;
    const request = Buffer.from(`request of the machine for ${key}`).toString('base64');
    await app.store.commit(id, [{ create: { type: 'certificate-request', machineId: id, key, request } }]);
    const operation = (await machineOf(app, id))?.currentOperation?.id;
    if (operation !== undefined) await app.host.raiseEvent(operation, agentReportedEvent, {});
  }
}

/** Agents that serve what is newest, and sign requests with keys of their own when they are asked. */
export function liveAgents(app: DurableApp): void {
  app.faults.before('extension.read', () => reportAllServing(app));
  app.faults.before('bus.sendToAgent', () => answerRequests(app));
}

/** The sample machine with a certificate of yesterday. */
export async function installed(app: DurableApp): Promise<void> {
  liveAgents(app);
  await app.run('install', install);
  app.clock.advance(dayMs);
}

export async function runIssue(app: DurableApp, input: IssueCertificateInput): Promise<void> {
  await app.host.waitForCompletion(await app.host.start('issueCertificate', { input }));
}

/** The newest operation of this kind succeeded, and the machine is free. */
export async function expectSucceeded(app: DurableApp, kind: OperationKind): Promise<void> {
  const operations = await app.store.list(machineId, 'operation', 10);
  const [newest] = operations
    .filter((operation) => operation.kind === kind)
    .toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
  expect(newest?.error).toBeUndefined();
  expect(newest?.status).toBe('succeeded');
  expect(await machineOf(app)).not.toHaveProperty('currentOperation');
}

/** So many were issued in all, and the last of them is in service: no version beside it. */
export async function expectServed(
  app: DurableApp,
  issued: number,
  custody: KeyCustody = 'vault',
): Promise<void> {
  expect(app.authority.issued).toHaveLength(issued);
  expect(await recordOf(app)).toMatchObject({
    state: 'served',
    leaf: { custody, version: String(issued), serialNumber: `authority-test-0${issued}` },
  });
}
