import type { z } from 'zod';
import { type Health, healthOf } from '#shared/domain/machine-health.ts';
import { isPresent, type MachineState, machineStates, stateOf } from '#shared/domain/machine-state.ts';
import { problem } from '#shared/protocol/api.ts';
import {
  type MachineListReply,
  type MachineRow,
  machineListQuery,
  machineListReply,
  pageSizes,
} from '#shared/protocol/machine-list-api.ts';
import type { PortsProvider } from '../ports.ts';
import { compareByName } from '../remembered-machines.ts';
import { version } from '../version.ts';
import { defineRoute, readQuery, refuseFields } from './route.ts';
import { beginning, type Position, readSkipToken, writeSkipToken } from './skip-token.ts';
import { listVisible, type VisibleMachine } from './visible-machines.ts';

type Question = z.output<typeof machineListQuery>;

/** A machine with what its place in the list follows from. */
interface Judged extends VisibleMachine {
  state: MachineState;
  health: Health;
  /** Lower ones first: by state, and in each those that are not well. */
  rank: number;
}

function judge(machine: VisibleMachine, now: number): Judged {
  const state = stateOf(machine.known, now);
  const health = healthOf(machine.known, { now, agentVersion: version });
  const isAmiss = health.state === 'degraded' || health.state === 'unreachable';
  return { ...machine, state, health, rank: 2 * machineStates.indexOf(state) + (isAmiss ? 0 : 1) };
}

const positionOf = ({ rank, known: { machine } }: Judged): Position => ({
  rank,
  displayName: machine.displayName,
  machineId: machine.machineId,
});

const compare = (one: Position, other: Position) => one.rank - other.rank || compareByName(one, other);

/** They come by name: in each rank that order stays. */
const troubleFirst = (machines: readonly Judged[]) =>
  machines.toSorted((one, other) => one.rank - other.rank);

function matching(machines: readonly Judged[], { search = '', state, kind }: Question): Judged[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return machines.filter(
    (one) =>
      (state === undefined || one.state === state) &&
      (kind === undefined || one.known.machine.kind === kind) &&
      words.every((word) => one.known.text.includes(word)),
  );
}

function rowOf(
  { known: { machine, certificate, agent }, state, health, decide }: Judged,
  now: number,
): MachineRow {
  return {
    id: machine.machineId,
    resourceId: machine.resourceId,
    name: machine.displayName,
    kind: machine.kind,
    state,
    health: { state: health.state, reasons: [...new Set(health.reasons.map(({ code }) => code))] },
    osName: machine.facts?.osName ?? null,
    location: machine.facts?.location ?? null,
    port: machine.extension?.port ?? null,
    notAfter: certificate?.leaf?.notAfter ?? null,
    presence: { connected: isPresent(agent, now), lastSeenAt: agent?.lastSeenAt ?? null },
    operation: machine.currentOperation ?? null,
    may: { install: decide('install').allowed, connect: decide('connect-wac').allowed },
  };
}

/** The rows after the token's, and the tokens of the pages beside them. */
function pageOf(ordered: readonly Judged[], question: Question) {
  const { top = pageSizes.default, skipToken, search, state, kind } = question;
  const asked = JSON.stringify([search ?? '', state ?? '', kind ?? '']);
  const after = skipToken === undefined ? beginning : readSkipToken(asked, skipToken);
  if (!after)
    throw refuseFields([{ field: 'skipToken', message: 'is not one that was given for this question' }]);
  const first = ordered.findIndex((one) => compare(positionOf(one), after) > 0);
  const before = first < 0 ? ordered.length : first;
  const end = before + top;
  const tokenOf = (last: Judged | undefined) => writeSkipToken(asked, last ? positionOf(last) : beginning);
  return {
    rows: ordered.slice(before, end),
    before,
    previous: before > 0 ? tokenOf(ordered[before - top - 1]) : null,
    next: end < ordered.length ? tokenOf(ordered[end - 1]) : null,
  };
}

function countStates(machines: readonly Judged[]): MachineListReply['counts'] {
  const counts = Object.fromEntries(machineStates.map((state) => [state, 0])) as MachineListReply['counts'];
  for (const { state } of machines) counts[state] += 1;
  return counts;
}

/** RFC 9111 section 5.2.1.4: a client that has just changed something asks past what is remembered here. */
const wantsCurrent = (headers: { get(name: string): string | null }): boolean =>
  /(?:^|[\s,])no-cache(?:$|[\s,])/i.test(headers.get('cache-control') ?? '');

export function registerMachineList(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'listMachines',
      method: 'GET',
      route: 'api/machines',
      audience: 'user',
      applications: true,
      summary: 'The machines that I may see, page by page; Cache-Control: no-cache reads them now',
      query: machineListQuery,
      replies: { 200: machineListReply, 400: problem, 401: problem },
    },
    async ({ ports, caller, request }) => {
      const question = readQuery(machineListQuery, request);
      const isCurrent = wantsCurrent(request.headers);
      const { readAt, visible } = await listVisible(ports, caller, { isCurrent });
      const now = ports.now().getTime();
      const judged = visible.map((machine) => judge(machine, now));
      const matched = troubleFirst(matching(judged, question));
      const { rows, ...page } = pageOf(matched, question);
      const body: MachineListReply = {
        value: rows.map((row) => rowOf(row, now)),
        total: judged.length,
        matched: matched.length,
        ...page,
        counts: countStates(judged),
        readAt: new Date(readAt).toISOString(),
      };
      return { body };
    },
  );
}
