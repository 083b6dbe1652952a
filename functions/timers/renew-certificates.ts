import { app, type InvocationContext } from '@azure/functions';
import { type DurableClient, getClient, input } from 'durable-functions';
import type { RenewCertificateInput } from '#orchestrations/renew-certificate/orchestrator.ts';
import type { CertificateDocument } from '#shared/domain/documents.ts';
import { beginOperation } from '../begin-operation.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';

/** Every five minutes, at the start of the minute. */
const schedule = '0 */5 * * * *';
/** Renewals that one run starts; what is left is still due at the next. */
const batch = 50;
const system = { id: 'renewal-timer', name: 'Renewal timer' };

async function renew(
  ports: AppPorts,
  client: DurableClient,
  { machineId }: CertificateDocument,
): Promise<string> {
  const machine = await ports.store.read(machineId, 'machine');
  if (machine?.document.machineName === undefined) return `${machineId} has no name`;
  const renewal: RenewCertificateInput = {
    machineId,
    resourceId: machine.document.resourceId,
    machineName: machine.document.machineName,
    propagationMs: ports.settings.ADMIN_CENTER_DNS_PROPAGATION_SECONDS * 1000,
  };
  const operation = await beginOperation(ports, client, {
    machine,
    kind: 'renew',
    input: renewal,
    requestedBy: system,
  });
  return operation.id;
}

/** Asks for what is due, the oldest first. One that cannot start never stops the next. */
async function renewDue(ports: AppPorts, client: DurableClient, context: InvocationContext): Promise<void> {
  const due = await ports.store.findDue(ports.now().toISOString(), batch);
  const started = await Promise.allSettled(due.map((certificate) => renew(ports, client, certificate)));
  for (const [index, result] of started.entries()) {
    const machineId = due[index]?.machineId ?? '';
    if (result.status === 'fulfilled') context.info(`renewal ${result.value}`);
    else context.warn(`renewal of ${machineId} did not start: ${String(result.reason)}`);
  }
}

export function registerRenewal(provider: PortsProvider): void {
  app.timer('renewCertificates', {
    schedule,
    extraInputs: [input.durableClient()],
    handler: (_, context) => renewDue(provider(), getClient(context), context),
  });
}
