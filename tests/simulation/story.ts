import { authorityLimits } from '#shared/domain/authority-limits.ts';
import { type DrillDocument, fleetPartition } from '#shared/domain/documents.ts';
import { installAll, type StoryOptions } from './arrivals.ts';
import { changeCustody, replaceAllOf, revokeNow } from './fleet-operations.ts';
import { referees } from './referee.ts';
import type { SeededRandom } from './seeded-random.ts';
import { createSimulatedAuthority, type SimulatedAuthority } from './simulated-authority.ts';
import { createVirtualTime } from './virtual-time.ts';
import { createWorld, type World } from './world.ts';

const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;
const start = Date.parse('2026-03-01T00:00:00.000Z');

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

export interface Story {
  world: World;
  /** All authorities that there ever were. */
  authorities: SimulatedAuthority[];
  drill: DrillDocument;
  /** Of what the drill was to revoke: leaves that outlived it; and those that are younger than it and were revoked. */
  revocations: { left: string[]; wrong: string[] };
}

function revocationsOf(
  { leaves }: SimulatedAuthority,
  wanted: readonly string[],
  { createdAt, endedAt = '9999' }: DrillDocument,
) {
  const left = wanted.filter((serial) => {
    const leaf = leaves.get(serial);
    // Undefined where another authority issued what is still in service.
    return leaf !== undefined && !leaf.isRevoked && leaf.notAfter > Date.parse(endedAt);
  });
  const wrong = [...leaves].flatMap(([serial, { isRevoked, issuedAt }]) =>
    isRevoked && issuedAt > Date.parse(createdAt) ? [serial] : [],
  );
  return { left, wrong };
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
  const permit = (permitted: readonly SimulatedAuthority[]) => {
    world.dns.settings.caa = permitted.map(({ name }) => ({
      critical: false,
      tag: 'issue',
      value: `${name}.test`,
    }));
  };
  const slowDns = (isSlow: boolean) => (world.dns.settings.isSlow = isSlow);
  during(0.1, 2, slowDns);
  during(0.2, 14, (isOut) => (first.settings.isOut = isOut));
  // While the first burst comes, the preferred one is forbidden and the DNS is slow.
  during(0.3, 3, (isForbidden) => permit(isForbidden ? [second, third] : []));
  during(0.3, 1, slowDns);
  // A new account, for which nothing is a replacement, and for a while there is no other authority.
  at(0.4, () => (first.settings.account = `${first.settings.account}-new`));
  during(0.4, 1.5, (isForbidden) => permit(isForbidden ? [first] : []));
  during(0.45, 5, (isRefused) => (first.settings.refusesReplacements = isRefused));
  during(0.5, 10, (isEarlier) => (first.settings.windowsEarlier = isEarlier ? 0.3 : 0));
  during(0.53, 0.5, (isBlind) => (first.settings.seesNothing = isBlind));
  at(0.55, async () => {
    const alwaysOn = [...world.machines.values()].filter(({ habit }) => habit === 'server');
    for (const machine of alwaysOn.slice(0, 10)) await changeCustody(world, machine);
  });
  // Keys are stolen: a quarter of all is urgent at once, at the one authority that is permitted, and more is due there.
  during(0.57, 1, (isForbidden) => {
    permit(isForbidden ? [second] : []);
    first.settings.windowsEarlier = isForbidden ? 0.45 : 0;
  });
  time.at(start + (0.57 * days + 0.5) * dayMs, async () => {
    for (const [index, machine] of [...world.machines.values()].entries())
      if (index % 4 === 0) await revokeNow(world, machine);
  });
  let toRevoke: string[] = [];
  at(0.6, async () => {
    toRevoke = await replaceAllOf(world, first.name);
  });
  // Another authority, and all of them allow a tenth of what they say.
  at(0.7, () => world.authorities.splice(0, 1, successor));
  during(0.7, 7, (isLowered) => {
    for (const { settings, referee } of all) {
      settings.isProvoked = isLowered;
      referee.lowerTo(isLowered ? 0.1 : 1);
    }
  });
  during(0.88, 1, (isOut) => {
    for (const { settings } of all) settings.isOut = isOut;
  });

  await time.runUntil(start + days * dayMs);
  await world.close();
  const [drill] = await world.ports.store.list(fleetPartition, 'drill', 1);
  if (!drill) throw new Error('there was no drill');
  return { world, authorities: all, drill, revocations: revocationsOf(first, toRevoke, drill) };
}
