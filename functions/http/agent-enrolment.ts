import { createHash, timingSafeEqual } from 'node:crypto';
import { judgeExtension } from '#shared/domain/adoption.ts';
import { AppError } from '#shared/domain/error.ts';
import { type MachineResource, parseMachineResource } from '#shared/domain/machine.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { type EnrolmentRequest, enrolmentReply, enrolmentRequest } from '#shared/protocol/agent-messages.ts';
import { problem } from '#shared/protocol/api.ts';
import { beginAdoption } from '../adoption.ts';
import { agentActor, enrolKeys, requireOnCurve } from '../agent-keys.ts';
import { isFree } from '../begin-operation.ts';
import { makeKnown } from '../known-machines.ts';
import type { AppPorts, PortsProvider } from '../ports.ts';
import { recordRefusedEnrolment } from './audit-refusals.ts';
import { defineRoute, type RouteCall, refuseFields } from './route.ts';

type Call = RouteCall<EnrolmentRequest>;

const refusal = (message: string) => new AppError('enrolment_refused', message);

/** Redeems the token of our own install. */
async function redeemToken(ports: AppPorts, body: EnrolmentRequest, token: string): Promise<string> {
  const machineId = machineIdOf(parseMachineResource(body.resourceId).resourceId);
  const enrolment = await ports.store.read(machineId, 'enrolment');
  const given = createHash('sha256').update(token).digest();
  const expected = Buffer.from(enrolment?.document.tokenHash ?? '', 'base64url');
  if (expected.length !== given.length || !timingSafeEqual(expected, given))
    throw refusal('the token is not the one of this machine’s install, or it has ended');
  ports.limits.take('agents', machineId);
  await enrolKeys(ports, machineId, body, 'token');
  return machineId;
}

/**
 * The machine says itself who it is: an access token of its own managed identity for this API. `xms_mirid` is set by
 * Entra alone, no claims mapping can make it up; for an identity that was assigned to the machine it names that identity,
 * which other machines may have too.
 */
async function requireIdentity(
  ports: AppPorts,
  target: MachineResource,
  identityToken: string,
): Promise<void> {
  const caller = await ports.callers.verify(identityToken).catch((cause: unknown) => {
    if (!(cause instanceof AppError) || cause.isRetryable) throw cause;
    throw new AppError('enrolment_refused', cause.message, { cause });
  });
  ports.limits.take('agents', caller.id);
  const { isApplication, identityOf, tenantId } = caller;
  if (!isApplication || identityOf === undefined)
    throw refusal('the identity token is not that of a machine’s own managed identity');
  if (identityOf.replace(/\/$/, '').toLowerCase() !== target.resourceId.toLowerCase())
    throw refusal(`the identity token is that of ${identityOf}`);
  const tenant = await ports.resources.tenantOf(target.subscriptionId);
  if (tenant.toLowerCase() !== tenantId.toLowerCase())
    throw refusal('the identity token is of another tenant than the machine');
}

/**
 * Every process of a machine can have its identity token, and the token of our own install is in the protected settings
 * alone: where there is that one, nothing less will do.
 */
async function requireForeign(ports: AppPorts, machineId: string, salt: string | undefined): Promise<void> {
  const machine = await ports.store.read(machineId, 'machine');
  if (salt !== undefined && salt === machine?.document.salt)
    throw refusal('the extension is of our own install: its token enrols the agent');
}

/**
 * Enrols the agent of an extension that others installed (requirement 53), and completes what their install lacks. Only
 * where Azure Resource Manager has the extension: whoever put it there had the right to, while a machine's identity alone
 * gives no right to install on it.
 */
async function enrolByIdentity(
  { ports, body, durable, log }: Call,
  identityToken: string,
): Promise<{ machineId: string }> {
  const target = parseMachineResource(body.resourceId);
  await requireIdentity(ports, target, identityToken);
  const facts = await ports.resources.findMachine(target.resourceId);
  if (!facts) throw refusal('Azure Resource Manager does not know this machine');
  const seen = await ports.extension.read(target.resourceId);
  if (seen.state === 'absent' || seen.state === 'deleting')
    throw refusal('the extension AdminCenter is not installed on this machine');
  const { machineId } = await makeKnown(ports, target, facts, {
    actor: agentActor(machineIdOf(target.resourceId)),
  });
  await requireForeign(ports, machineId, seen.salt);
  await enrolKeys(ports, machineId, body, 'identity');
  const machine = await ports.store.read(machineId, 'machine');
  // Its agent runs: with its settings there, it is ready whatever the platform says of it yet. Else the timer comes.
  const found = seen.port === undefined ? seen : { ...seen, state: 'succeeded' as const };
  const here = { now: ports.now(), controlPlane: ports.controlPlane };
  const isAdoptable = machine && judgeExtension(machine.document, found, here) === 'adopt';
  if (isAdoptable && (await isFree(ports, durable(), machine.document))) {
    await beginAdoption(ports, durable(), machineId).catch((error: unknown) => {
      // The agent has enrolled all the same; the timer tries again.
      log.warn(`${machineId} is not adopted yet: ${String(error)}`);
    });
  }
  return { machineId };
}

async function enrol(call: Call): Promise<{ machineId: string }> {
  const { ports, body } = call;
  const { token, identityToken } = body;
  requireOnCurve({ signingKey: body.signingKey, encryptionKey: body.encryptionKey });
  if (token !== undefined && identityToken === undefined)
    return { machineId: await redeemToken(ports, body, token) };
  if (identityToken !== undefined && token === undefined) return enrolByIdentity(call, identityToken);
  const message = 'exactly one of token and identityToken is needed';
  throw refuseFields([
    { field: 'token', message },
    { field: 'identityToken', message },
  ]);
}

export function registerAgentEnrolment(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'agentEnrolment',
      method: 'POST',
      route: 'api/agent/enrolment',
      audience: 'agent',
      summary: 'Enrol an agent with the token of its install, or with the identity of its machine',
      body: enrolmentRequest,
      replies: { 200: enrolmentReply, 400: problem, 403: problem },
    },
    async (call) => {
      try {
        return { body: await enrol(call) };
      } catch (error) {
        if (error instanceof AppError && error.code === 'enrolment_refused') {
          const { request, log } = call;
          const machineId = machineIdOf(parseMachineResource(call.body.resourceId).resourceId);
          await recordRefusedEnrolment(machineId, { request, provider, log }, error);
        }
        throw error;
      }
    },
  );
}
