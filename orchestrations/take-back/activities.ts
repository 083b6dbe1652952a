import type { MachineDocument } from '#shared/domain/documents.ts';
import type { Compensation } from '#shared/domain/operation.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { MachineNetwork } from '#shared/ports/machine-network.ts';
import type { MachineStore } from '#shared/ports/machine-store.ts';
import type { MessageBus } from '#shared/ports/message-bus.ts';
import type { RelayNamespace } from '#shared/ports/relay-namespace.ts';
import type { HybridConnectivity, MachineExtension } from '#shared/ports/resource-manager.ts';
import type { SecretStore } from '#shared/ports/secret-store.ts';
import { moveCertificate } from '../certificate-record.ts';
import { servicesIfAny } from '../found-before.ts';
import { getDocument, updateDocument } from '../records.ts';
import { withdrawName } from '../withdraw-name.ts';

export type TakeBackActivities = ReturnType<typeof createTakeBackActivities>;

export interface TakeBackPorts {
  connectivity: HybridConnectivity;
  extension: MachineExtension;
  network: MachineNetwork;
  store: MachineStore;
  secrets: SecretStore;
  dns: DnsZone;
  relay: RelayNamespace;
  bus: MessageBus;
  now(): Date;
  newId(): string;
}

export type MadePart =
  | 'extension'
  | 'channels'
  | 'port rule'
  | 'name'
  | 'certificate'
  | 'configuration'
  | 'endpoint';

interface Subject {
  machineId: string;
  resourceId: string;
  machineName?: string;
}

const nothing: Compensation = { undone: [], left: [] };
const undone = (what: string): Compensation => ({ undone: [what], left: [] });
const left = (what: string, why: string): Compensation => ({ undone: [], left: [{ what, why }] });
const wasThere = 'it was there before the install, made by somebody else';

export function createTakeBackActivities(ports: TakeBackPorts) {
  const { connectivity, extension, network, store, bus } = ports;

  const changeMachine = (machineId: string, change: (machine: MachineDocument) => MachineDocument) =>
    updateDocument(store, machineId, 'machine', undefined, (machine) => ({ document: change(machine) }));

  /** One part: what was taken back, or why it stays. Each can run twice, and says the same then. */
  const parts: Readonly<
    Record<MadePart, (subject: Subject, machine: MachineDocument) => Promise<Compensation>>
  > = {
    async extension({ machineId, resourceId }, { before }) {
      if (before?.extension) return left('the extension AdminCenter', wasThere);
      // The token is written before the extension: without one there was no deployment.
      const wasDeployed = (await store.read(machineId, 'enrolment')) !== undefined;
      await extension.beginRemove(resourceId);
      return wasDeployed ? undone('the extension AdminCenter') : nothing;
    },

    /** The next agent makes keys of its own, so the one that may have enrolled is forgotten. */
    async channels({ machineId }) {
      await store.commit(machineId, [{ remove: 'agent' }, { remove: 'enrolment' }]);
      await bus.removeAgentQueue(machineId);
      return undone('the queue of the agent');
    },

    async 'port rule'({ machineId }, { portRule }) {
      if (!portRule) return nothing;
      if (!portRule.isOurs) return left(`the rule ${portRule.ruleId}`, wasThere);
      await network.closePort(portRule.ruleId, machineId);
      return undone('the rule PortForWAC');
    },

    /** The name stays on record and with it a certificate that was issued: the next try orders nothing. */
    async name({ machineId, machineName }) {
      if (machineName === undefined) return nothing;
      await withdrawName(ports, machineId, machineName);
      return undone('the DNS records and the relay connection of the name');
    },

    async certificate({ machineId }) {
      const record = (await store.read(machineId, 'certificate'))?.document;
      if (!record) return nothing;
      if (record.leaf) return left('the certificate', 'the next install uses it and orders no other');
      await moveCertificate(ports, machineId, { type: 'withdraw' });
      return undone('the order of the certificate');
    },

    async configuration({ machineId, resourceId }, { before }) {
      const port = before?.configuredPort;
      if (port === undefined) await connectivity.removeServiceConfiguration(resourceId, 'WAC');
      else await connectivity.putServiceConfiguration(resourceId, 'WAC', port);
      await changeMachine(machineId, (machine) => {
        const { WAC: _, ...services } = machine.endpoint?.services ?? {};
        const kept = port === undefined ? services : { ...services, WAC: port };
        return { ...machine, endpoint: { enabled: machine.endpoint?.enabled ?? false, services: kept } };
      });
      return port === undefined
        ? undone('the service configuration WAC')
        : left('the service configuration WAC', `${wasThere}; its port is ${port} again`);
    },

    /** Requirements 58 and 59. */
    async endpoint({ resourceId }, { before }) {
      if (!(await servicesIfAny(connectivity, resourceId))) return nothing;
      return left(
        'the endpoint',
        before?.endpoint ? wasThere : 'other experiences may use it, SSH for example',
      );
    },
  };

  return {
    async takeBack(input: Subject & { part: MadePart }): Promise<Compensation> {
      const { document: machine } = await getDocument(store, input.machineId, 'machine');
      return parts[input.part](input, machine);
    },
  };
}
