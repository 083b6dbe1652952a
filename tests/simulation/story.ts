import { orchestratorNames } from '#orchestrations/names.ts';
import { authorityLimits } from '#shared/domain/authority-limits.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { administrator } from '../support/sample-machine.ts';
import { referees } from './referee.ts';
import type { SeededRandom } from './seeded-random.ts';
import { createSimulatedAuthority, type SimulatedAuthority } from './simulated-authority.ts';
import type { MachineTraits } from './simulated-machine.ts';
import { createVirtualTime } from './virtual-time.ts';
import { createWorld, type World } from './world.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const start = Date.parse('2026-03-01T00:00:00.000Z');

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
    habit: habit < 0.85 ? 'server' : habit < 0.95 ? 'office' : 'travels',
    lifetimeMs: (random.chance(1 / 5) ? 6 : 90) * dayMs,
  };
}

type AuthorityKind = 'lets-encrypt' | 'google-trust-services' | 'zerossl';
const refereeOf = {
  'lets-encrypt': referees.letsEncrypt,
  'google-trust-services': referees.google,
  zerossl: referees.zerossl,
};

function addAuthority(
  world: World,
  random: SeededRandom,
  name: string,
  kind: AuthorityKind,
): SimulatedAuthority {
  const { time } = world;
  return createSimulatedAuthority({
    name,
    limits: authorityLimits[kind],
    referee: refereeOf[kind](time.now),
    time,
    random: random.fork(name),
    hasWindows: kind !== 'zerossl',
    exemptsReplacements: kind === 'lets-encrypt',
    lifetimeOf: world.lifetimeOf,
    textValues: world.dns.textValues,
    onLimit: world.watch.complain,
  });
}

/** The replacement of everything that an authority issued, as `POST /api/certificates/drill` begins it. */
async function replaceAllOf(world: World, issuedBy: string): Promise<void> {
  const { ports, client } = world;
  const chosen = (await ports.store.listCertificates()).filter(
    ({ leaf, state }) => leaf?.issuedBy.name === issuedBy && state !== 'withdrawn',
  );
  const id = ports.newId();
  const at = ports.now().toISOString();
  const drill: DrillDocument = {
    type: 'drill',
    machineId: fleetPartition,
    key: id,
    id,
    reason: 'superseded',
    revoke: true,
    issuedBy,
    status: 'running',
    requestedBy: administrator,
    createdAt: at,
    updatedAt: at,
    total: chosen.length,
    replaced: 0,
    skipped: 0,
  };
  await ports.store.commit(fleetPartition, [
    { create: { type: 'fleet-lock', machineId: fleetPartition, drillId: id } },
    { create: drill },
  ]);
  const machineIds = chosen.map(({ machineId }) => machineId);
  await client.startNew(orchestratorNames.replaceFleet, { instanceId: id, input: { id, machineIds } });
}

/** Half of the fleet comes in the first days, in bursts, the others one by one and in two more bursts. */
function installAll(world: World, { random, machines, days }: StoryOptions): void {
  const burst = Math.min(60, Math.ceil(machines / 8));
  const arrivals = random.fork('arrivals');
  for (let number = 0; number < machines; number += 1) {
    const traits = traitsOf(number, arrivals);
    const batch = Math.floor(number / burst);
    const day =
      number < machines / 2
        ? batch
        : number < machines / 2 + burst
          ? days * 0.3
          : number < machines / 2 + 2 * burst
            ? days * 0.55
            : arrivals.between(5, days * 0.85);
    const at = start + (day + arrivals.between(0.3, 0.7)) * dayMs;
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

export interface Story {
  world: World;
  /** All authorities that there ever were. */
  authorities: SimulatedAuthority[];
  drills: () => Promise<DrillDocument[]>;
}

/** Two years, or as many days as are asked for, with everything that can go wrong, each at its part of the time. */
export async function tellStory(options: StoryOptions): Promise<Story> {
  const { random, days } = options;
  const time = createVirtualTime(start);
  const world = createWorld(time, random);
  const first = addAuthority(world, random, 'lets-encrypt', 'lets-encrypt');
  const second = addAuthority(world, random, 'google', 'google-trust-services');
  const third = addAuthority(world, random, 'zerossl', 'zerossl');
  const successor = addAuthority(world, random, 'successor', 'lets-encrypt');
  const all = [first, second, third, successor];
  world.authorities.push(first, second, third);
  installAll(world, options);

  const at = (part: number, happen: () => unknown) => time.at(start + part * days * dayMs, happen);
  /** From there on for some days, but not longer than a twentieth of all. */
  const during = (part: number, forDays: number, set: (isSo: boolean) => void) => {
    at(part, () => set(true));
    time.at(start + (part * days + Math.min(forDays, days / 20)) * dayMs, () => set(false));
  };
  during(0.1, 2, (isSlow) => (world.dns.settings.isSlow = isSlow));
  during(0.2, 14, (isOut) => (first.settings.isOut = isOut));
  during(0.3, 3, (isForbidden) => {
    const others = [second, third].map(({ name }) => ({
      critical: false,
      tag: 'issue',
      value: `${name}.test`,
    }));
    world.dns.settings.caa = isForbidden ? others : [];
  });
  at(0.4, () => (first.settings.account = `${first.settings.account}-new`));
  during(0.45, 5, (isRefused) => (first.settings.refusesReplacements = isRefused));
  during(0.5, 10, (isEarlier) => (first.settings.windowsEarlier = isEarlier ? 0.3 : 0));
  at(0.6, () => replaceAllOf(world, first.name));
  at(0.7, () => world.authorities.splice(0, 1, successor));
  during(0.8, 7, (isLowered) => {
    for (const { settings, referee } of all) {
      settings.isProvoked = isLowered;
      referee.lowerTo(isLowered ? 0.1 : 1);
    }
  });
  during(0.88, 1, (isOut) => {
    successor.settings.isOut = isOut;
    second.settings.isOut = isOut;
  });

  await time.runUntil(start + days * dayMs);
  await world.close();
  const drills = () => world.ports.store.list(fleetPartition, 'drill', 10);
  return { world, authorities: all, drills };
}
