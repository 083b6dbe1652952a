import { app, type InvocationContext } from '@azure/functions';
import { updateDocument } from '#orchestrations/records.ts';
import { retireCertificate } from '#orchestrations/retire-certificate.ts';
import { withdrawName } from '#orchestrations/withdraw-name.ts';
import type { MachineDocument } from '#shared/domain/documents.ts';
import { certificateName } from '#shared/protocol/resource-names.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';

type WithdrawPorts = Pick<AppPorts, 'store' | 'dns' | 'relay' | 'vault' | 'now'>;

/** Every hour, at a quarter past. */
const schedule = '0 15 * * * *';

/** Names whose last session has ended: records, relay object and certificate go, in this order. */
async function withdrawFrom(ports: WithdrawPorts, machine: MachineDocument): Promise<string[]> {
  const { machineId, retiredNames = [] } = machine;
  const now = ports.now().toISOString();
  const ended = retiredNames.filter(({ until }) => until <= now).map(({ machineName }) => machineName);
  for (const name of ended) {
    await withdrawName(ports, machineId, name);
    const certificate = certificateName(name);
    await retireCertificate(ports, { ownerId: machineId, machineName: name, certificate });
    await updateDocument(ports.store, machineId, 'machine', undefined, (found) => ({
      document: {
        ...found,
        retiredNames: (found.retiredNames ?? []).filter(({ machineName }) => machineName !== name),
      },
    }));
  }
  return ended;
}

/** One that fails never stops the next. */
export async function withdrawRetiredNames(
  ports: WithdrawPorts,
  context: Pick<InvocationContext, 'info' | 'warn'>,
): Promise<void> {
  for (const machine of await ports.store.listMachines()) {
    try {
      const names = await withdrawFrom(ports, machine);
      if (names.length > 0) context.info(`names of ${machine.machineId} withdrawn: ${names.join(', ')}`);
    } catch (error) {
      context.warn(`names of ${machine.machineId} not withdrawn: ${String(error)}`);
    }
  }
}

export function registerRetiredNames(provider: PortsProvider): void {
  app.timer('withdrawRetiredNames', {
    schedule,
    handler: (_, context) => withdrawRetiredNames(provider(), context),
  });
}
