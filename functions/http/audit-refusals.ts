import type { HttpRequest, InvocationContext } from '@azure/functions';
import { recordAudit } from '#orchestrations/audit-trail.ts';
import { machineIdOfOperation } from '#orchestrations/names.ts';
import { isRefusalCode } from '#shared/domain/audit.ts';
import type { AuditAction } from '#shared/domain/audit-actions.ts';
import type { AppError } from '#shared/domain/error.ts';
import { isMachineId } from '#shared/domain/machine-name.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { type Acting, auditedCaller } from './audit-actor.ts';
import { bearerOf } from './authorization.ts';
import { provenAddressOf } from './caller-address.ts';

/** A refusal that its flow has recorded already. */
const recorded = new WeakSet<AppError>();
export function asRecorded(error: AppError): AppError {
  recorded.add(error);
  return error;
}

const minuteMs = 60_000;
/** Kinds of refusal that are remembered; of one caller in a minute. */
const mostKinds = 10_000;
const mostOfCaller = 60;

interface Recent {
  kinds: Map<string, { at: number; more: number }>;
  callers: Map<string, { since: number; count: number }>;
}
const recents = new WeakMap<AppPorts, Recent>();

/**
 * Whether this one is recorded: the same caller, route and code on one machine once a minute, and no more than sixty of a
 * caller a minute. Answers how many like it were passed over since, or undefined.
 */
function takeTurn(ports: AppPorts, callerId: string, kind: string): number | undefined {
  const recent = recents.get(ports) ?? { kinds: new Map(), callers: new Map() };
  recents.set(ports, recent);
  const { kinds, callers } = recent;
  const at = ports.now().getTime();
  const known = kinds.get(kind);
  if (known && Math.abs(at - known.at) < minuteMs) {
    known.more += 1;
    return undefined;
  }
  const found = callers.get(callerId);
  const caller = found && Math.abs(at - found.since) < minuteMs ? found : { since: at, count: 0 };
  if (caller.count >= mostOfCaller) return undefined;
  callers.delete(callerId);
  callers.set(callerId, { ...caller, count: caller.count + 1 });
  kinds.delete(kind);
  kinds.set(kind, { at, more: 0 });
  for (const held of [kinds, callers]) {
    const [oldest] = held.keys();
    if (held.size > mostKinds && oldest !== undefined) held.delete(oldest);
  }
  return known?.more ?? 0;
}

/** The machine that a route is about, by its own parameter or by that of an operation. */
function machineOf({ params }: HttpRequest, route: string): string | undefined {
  const { id = '', operationId } = params;
  if (operationId !== undefined) return machineIdOfOperation(operationId);
  return route.startsWith('api/machines/{id}') ? id : undefined;
}

interface Refused {
  request: HttpRequest;
  provider: PortsProvider;
  log: InvocationContext;
}

/** Keeps the record of a refused attempt with the machine that the route is about. */
export async function recordRefusal(
  { name, route, audience }: { name: string; route: string; audience: string },
  refused: Refused,
  error: AppError,
): Promise<void> {
  const machineId = machineOf(refused.request, route);
  if (audience === 'user' && machineId !== undefined) await recordRefusalOn(machineId, name, refused, error);
}

/**
 * The same for a machine that the request names in another way, also where the caller may not know that there is one. What
 * cannot be recorded is logged: the refusal stands.
 */
export async function recordRefusalOn(
  machineId: string,
  name: string,
  { request, provider, log }: Refused,
  error: AppError,
): Promise<void> {
  if (!isRefusalCode(error.code) || recorded.has(error)) return;
  try {
    const ports = provider();
    const by = auditedCaller(await ports.callers.verify(bearerOf(request)), request);
    await keep(ports, machineId, by, { action: `request ${name}`, error });
  } catch (caught) {
    log.error(`${name} ${error.code} was refused, and its record could not be kept`, caught);
  }
}

/** Who is refused as the agent of a machine has proved nothing: what is known of him is his address. */
export async function recordRefusedEnrolment(
  machineId: string,
  { request, provider, log }: Refused,
  error: AppError,
): Promise<void> {
  const from = provenAddressOf(request.headers);
  const actor = { id: machineId, name: 'Somebody who says he is its agent', kind: 'agent' } as const;
  const by = { actor, ...(from !== null && { from }) };
  try {
    await keep(provider(), machineId, by, { action: 'agent enrol', error });
  } catch (caught) {
    log.error(`an enrolment for ${machineId} was refused, and its record could not be kept`, caught);
  }
}

async function keep(
  ports: AppPorts,
  machineId: string,
  by: Acting,
  { action, error }: { action: AuditAction; error: AppError },
): Promise<void> {
  // First: what is said of machines that nobody knows takes nobody's turn.
  if (!isMachineId(machineId) || !(await isKnown(ports, machineId))) return;
  const more = takeTurn(ports, by.actor.id, [by.actor.id, machineId, action, error.code].join(' '));
  if (more === undefined) return;
  const right = error.facts['missingAction'];
  await recordAudit(ports, machineId, {
    ...by,
    action,
    outcome: 'refused',
    decision: { code: error.code, ...(typeof right === 'string' && { right }) },
    detail: more === 0 ? error.message : `${error.message}; ${more} more like it since the last record`,
  });
}

/** Of what nobody made known there is no audit: else anybody could begin one for any id. */
async function isKnown({ store }: AppPorts, machineId: string): Promise<boolean> {
  return (
    (await store.read(machineId, 'machine')) !== undefined ||
    (await store.read(machineId, 'audit-head')) !== undefined
  );
}
