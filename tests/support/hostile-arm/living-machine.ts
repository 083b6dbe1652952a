import { z } from 'zod';
import type { ArmService } from '#local/resource-manager/arm-service.ts';
import type { DurableApp } from '../durable-app.ts';
import { machineId, reportServing } from '../sample-machine.ts';

const goals = z.object({
  extensions: z.array(z.object({ name: z.string(), sequence: z.number(), deleting: z.boolean() })),
});

/** The computer itself: it does what Azure wants of it, and its agent serves what it is given. */
export function createLivingMachine(app: DurableApp, service: ArmService, resourceId: string) {
  const twin = `${resourceId}/providers/Microsoft.LocalTwin`;
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const url = new URL(`https://arm.test${path}?api-version=2026-01-01`);
    const headers = { authorization: 'Bearer machine', 'content-type': 'application/json' };
    const content = Buffer.from(body ? JSON.stringify(body) : '');
    return (await service.handle({ method, url, headers, body: content })).body;
  };
  /** Goals that were met, as `name sequence`. */
  const met = new Set<string>();

  async function serve(): Promise<void> {
    const [agent, certificate] = await app.store.readTogether(machineId, [
      { type: 'agent' },
      { type: 'certificate' },
    ]);
    if (agent && agent.document.servingThumbprint === certificate?.document.leaf?.thumbprint) return;
    await reportServing(app);
  }

  return {
    async work(): Promise<void> {
      const { extensions } = goals.parse(await ask('GET', `${twin}/goalState/default`));
      for (const { name, sequence, deleting } of extensions) {
        const goal = `${name} ${sequence}`;
        const report = { sequence, status: 'success', message: 'done', ...(deleting && { removed: true }) };
        if (!met.has(goal)) await ask('PUT', `${twin}/extensionStatus/${name}`, report);
        met.add(goal);
        if (!deleting) await serve();
      }
    },
  };
}
