import type { IssuedLeaf } from '#shared/domain/certificate.ts';
import type { CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { lostByReplacement, manualInstallationOn } from '#shared/domain/manual-installation.ts';
import { sessionLifetime } from '#shared/domain/session.ts';
import type { MachineStore, Stored } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { MachineExtension } from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { moveCertificate } from '../certificate-record.ts';
import { updateDocument } from '../records.ts';

export type DeliverCertificateActivities = ReturnType<typeof createDeliverCertificateActivities>;

export interface DeliverCertificatePorts {
  store: MachineStore;
  secrets: SecretStore;
  bus: MessageBus;
  extension: MachineExtension;
  now(): Date;
  newId(): string;
}

interface DeliverySubject {
  machineId: string;
  resourceId: string;
  thumbprint: string;
}

export interface DeliveryProgress {
  served: boolean;
  /** Only the platform's own word is missing: it comes without an event, so it is looked for soon. */
  almost?: boolean;
  /** What stands in the way for good, if anything. */
  failure?: string;
  /** What is seen of it so far, one sentence. */
  detail: string;
}

/** What a served leaf says of its machine: who holds the key from now on, and its name when that has changed. */
function settleServed(machine: MachineDocument, leaf: IssuedLeaf, at: Date): MachineDocument | undefined {
  const { nextName, nextReach, machineName: old, retiredNames = [], ...rest } = machine;
  const { custody } = leaf;
  if (nextName?.machineName !== leaf.machineName || old === undefined)
    return machine.custody === custody ? undefined : { ...machine, custody };
  const until = new Date(at.getTime() + sessionLifetime.maximum * 1000).toISOString();
  const { machineName, salt, keyVersion: nameKeyVersion } = nextName;
  const retired = [...retiredNames, { machineName: old, until }];
  const reached = nextReach && { reach: nextReach };
  return { ...rest, ...reached, custody, machineName, salt, nameKeyVersion, retiredNames: retired };
}

export interface ServedRecords {
  certificate: Stored<CertificateDocument> | undefined;
  machine: Stored<MachineDocument> | undefined;
}

export async function readServed(store: MachineStore, machineId: string): Promise<ServedRecords> {
  const wanted = [{ type: 'certificate' }, { type: 'machine' }] as const;
  const [certificate, machine] = await store.readTogether(machineId, wanted);
  return { certificate, machine };
}

/**
 * The machine serves it. Only now the old one is history; and a name that came with it is the machine's from now on,
 * while the old name answers until its sessions have ended.
 */
export async function recordServed(
  ports: Pick<DeliverCertificatePorts, 'store' | 'secrets' | 'now'>,
  { machineId, thumbprint }: { machineId: string; thumbprint: string },
  { certificate, machine: known }: ServedRecords,
): Promise<void> {
  if (!certificate) return;
  const record = await moveCertificate(
    ports,
    machineId,
    { type: 'serve', thumbprint },
    undefined,
    certificate,
  );
  const leaf = record?.leaf;
  if (leaf?.thumbprint !== thumbprint) return;
  // The name of a leaf was given to the machine before the leaf was ordered: what was read with it knows that name.
  await updateDocument(
    ports.store,
    machineId,
    'machine',
    undefined,
    (machine) => {
      const settled = settleServed(machine, leaf, ports.now());
      return settled && { document: settled };
    },
    known,
  );
}

export function createDeliverCertificateActivities(ports: DeliverCertificatePorts) {
  const { store, bus, extension, now, newId } = ports;

  /** Tells the agent that there is a new certificate. A hint: an agent that is not there yet reads it later. */
  const announce = (machineId: string, thumbprint: string): Promise<void> =>
    bus.sendToAgent(machineId, {
      specversion: '1.0',
      id: newId(),
      source: '/admin-center',
      time: now().toISOString(),
      type: 'admin-center.certificate.changed',
      data: { thumbprint },
    });

  /** What was found goes on record, so that the next request is refused before it begins. */
  async function requireConsent(machine: MachineDocument, found: string): Promise<void> {
    if (machine.replaceConsent) return;
    const foundAt = now().toISOString();
    await updateDocument(store, machine.machineId, 'machine', undefined, (document) => ({
      document: { ...document, manualInstallation: { foundAt, found } },
    }));
    throw new AppError('consent_required', found, { facts: { lost: lostByReplacement } });
  }

  /**
   * Whether the agent's own signed report says that it serves this leaf and is reachable; the truth is in the store.
   * A machine that still takes up new settings is about to restart its agent: not yet.
   */
  async function lookAt(input: DeliverySubject): Promise<DeliveryProgress> {
    const [[agent, machine], seen] = await Promise.all([
      store.readTogether(input.machineId, [{ type: 'agent' }, { type: 'machine' }]),
      extension.read(input.resourceId),
    ]);
    const notYet = (detail: string): DeliveryProgress => ({ served: false, detail });
    if (seen.state === 'failed')
      return { ...notYet('the extension failed'), failure: seen.detail ?? 'the extension failed' };
    if (seen.state === 'absent')
      return { ...notYet('the extension is gone'), failure: 'the extension was removed' };
    if (!agent || !machine) return notYet('the machine takes up the extension');
    // Once it is installed here, what the agent says of it holds nothing up.
    const isFirst = machine.document.extension?.installedAt === undefined;
    const manual = isFirst ? manualInstallationOn(machine.document, agent.document) : undefined;
    if (manual?.state === 'found') {
      await requireConsent(machine.document, manual.found);
      return notYet('the agent takes over the Windows Admin Center that is there');
    }
    const serves = agent.document.servingThumbprint === input.thumbprint && agent.document.connected === true;
    if (!serves) return notYet('the agent has enrolled and fetches the certificate');
    if (manual?.state === 'unknown') return notYet('the agent looks at what is on the machine');
    return seen.state === 'succeeded'
      ? { served: true, detail: 'the agent serves the certificate' }
      : { ...notYet('the machine takes up the new settings'), almost: true };
  }

  return {
    /** Looks how far it is; before the first look the agent is told, and what is seen served goes on record. */
    async readDelivery(input: DeliverySubject & { isFirst: boolean }): Promise<DeliveryProgress> {
      const { machineId, thumbprint, isFirst } = input;
      if (isFirst) await announce(machineId, thumbprint);
      const progress = await lookAt(input);
      if (progress.served) await recordServed(ports, input, await readServed(store, machineId));
      return progress;
    },
  };
}
