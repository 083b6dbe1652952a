import { describe, expect, it } from 'vitest';
import type { KeyCustody } from '#shared/domain/certificate.ts';
import { createSeededRandom } from './seeded-random.ts';
import { tellStory } from './story.ts';
import { summaryOf } from './summary.ts';

const { SIMULATION_SEED: wanted } = process.env;
const given = wanted === undefined ? undefined : Number(wanted);

describe('two years of certificates', () => {
  it.each([
    { machines: 500, days: 730, seed: given ?? 1 },
    { machines: 150, days: 150, seed: given ?? 2 },
    { machines: 150, days: 150, seed: given ?? 3 },
    { machines: 60, days: 120, seed: given ?? 4 },
  ])(
    'requirement 67: of $machines machines in $days days keep every promise (SIMULATION_SEED=$seed)',
    async (size) => {
      const began = performance.now();
      const story = await tellStory({ ...size, random: createSeededRandom(size.seed) });
      const { world, authorities } = story;
      const { watch } = world;
      const summary = summaryOf(story, { ...size, wallMs: performance.now() - began });
      process.stdout.write(`${summary.text}\n`);

      expect(watch.broken.slice(0, 20)).toEqual([]);
      expect(authorities.map(({ name, figures }) => [name, figures.tooMany])).toEqual(
        authorities.map(({ name }) => [name, 0]),
      );
      expect(summary.ordersPerCertificate).toBeLessThanOrEqual(1.05);
      expect([...world.dns.texts]).toEqual([]);
      expect([...watch.reservations]).toEqual([]);
      expect([...watch.openIssues]).toEqual([]);
      expect([...world.machines.values()].filter((machine) => !machine.serving())).toEqual([]);
      expect(story.drill.status).toBe('succeeded');
      // An authority that is no longer configured is asked once, and says so in the operation.
      const refused = watch.failures.get('certificate_revocation_refused') ?? 0;
      expect(story.revocations.left.length).toBeLessThanOrEqual(refused);
      expect(story.revocations.wrong).toEqual([]);
      const held = [...world.custodies.keys()].map((id) => [id, world.machines.get(id)?.serving()?.custody]);
      expect(new Map(held as [string, KeyCustody][])).toEqual(world.custodies);
    },
    300_000,
  );
});
