import type { MachineReply } from '#shared/protocol/api.ts';
import { type MachineListReply, type MachineRow, machineState } from '#shared/protocol/machine-list-api.ts';
import { sampleMachine } from './portal-samples.ts';

const rowOf = (machine: MachineReply): MachineRow => ({
  id: machine.id,
  resourceId: machine.resourceId,
  name: machine.name,
  kind: machine.kind,
  state: machine.state,
  health: { state: machine.health.state, reasons: machine.health.reasons.map(({ code }) => code) },
  osName: machine.facts?.osName ?? null,
  location: machine.facts?.location ?? null,
  port: machine.extension.port,
  notAfter: machine.certificate?.notAfter ?? null,
  presence: machine.presence,
  operation: machine.operation,
  may: { install: machine.may.install.allowed, connect: machine.may.connect.allowed },
});

/** A page of these machines as the service answers it; its tokens count rows. */
export function listSamples(machines: readonly MachineReply[], query: URLSearchParams): MachineListReply {
  const [top, before] = [Number(query.get('top') ?? 200), Number(query.get('skipToken') ?? 0)];
  const words = (query.get('search') ?? '').toLowerCase().split(/\s+/);
  const rank = ({ state }: MachineReply) => machineState.options.indexOf(state);
  const matched = machines
    .filter(({ name, resourceId, facts }) => {
      const text = `${name} ${resourceId} ${facts?.osName ?? ''}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .filter(({ state }) => state === (query.get('state') ?? state))
    .filter(({ kind }) => kind === (query.get('kind') ?? kind))
    .toSorted((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1));
  const counts = machineState.options.map((state) => [
    state,
    machines.filter((machine) => machine.state === state).length,
  ]);
  return {
    value: matched.slice(before, before + top).map(rowOf),
    total: machines.length,
    matched: matched.length,
    before,
    counts: Object.fromEntries(counts) as MachineListReply['counts'],
    previous: before > 0 ? String(Math.max(0, before - top)) : null,
    next: before + top < matched.length ? String(before + top) : null,
    readAt: new Date().toISOString(),
  };
}

/** So many machines in all the states and on all the targets there are; most are ready. */
export function manyMachines(
  count: number,
  states: readonly MachineReply['state'][] = ['ready'],
): MachineReply[] {
  const kinds = ['arc', 'azure-vm', 'arc', 'hci-cluster'] as const;
  return Array.from({ length: count }, (_, index) => {
    const number = String(index).padStart(4, '0');
    const state = states[index % states.length] ?? 'ready';
    return {
      ...sampleMachine(0, { name: `server-${number}`, state, kind: kinds[index % kinds.length] ?? 'arc' }),
      id: `m${number}`.padEnd(26, 'a'),
    };
  });
}
