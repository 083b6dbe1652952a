import type { IssuedLeaf } from './certificate.ts';
import type { AgentDocument, CertificateDocument, MachineDocument } from './documents.ts';
import type { MachineFacts } from './machine.ts';
import type { MachineRecords } from './machine-state.ts';

/** What a list of machines needs of each: enough for state, health, rights and a row, and no more. */
export interface MachineSummary extends MachineRecords {
  machine: MachineRecords['machine'] &
    Pick<MachineDocument, 'displayName' | 'kind' | 'machineId' | 'resourceId' | 'subscriptionId'> & {
      facts?: Pick<MachineFacts, 'location' | 'osName'>;
    };
}

/** Members that are absent stay absent. */
function picked<T extends object, K extends keyof T>(whole: T, names: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    names.filter((name) => whole[name] !== undefined).map((name) => [name, whole[name]]),
  ) as Pick<T, K>;
}

const leafOf = (leaf: IssuedLeaf) => picked(leaf, ['notBefore', 'notAfter', 'servedAt']);

function certificateOf({ state, leaf, previous }: CertificateDocument): MachineSummary['certificate'] {
  return { state, ...(leaf && { leaf: leafOf(leaf) }), ...(previous && { previous: leafOf(previous) }) };
}

function agentOf(agent: AgentDocument): MachineSummary['agent'] {
  return {
    ...picked(agent, ['agentVersion', 'clockOffsetMs', 'connected', 'lastSeenAt']),
    egress: { unreachable: (agent.egress?.unreachable ?? []).map(({ host }) => ({ host })) },
    checks: (agent.checks ?? []).filter(({ ok }) => ok === false).map(({ id, ok }) => ({ id, ok })),
  };
}

/** From whole documents; of lists in them what is amiss alone. */
export function summaryOf(
  machine: MachineDocument,
  certificate: CertificateDocument | undefined,
  agent: AgentDocument | undefined,
): MachineSummary {
  const { extension, facts, before } = machine;
  return {
    machine: {
      ...picked(machine, ['machineId', 'resourceId', 'kind', 'displayName', 'subscriptionId']),
      ...picked(machine, ['adoption', 'currentOperation', 'goneSince', 'movedTo']),
      ...picked(machine, ['manualInstallation', 'replaceConsent']),
      ...(facts && { facts: picked(facts, ['osName', 'location']) }),
      ...(extension && { extension: picked(extension, ['state', 'port', 'removedSince']) }),
      ...(before && { before: picked(before, ['extension']) }),
    },
    ...(certificate && { certificate: certificateOf(certificate) }),
    ...(agent && { agent: agentOf(agent) }),
  };
}
