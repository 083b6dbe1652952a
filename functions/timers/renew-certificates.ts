import { app, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import { moveCertificate } from '#orchestrations/certificate-record.ts';
import type { Child } from '#orchestrations/context.ts';
import { operationId, orchestratorNames, sweepInstanceId } from '#orchestrations/names.ts';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import type { RenewDueInput } from '#orchestrations/renew-due/orchestrator.ts';
import type { CertificateDocument } from '#shared/domain/documents.ts';
import { isFree, startOnce } from '../begin-operation.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';

/** Every minute. */
const schedule = '0 * * * * *';
/**
 * Renewals that one sweep starts: as many as the zone takes new record sets a minute. What is left is still due at
 * the next.
 */
const batch = 200;

/**
 * What has to be renewed on this machine. An operation that a crash left behind would hold the machine for ever:
 * its record is brought together with its instance first.
 */
async function childOf(
  ports: AppPorts,
  client: DurableClient,
  { machineId, custody, plan }: CertificateDocument,
): Promise<Child<RenewCertificateInput> | undefined> {
  const machine = (await ports.store.read(machineId, 'machine'))?.document;
  const machineName = machine?.nextName?.machineName ?? machine?.machineName;
  if (machine && !(await isFree(ports, client, machine))) return undefined;
  if (!machine || machineName === undefined) {
    // Nobody can serve it: due for ever, it would stand before those that can be renewed.
    await moveCertificate(ports, machineId, { type: 'withdraw' });
    return undefined;
  }
  return {
    instanceId: operationId(machineId, ports.newId()),
    input: {
      machineId,
      resourceId: machine.resourceId,
      machineName,
      // A change that waits for its turn is on the record alone; one that failed is not tried again.
      custody: plan ? custody : (machine.custody ?? custody),
      isSweep: true,
    },
  };
}

/** Asks for what is due, the oldest first, and starts one sweep over it. */
export async function renewDue(
  ports: AppPorts,
  client: DurableClient,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  const at = ports.now().toISOString();
  const due = await ports.store.findDue(at, batch);
  const found = await Promise.allSettled(due.map((certificate) => childOf(ports, client, certificate)));
  const children: Child<RenewCertificateInput>[] = [];
  for (const [index, result] of found.entries()) {
    if (result.status === 'fulfilled') children.push(...(result.value ? [result.value] : []));
    else context.warn(`renewal of ${due[index]?.machineId ?? ''} did not start: ${String(result.reason)}`);
  }
  if (children.length === 0) return;
  const instanceId = sweepInstanceId(at.slice(0, 16));
  const sweep: RenewDueInput = { children };
  await startOnce(client, orchestratorNames.renewDue, instanceId, sweep);
  context.info(`${instanceId}: ${children.length} of ${due.length} due`);
}

export function registerRenewal(provider: PortsProvider): void {
  app.timer('renewCertificates', {
    schedule,
    extraInputs: [input.durableClient()],
    handler: (_, context) => renewDue(provider(), getClient(context), context),
  });
}
