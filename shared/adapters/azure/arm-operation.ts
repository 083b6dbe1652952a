import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import { type ArmClient, type ArmReply, type ArmRequest, parseReply } from './arm-client.ts';

/** Between two looks when the reply does not say. */
const defaultWaitMs = 1000;
const ended = ['Succeeded', 'Failed', 'Canceled'];

const operationStatus = z.object({
  status: z.string(),
  error: z.object({ code: z.string(), message: z.string().default('') }).optional(),
});
const provisioned = z.object({ properties: z.object({ provisioningState: z.string() }) });

function requireSucceeded(status: string, doing: string, error?: { code: string; message: string }): void {
  if (status === 'Succeeded') return;
  throw new AppError('resource_manager_refused', `${doing} ended as ${status}: ${error?.message ?? ''}`, {
    facts: { armStatus: status, ...(error && { armCode: error.code, armMessage: error.message }) },
  });
}

/**
 * Sends a request and waits for the end of the long-running operation that it begins, by `Azure-AsyncOperation`,
 * else `Location`, else `provisioningState`. Rejects when it fails, is cancelled, or takes longer than `limitMs`.
 */
export async function sendAndWait(
  arm: ArmClient,
  request: ArmRequest,
  { limitMs, now }: { limitMs: number; now(): number },
): Promise<void> {
  const doing = `${request.method} ${request.path}`;
  const deadline = now() + limitMs;
  const started = await arm.send(request);
  const { path, apiVersion } = request;
  const look = (): Promise<ArmReply> =>
    started.operation ? arm.follow(started.operation.url) : arm.send({ method: 'GET', path, apiVersion });

  /** True when it has ended well. */
  const hasEnded = (reply: ArmReply): boolean => {
    if (started.operation?.style === 'result') return reply.status !== 202;
    if (started.operation) {
      const { status, error } = parseReply(operationStatus, reply.body, doing);
      if (!ended.includes(status)) return false;
      requireSucceeded(status, doing, error);
      return true;
    }
    const state = provisioned.safeParse(reply.body).data?.properties.provisioningState ?? 'Succeeded';
    if (!ended.includes(state)) return false;
    requireSucceeded(state, doing);
    return true;
  };

  let reply = started;
  if (!started.operation && (request.method === 'DELETE' || hasEnded(started))) return;
  do {
    if (now() > deadline)
      throw new AppError('resource_manager_unavailable', `${doing} has not ended after ${limitMs} ms`);
    await sleep(reply.retryAfterMs ?? defaultWaitMs);
    reply = await look();
  } while (!hasEnded(reply));
}
