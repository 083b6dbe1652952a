import type { z } from 'zod';
import type { AgentDocument, CertificateDocument, MachineDocument } from '#shared/domain/documents.ts';
import { healthOf } from '#shared/domain/machine-health.ts';
import { isPresent, stateOf } from '#shared/domain/machine-state.ts';
import { reverse } from '#shared/domain/reach.ts';
import type { machineReply } from '#shared/protocol/api.ts';
import { version } from '../version.ts';
import type { MachineAccess } from './machine-access.ts';

type MachineReply = z.input<typeof machineReply>;

export const presenceOf = (agent: AgentDocument | undefined, now: Date): MachineReply['presence'] => ({
  connected: isPresent(agent, now.getTime()),
  lastSeenAt: agent?.lastSeenAt ?? null,
  agentVersion: agent?.agentVersion ?? null,
  ...(agent?.egress && { unreachable: agent.egress.unreachable }),
});

function certificateOf(certificate: CertificateDocument | undefined): MachineReply['certificate'] {
  if (!certificate) return null;
  const { state, leaf, dueAt = null } = certificate;
  const { hostNames = [], thumbprint = null, notBefore = null, notAfter = null } = leaf ?? {};
  return { state, hostNames, thumbprint, notBefore, notAfter, dueAt };
}

export const extensionOf = (machine: MachineDocument) => ({
  name: 'AdminCenter' as const,
  state: machine.extension?.state ?? ('absent' as const),
  port: machine.extension?.port ?? null,
  installedAt: machine.extension?.installedAt ?? null,
  ...(machine.extension?.removedSince !== undefined && { removedSince: machine.extension.removedSince }),
});

function factsOf({ facts }: MachineDocument): MachineReply['facts'] {
  if (!facts) return null;
  const { vmId: _, ...shown } = facts;
  return { ...shown, memoryBytes: facts.memoryBytes ?? null, agentVersion: facts.agentVersion ?? null };
}

function reachOf({ reach = reverse }: MachineDocument): MachineReply['reach'] {
  if (reach.mode === 'reverse') return reach;
  const { mode, address, isPublic } = reach;
  return { mode, address, isPublic };
}

const permission = (decision: ReturnType<MachineAccess['decide']>) => ({
  allowed: decision.allowed,
  missingAction: decision.allowed ? null : decision.missingAction,
});

/** A machine as the API shows it to one caller. */
export function viewMachine(
  access: MachineAccess,
  related: { certificate: CertificateDocument | undefined; agent: AgentDocument | undefined },
  now: Date,
): MachineReply {
  const { machine } = access;
  const records = { machine, ...related };
  return {
    id: machine.machineId,
    resourceId: machine.resourceId,
    name: machine.displayName,
    kind: machine.kind,
    state: stateOf(records, now.getTime()),
    health: healthOf(records, { now: now.getTime(), agentVersion: version }),
    subscriptionId: machine.subscriptionId,
    facts: factsOf(machine),
    machineName: machine.machineName ?? null,
    extension: extensionOf(machine),
    endpoint: { enabled: machine.endpoint?.enabled ?? false, services: { ...machine.endpoint?.services } },
    reach: reachOf(machine),
    ...(machine.goneSince !== undefined && { goneSince: machine.goneSince }),
    ...(machine.movedTo !== undefined && { movedTo: machine.movedTo }),
    ...(machine.movedFrom !== undefined && { movedFrom: machine.movedFrom }),
    manualInstallation: machine.manualInstallation ?? null,
    certificate: certificateOf(related.certificate),
    presence: presenceOf(related.agent, now),
    operation: machine.currentOperation ?? null,
    may: { install: permission(access.decide('install')), connect: permission(access.decide('connect-wac')) },
  };
}
