import { machineIdOf } from '#shared/domain/machine-name.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { MachineTraits } from './simulated-machine.ts';
import type { World } from './world.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

export interface StoryOptions {
  random: SeededRandom;
  machines: number;
  days: number;
}

/** Machines of all kinds: a fifth with six days, a seventh that hold their keys, some that are often off. */
function traitsOf(number: number, random: SeededRandom): MachineTraits {
  const resourceId = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/server-${number}`;
  const habit = random.next();
  return {
    machineId: machineIdOf(resourceId),
    resourceId,
    custody: random.chance(1 / 7) ? 'machine' : 'vault',
    habit: habit < 0.85 ? 'server' : habit < 0.96 ? 'office' : 'travels',
    lifetimeMs: (random.chance(1 / 5) ? 6 : 90) * dayMs,
  };
}

/** Half of the fleet comes in the first days, in bursts, the others one by one and in two more bursts. */
export function installAll(world: World, { random, machines, days }: StoryOptions): void {
  const burst = Math.min(60, Math.ceil(machines / 8));
  const arrivals = random.fork('arrivals');
  for (let number = 0; number < machines; number += 1) {
    const traits = traitsOf(number, arrivals);
    const batch = Math.floor(number / burst);
    const isFirstHalf = number < machines / 2;
    const isRollout = !isFirstHalf && number < machines / 2 + burst;
    const isBurst = !isFirstHalf && !isRollout && number < machines / 2 + 2 * burst;
    const day = isFirstHalf
      ? batch
      : isRollout
        ? days * 0.3
        : isBurst
          ? days * 0.55
          : arrivals.between(5, days * 0.85);
    // A rollout takes minutes, any other batch its working day.
    const hour = isRollout ? arrivals.between(10, 10.5) : arrivals.between(8, 17);
    const at = world.time.now() + day * dayMs + hour * hourMs;
    const tryOn = async (): Promise<void> => {
      const machine = world.machines.get(traits.machineId);
      if (machine?.isOn() !== false) await world.install(traits);
      // Whoever installs looks again the next day, and begins again where it failed.
      world.time.after(dayMs, async () => {
        const found = await world.ports.store.read(traits.machineId, 'machine');
        if (found?.document.extension?.installedAt === undefined) await tryOn();
        else world.machines.get(traits.machineId)?.live();
      });
    };
    world.time.at(at, tryOn);
  }
}
