import fc from 'fast-check';
import { createManualClock } from '#local/kit/clock.ts';
import type { HttpReply } from '#local/kit/http-server.ts';
import { openStore } from '#local/kit/store.ts';
import { renderArmError } from '#local/resource-manager/arm-error.ts';
import { createArmService } from '#local/resource-manager/arm-service.ts';
import { seed as seeds, subscriptionId, tenantId } from './cloud.ts';
import { hostileRequests } from './hostile-requests.ts';

/** A resource manager without a network. */
const newService = () =>
  createArmService({
    clock: createManualClock(Date.now()),
    store: openStore(':memory:'),
    origin: () => 'https://arm.localhost',
    verifyToken: () => Promise.resolve({ tid: tenantId, oid: tenantId }),
    tenantId,
    subscriptionId,
    seed: seeds,
    operationDelayMs: 0,
    registrationDelayMs: 0,
  });

/** Sends requests of any form; throws at one that is an error of the stand-in's own. Answers how often each status came. */
export async function runHostileRequests(numRuns: number, seed: number): Promise<Map<number, number>> {
  let service = newService();
  let requests = 0;
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(hostileRequests, async ({ method, path, query, body, ifMatch }) => {
      // Locks and unfinished changes soon stop everything; an empty subscription lets requests go deep again.
      requests += 1;
      if (requests % 500 === 0) service = newService();
      const request = {
        method,
        url: new URL(`https://arm.localhost${path}?${query}`),
        headers: { authorization: 'Bearer any', ...(ifMatch !== undefined && { 'if-match': ifMatch }) },
        body: Buffer.from(method === 'GET' ? '' : body),
      };
      const isNamed = service.operationOf(request) !== '';
      const reply: HttpReply = await service.handle(request).catch(renderArmError);
      seen.set(reply.status, (seen.get(reply.status) ?? 0) + 1);
      return isNamed && (reply.status === 501 || reply.status < 500);
    }),
    { numRuns, seed },
  );
  return seen;
}
