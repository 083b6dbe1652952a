import type { MachineReply } from '#shared/protocol/api.ts';
import type { MachineRow } from '#shared/protocol/machine-list-api.ts';
import { renderFields, renderTable } from './columns.ts';
import { formatMoment } from './moment.ts';

const extensionOf = ({ extension: { state, port } }: MachineReply): string =>
  port === null ? state : `${state}, port ${port}`;

const agentOf = ({ presence: { connected, lastSeenAt } }: MachineReply): string =>
  connected ? 'connected' : lastSeenAt === null ? 'never seen' : 'away';

const rights = ['install', 'connect'] as const;
const rightsOf = ({ may }: MachineReply): string =>
  rights.filter((right) => may[right].allowed).join(', ') || 'see';

const servicesOf = ({ endpoint: { enabled, services } }: MachineReply): string => {
  if (!enabled) return 'absent';
  const listed = Object.entries(services).map(([name, port]) => `${name} on ${port}`);
  return listed.join(', ') || 'present, without a service';
};

const certificateOf = ({ state, notAfter }: NonNullable<MachineReply['certificate']>): string =>
  notAfter === null ? state : `${state}, until ${notAfter}`;

const gibibyte = 2 ** 30;

export const renderMachines = (machines: readonly MachineRow[], room?: number): string =>
  renderTable(
    ['name', 'id', 'state', 'health', 'certificate until', 'you may'],
    machines.map(({ name, id, state, health, notAfter, may }) => [
      name,
      id,
      state,
      health.state,
      notAfter === null ? '-' : formatMoment(notAfter),
      rights.filter((right) => may[right]).join(', ') || 'see',
    ]),
    { room, whole: ['you may'], spare: ['id'] },
  );

export function renderMachine(machine: MachineReply): string {
  const { facts, certificate, presence, operation, health } = machine;
  return renderFields([
    ['name', machine.name],
    ['id', machine.id],
    ['resource', machine.resourceId],
    ['kind', machine.kind],
    ['state', machine.state],
    ['health', health.state],
    ...health.reasons.map(({ sentence, remedy }) => ['', `${sentence} ${remedy}`] as const),
    ['system', facts && `${facts.osName} ${facts.osVersion}`],
    ['memory', facts?.memoryBytes ? `${(facts.memoryBytes / gibibyte).toFixed(1)} GiB` : undefined],
    ['location', facts && `${facts.location}, ${facts.cloud}`],
    ['status', facts?.status],
    ['extension', extensionOf(machine)],
    ['endpoint', servicesOf(machine)],
    ['certificate', certificate && certificateOf(certificate)],
    ['', certificate?.hostNames.join(', ')],
    ['', certificate?.thumbprint],
    ['agent', agentOf(machine)],
    ['agent version', presence.agentVersion],
    ['last seen', presence.lastSeenAt],
    ...(presence.unreachable ?? []).map(({ host, reason }) => ['not reached', `${host}: ${reason}`] as const),
    ['running', operation && `${operation.kind} ${operation.id}`],
    ['you may', rightsOf(machine)],
    ...rights.map(
      (right) => [`to ${right}`, machine.may[right].missingAction && lacking(machine, right)] as const,
    ),
  ]);
}

const lacking = ({ may }: MachineReply, right: (typeof rights)[number]): string =>
  `you lack ${may[right].missingAction}`;
