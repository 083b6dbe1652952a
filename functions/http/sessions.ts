import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import { orchestratorNames, sessionInstanceId } from '#orchestrations/names.ts';
import type { OpenSessionOutcome } from '#orchestrations/open-session/orchestrator.ts';
import { revokeSession } from '#orchestrations/revoke-sessions.ts';
import type { OpenSessionInput } from '#orchestrations/session-record.ts';
import { connectRight } from '#shared/domain/access.ts';
import { encodeBase32 } from '#shared/domain/base32.ts';
import type { MachineDocument, SessionDocument } from '#shared/domain/documents.ts';
import { AppError, errorTable, isErrorCode } from '#shared/domain/error.ts';
import { freshnessAdvice } from '#shared/domain/freshness.ts';
import { mintLabel } from '#shared/domain/label.ts';
import { defaultPorts } from '#shared/domain/machine.ts';
import { sessionHostName, sessionLifetime, sessionUrl } from '#shared/domain/session.ts';
import {
  connectReply,
  connectRequest,
  problem,
  sessionPendingReply,
  sessionReply,
} from '#shared/protocol/api.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { mintTicket } from '#shared/protocol/ticket.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { auditedCaller } from './audit-actor.ts';
import { asRecorded } from './audit-refusals.ts';
import type { Caller } from './authorization.ts';
import { openMachine } from './machine-access.ts';
import { requireStillMet } from './preconditions.ts';
import { limitRefusedConnects } from './refused-connects.ts';
import { defineRoute, type RouteCall } from './route.ts';
import { mayEndAnyNow } from './session-list.ts';

const sessionsRoute = 'api/machines/{id}/sessions';
const sessionRoute = `${sessionsRoute}/{sessionId}`;

/** The instance is asked every ten milliseconds while most sessions open, then less often; after this time it is 202. */
const patienceMs = 10_000;
const pollMs = 10;
const quickPolls = 15;
const slowestPollMs = 250;

const outcomeSchema = z.union([
  z.object({ opened: z.literal(true), expiresAt: z.number() }),
  z.object({
    opened: z.literal(false),
    error: z.object({
      code: z.string(),
      detail: z.string(),
      facts: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
]);

/** The outcome of the instance, or undefined when the patience is over. */
async function awaitOutcome(
  client: DurableClient,
  instanceId: string,
): Promise<OpenSessionOutcome | undefined> {
  const deadline = performance.now() + patienceMs;
  for (let poll = 0; performance.now() < deadline; poll += 1) {
    await sleep(poll < quickPolls ? pollMs : Math.min(pollMs * 1.3 ** (poll - quickPolls), slowestPollMs));
    const status = await client.getStatus(instanceId);
    const state = String(status.runtimeStatus);
    if (state === 'Completed') return outcomeSchema.parse(status.output) as OpenSessionOutcome;
    if (state !== 'Running' && state !== 'Pending') {
      throw new AppError('operation_interrupted', `opening the session ended as ${state}`);
    }
  }
  return undefined;
}

type SessionFacts = Pick<SessionDocument, 'id' | 'service' | 'user' | 'expiresAt'>;

/**
 * Label and ticket are minted here, after the path was tried, and pass through nothing but this answer. Each answer
 * has a ticket of its own.
 */
async function urlOf(ports: AppPorts, machine: MachineDocument, session: SessionFacts): Promise<string> {
  const machineName = machine.machineName ?? '';
  const [labelKey, { keyId }] = await Promise.all([
    ports.secrets.getSecret(secretNames.sessionLabelKey),
    ports.ticketKey.current(),
  ]);
  const { id: sessionId, service, expiresAt } = session;
  const label = mintLabel(labelKey.value, machineName, { sessionId, service, expiresAt });
  const ticket = await mintTicket(
    {
      id: randomUUID(),
      user: session.user.name,
      userId: session.user.id,
      machineName,
      sessionId,
      service,
      sessionEndsAt: expiresAt,
    },
    keyId,
    (input) => ports.ticketKey.sign(keyId, input),
    Math.floor(ports.now().getTime() / 1000),
  );
  return sessionUrl(sessionHostName(label, machineName, ports.zone), portOf(ports, machine), ticket);
}

/** In direct mode browsers come to the port of the machine itself. */
const portOf = ({ sessionPort }: AppPorts, { reach, extension }: MachineDocument): number =>
  reach?.mode === 'direct' ? (extension?.port ?? defaultPorts.WAC) : sessionPort;

const adviceOf = (ports: AppPorts, machine: MachineDocument): { advice?: string } => {
  const advice = freshnessAdvice(machine, ports.now());
  return advice === undefined ? {} : { advice };
};

const stepOf = (name: string, endedAt: string | undefined) =>
  endedAt === undefined ? [] : [{ name, endedAt }];
const isoOf = (seconds: number) => new Date(seconds * 1000).toISOString();

/** Whether a record can have such an id: the database takes no slash and no number sign in one. */
const isNameable = (sessionId: string): boolean => /^[\w-]{1,64}$/.test(sessionId);

/** A user reads and ends his own sessions; who installs on the machine, or says who may connect, any. */
async function openSessionOf({ ports, caller, parameter }: RouteCall<unknown>) {
  const access = await openMachine(ports, caller, parameter('id'));
  const sessionId = parameter('sessionId');
  const session = isNameable(sessionId)
    ? await ports.store.read(access.machine.machineId, 'session', sessionId)
    : undefined;
  const isOwn = session?.document.user.id === caller.id;
  if (!session || (!isOwn && !(await mayEndAnyNow(access)))) {
    throw new AppError('session_not_found', `there is no session ${sessionId} of yours`);
  }
  return { machine: access.machine, session, isOwn };
}

function inputOf(
  { machineId, resourceId, subscriptionId, kind }: MachineDocument,
  caller: Caller,
  body: z.output<typeof connectRequest>,
  from: string | undefined,
): OpenSessionInput {
  return {
    machineId,
    machine: { resourceId, subscriptionId, kind },
    sessionId: encodeBase32(randomBytes(10)),
    service: body.service,
    user: { id: caller.id, name: caller.name },
    ...(from !== undefined && { from }),
    lifetimeSeconds: body.lifetimeSeconds ?? sessionLifetime.default,
  };
}

export function registerSessions(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'connect',
      method: 'POST',
      route: sessionsRoute,
      audience: 'user',
      limit: 'connects',
      summary: 'Connect: a unique short-lived URL, given only after the path was tried to its end',
      body: connectRequest,
      replies: {
        201: connectReply,
        202: sessionPendingReply,
        400: problem,
        401: problem,
        403: problem,
        404: problem,
        409: problem,
        422: problem,
        502: problem,
        503: problem,
      },
    },
    async ({ ports, caller, parameter, body, durable, request }) => {
      const access = await openMachine(ports, caller, parameter('id'));
      const { machine } = access;
      const { machineId } = machine;
      const by = auditedCaller(caller, request);
      // Who may not connect is told so, by the flow that keeps the record of it, and nothing of the machine.
      const decision = await access.decideNow(connectRight(body.service));
      if (decision.allowed) await requireStillMet(ports, by, machine, 'session open');
      else limitRefusedConnects(ports, caller, decision.missingAction);
      const input = inputOf(machine, caller, body, by.from);
      const location = `/api/machines/${machineId}/sessions/${input.sessionId}`;
      const client = durable();
      const instanceId = sessionInstanceId(machineId, input.sessionId);
      await client.startNew(orchestratorNames.openSession, { instanceId, input });
      const outcome = await awaitOutcome(client, instanceId);
      if (!outcome) {
        return {
          status: 202,
          headers: { location, 'operation-location': location, 'retry-after': '1' },
          body: { sessionId: input.sessionId, status: 'opening' },
        };
      }
      if (!outcome.opened) {
        const { code, detail, facts } = outcome.error;
        const known = isErrorCode(code) ? code : 'internal_error';
        const advice = errorTable[known].retryable ? adviceOf(ports, machine) : {};
        // Its flow has kept the record.
        throw asRecorded(new AppError(known, detail, { facts: { ...facts, ...advice } }));
      }
      const { sessionId, service } = input;
      const session = { id: sessionId, service, user: input.user, expiresAt: outcome.expiresAt };
      return {
        status: 201,
        headers: { location },
        body: {
          sessionId: input.sessionId,
          url: await urlOf(ports, machine, session),
          expiresAt: isoOf(outcome.expiresAt),
          ...adviceOf(ports, machine),
        },
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'getSession',
      method: 'GET',
      route: sessionRoute,
      audience: 'user',
      applications: true,
      summary: 'A session; its user also gets a URL with a new ticket while it is open',
      replies: { 200: sessionReply, 401: problem, 404: problem },
    },
    async (call) => {
      const { machine, session, isOwn } = await openSessionOf(call);
      const { document } = session;
      const isOpen = document.state === 'open' && document.expiresAt * 1000 > call.ports.now().getTime();
      return {
        body: {
          sessionId: document.id,
          service: document.service,
          state: document.state,
          user: document.user.name,
          createdAt: isoOf(document.createdAt),
          expiresAt: isoOf(document.expiresAt),
          steps: [
            ...stepOf('Ask the provider for access', document.accessGrantedAt),
            ...stepOf('Open the session on the proxy', document.openedAt),
          ],
          ...(document.failure && { error: document.failure }),
          ...(document.usage && { usage: document.usage }),
          ...(document.end && { end: document.end }),
          ...(isOwn && isOpen && { url: await urlOf(call.ports, machine, document) }),
          ...adviceOf(call.ports, machine),
        },
      };
    },
  );

  defineRoute(
    provider,
    {
      name: 'revokeSession',
      method: 'DELETE',
      route: sessionRoute,
      audience: 'user',
      applications: true,
      summary: 'End a session now: its live connections are cut',
      replies: { 204: undefined, 401: problem, 404: problem },
    },
    async (call) => {
      const { session } = await openSessionOf(call);
      const ending = { ...auditedCaller(call.caller, call.request), reason: 'revoked' as const };
      await revokeSession(call.ports, ending, session.document);
      return { status: 204 };
    },
  );
}
