import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { MachineExtension } from '#shared/ports/resource-manager.ts';
import { updateDocument } from '../records.ts';

export type DeliverCertificateActivities = ReturnType<typeof createDeliverCertificateActivities>;

export interface DeliverCertificatePorts {
  store: MachineStore;
  bus: MessageBus;
  extension: MachineExtension;
  now(): Date;
  newId(): string;
}

export interface DeliveryProgress {
  served: boolean;
  /** What stands in the way for good, if anything. */
  failure?: string;
  /** What is seen of it so far, one sentence. */
  detail: string;
}

export function createDeliverCertificateActivities(ports: DeliverCertificatePorts) {
  const { store, bus, extension, now, newId } = ports;
  return {
    /** Tells the agent that there is a new certificate. A hint: an agent that is not there yet reads it later. */
    async announceCertificate(input: { machineId: string; thumbprint: string }): Promise<void> {
      await bus.sendToAgent(input.machineId, {
        specversion: '1.0',
        id: newId(),
        source: '/admin-center',
        time: now().toISOString(),
        type: 'admin-center.certificate.changed',
        data: { thumbprint: input.thumbprint },
      });
    },

    /** Whether the agent's own signed report says that it serves this leaf; the truth is in the store. */
    async readDelivery(input: {
      machineId: string;
      resourceId: string;
      thumbprint: string;
    }): Promise<DeliveryProgress> {
      const agent = await store.read(input.machineId, 'agent');
      if (agent?.document.servingThumbprint === input.thumbprint) {
        return { served: true, detail: 'the agent serves the certificate' };
      }
      const seen = await extension.read(input.resourceId);
      if (seen.state === 'failed')
        return { served: false, failure: seen.detail, detail: 'the extension failed' };
      if (seen.state === 'absent')
        return { served: false, failure: 'the extension was removed', detail: 'removed' };
      return {
        served: false,
        detail: agent
          ? 'the agent has enrolled and fetches the certificate'
          : 'the machine takes up the extension',
      };
    },

    async recordServed(input: { machineId: string; thumbprint: string }): Promise<void> {
      await updateDocument(store, input.machineId, 'certificate', undefined, (certificate) =>
        certificate.thumbprint === input.thumbprint && certificate.state !== 'served'
          ? { document: { ...certificate, state: 'served', servedAt: now().toISOString() } }
          : undefined,
      );
    },
  };
}
