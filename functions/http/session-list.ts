import { revokeSessions } from '#orchestrations/revoke-sessions.ts';
import type { AccessDecision, AccessRight } from '#shared/domain/access.ts';
import type { SessionDocument } from '#shared/domain/documents.ts';
import { AppError } from '#shared/domain/error.ts';
import { problem } from '#shared/protocol/api.ts';
import {
  endedSessionsReply,
  type ListedSession,
  sessionListQuery,
  sessionListReply,
} from '#shared/protocol/session-api.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import type { Caller } from './authorization.ts';
import { type MachineAccess, openMachine } from './machine-access.ts';
import { defineRoute, readQuery } from './route.ts';
import { listVisible } from './visible-machines.ts';

/** Of one machine; of all. More than a person reads. */
const mostOfMachine = 1_000;
const most = 5_000;

const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Whoever installs here, and whoever says who may connect here, sees and ends the sessions of all. */
const mayEndAny = (decide: (right: AccessRight) => AccessDecision): boolean =>
  decide('install').allowed || decide('approve').allowed;

/** The same from roles that are as fresh as a refusal must be. */
export const mayEndAnyNow = async (access: Pick<MachineAccess, 'decideNow'>): Promise<boolean> =>
  (await access.decideNow('install')).allowed || (await access.decideNow('approve')).allowed;

const isLive = ({ state, expiresAt }: SessionDocument, now: Date): boolean =>
  (state === 'open' || state === 'opening') && expiresAt * 1000 > now.getTime();

function rowOf(session: SessionDocument, machine: string, caller: Caller, now: Date): ListedSession {
  const { id, machineId, service, user, state, from, leaseId, usage, end } = session;
  const isOver = (state === 'open' || state === 'opening') && !isLive(session, now);
  return {
    sessionId: id,
    machineId,
    machine,
    service,
    user,
    isOwn: user.id === caller.id,
    state: isOver ? 'ended' : state,
    createdAt: isoOf(session.createdAt),
    expiresAt: isoOf(session.expiresAt),
    ...(from !== undefined && { from }),
    ...(leaseId !== undefined && { leaseId }),
    ...(usage && { usage }),
    ...(end && { end }),
    ...(isOver && !end && { end: { at: isoOf(session.expiresAt), reason: 'expired' as const } }),
    // Others' sessions are shown to those alone who may end them.
    mayEnd: isLive(session, now),
  };
}

const wanted = (session: SessionDocument, ended: string | undefined, now: Date): boolean =>
  session.state !== 'failed' && (ended === 'true' || isLive(session, now));

const newestFirst = (one: SessionDocument, other: SessionDocument) => other.createdAt - one.createdAt;

async function sessionsEverywhere(
  ports: AppPorts,
  caller: Caller,
  ended: string | undefined,
): Promise<ListedSession[]> {
  const [{ visible }, found] = await Promise.all([
    listVisible(ports, caller, { isCurrent: false }),
    ports.store.findSessions(ended === 'true' ? 'recent' : 'live', most),
  ]);
  const now = ports.now();
  const machines = new Map(
    visible.map(({ known: { machine }, decide }) => [machine.machineId, { machine, decide }]),
  );
  return found
    .filter((session) => wanted(session, ended, now))
    .flatMap((session) => {
      const seen = machines.get(session.machineId);
      if (!seen || !(session.user.id === caller.id || mayEndAny(seen.decide))) return [];
      return [rowOf(session, seen.machine.displayName, caller, now)];
    });
}

export function registerSessionList(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'listSessions',
      method: 'GET',
      route: 'api/sessions',
      audience: 'user',
      applications: true,
      summary: "The caller's sessions, and all on machines where he installs or says who may connect",
      query: sessionListQuery,
      replies: { 200: sessionListReply, 400: problem, 401: problem },
    },
    async ({ ports, caller, request }) => {
      const { ended } = readQuery(sessionListQuery, request);
      return { body: { value: await sessionsEverywhere(ports, caller, ended) } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'listMachineSessions',
      method: 'GET',
      route: 'api/machines/{id}/sessions',
      audience: 'user',
      applications: true,
      summary: 'Sessions on a machine: who, since when, how much',
      query: sessionListQuery,
      replies: { 200: sessionListReply, 400: problem, 401: problem, 404: problem },
    },
    async ({ ports, caller, parameter, request }) => {
      const { ended } = readQuery(sessionListQuery, request);
      const { machine, decide } = await openMachine(ports, caller, parameter('id'));
      const now = ports.now();
      const which = ended === 'true' ? 'recent' : 'live';
      const held = await ports.store.findSessions(which, mostOfMachine, machine.machineId);
      const value = held
        .filter((session) => session.user.id === caller.id || mayEndAny(decide))
        .filter((session) => wanted(session, ended, now))
        .toSorted(newestFirst)
        .map((session) => rowOf(session, machine.displayName, caller, now));
      return { body: { value } };
    },
  );

  defineRoute(
    provider,
    {
      name: 'revokeSessions',
      method: 'DELETE',
      route: 'api/machines/{id}/sessions',
      audience: 'user',
      applications: true,
      summary: 'End every live session on a machine now: all connections are cut',
      replies: { 200: endedSessionsReply, 401: problem, 403: problem, 404: problem },
    },
    async ({ ports, caller, parameter, request }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      if (!(await mayEndAnyNow(access))) {
        const missingAction = 'Microsoft.Authorization/roleAssignments/write';
        throw new AppError('access_denied', 'only who installs here, or assigns roles, ends all sessions', {
          facts: { missingAction },
        });
      }
      const ending = { ...auditedCaller(caller, request), reason: 'revoked' as const };
      return { body: { ended: await revokeSessions(ports, ending, access.machine.machineId) } };
    },
  );
}
