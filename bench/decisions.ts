import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { rememberRoles } from '#functions/remembered-roles.ts';
import { createReporter, type Reporter } from '#local/main-job/reporter.ts';
import { builtInRoles } from '#local/resource-manager/providers/built-in-roles.ts';
import { roleAssignment } from '#local/resource-manager/seeds.ts';
import { createSdkCredential } from '#local/run/credential.ts';
import { startStandIns } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { decideRight } from '#orchestrations/decide-right.ts';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmRoleReader } from '#shared/adapters/azure/arm-role-reader.ts';
import { decideAccess, type EffectiveRoles } from '#shared/domain/access.ts';
import { milliseconds, type Summary, summarise } from './statistics.ts';
import { openTemporaryData } from './temporary-data.ts';

/** `--count=1000`: assignments of one caller; `--delay=50`: milliseconds that every answer of ARM takes longer. */
const optionOf = (name: string, otherwise: number): number =>
  Number(process.argv.find((text) => text.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const count = optionOf('count', 1_000);
const delayMs = optionOf('delay', 50);
const cachedRounds = 2_000;
const rounds = 20;

const caller = '00000000-0000-4000-8000-00000000ca11';
const group = `${sample.subscriptionScope}/resourceGroups/rg-local`;
const resourceId = `${group}/providers/Microsoft.HybridCompute/machines/web-01`;
const target = { principalId: caller, subscriptionId: sample.subscriptionId, resourceId };

/** Azure takes 4,000 assignments a subscription; here all of one caller, and the last of them reaches the machine. */
function seeds() {
  return Array.from({ length: count }, (_, index) => {
    const role = builtInRoles[index % builtInRoles.length];
    const isLast = index === count - 1;
    return roleAssignment({
      scope: isLast ? group : `${sample.subscriptionScope}/resourceGroups/rg-${index}`,
      roleDefinition: isLast ? 'a6333a3e-0164-44c3-b281-7a577aff287f' : (role?.name ?? ''),
      principalId: caller,
      principalType: 'User',
    });
  });
}

async function timed(times: number, work: () => Promise<unknown>): Promise<Summary> {
  const taken: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const began = performance.now();
    await work();
    taken.push(performance.now() - began);
  }
  return summarise(taken);
}

const decide = (roles: EffectiveRoles) => {
  const decision = decideAccess(roles, 'arc', 'connect-wac');
  if (!decision.allowed) throw new Error(`the caller lacks ${decision.missingAction}`);
  return decision;
};

interface DecisionsResult {
  first: Summary;
  roundTrip: Summary;
  uncached: Summary;
  callsUncached: number;
  cached: Summary;
  /** With every assignment at the subscription. */
  cachedAllReach: Summary;
}

async function measure(report: Reporter): Promise<DecisionsResult> {
  const { data, remove } = await openTemporaryData();
  const { twin, connection, stop } = await startStandIns(data, undefined, report, 'system', {
    resources: seeds(),
  });
  try {
    const standIn = twin.standIns.find(({ name }) => name === 'resource-manager');
    if (!standIn) throw new Error('the twin has no resource manager');
    const arm = createArmClient({
      ...connection.resourceManager,
      credential: createSdkCredential(connection.managedIdentity.endpoint, data.secret('identity-app')),
    });
    standIn.faults.set('*', { delayMs });
    const reader = createArmRoleReader({ arm });
    const decideAnew = () => decideRight(reader, target, decide);
    const path = `${sample.subscriptionScope}/providers/Microsoft.Authorization/roleAssignments`;
    const $filter = `assignedTo('${caller}')`;
    const askOnce = () => arm.list(path, '2022-04-01', z.unknown(), { $filter });

    // The token, before anything is measured.
    await askOnce();
    const first = await timed(1, decideAnew);
    const calls = () => Object.values(standIn.calls.all()).reduce((sum, one) => sum + one, 0);
    // Denials are shared by callers for two seconds.
    await sleep(2_100);
    const before = calls();
    await decideAnew();
    const callsUncached = calls() - before;
    const roundTrip = await timed(rounds, askOnce);
    const uncached = await timed(rounds, decideAnew);

    const known = rememberRoles(reader, Date.now);
    const cached = await timed(cachedRounds, () => decideRight(known, target, decide));
    const { grants } = await reader.rolesIn(caller, sample.subscriptionId);
    const everywhere = grants.map((grant) => ({ ...grant, scope: sample.subscriptionScope }));
    const wide = rememberRoles({ rolesIn: async () => ({ grants: everywhere, denials: [] }) }, Date.now);
    const cachedAllReach = await timed(cachedRounds, () => decideRight(wide, target, decide));
    return { first, roundTrip, uncached, callsUncached, cached, cachedAllReach };
  } finally {
    await stop();
    remove();
  }
}

const line = ({ p50, p99 }: Summary) => `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
const report = createReporter({
  json: process.argv.includes('--json'),
  write: (text) => console.log(text),
  colours: process.stdout.isTTY,
});
const found = await measure(report);
report.table(
  `A decision for a caller with ${count} assignments, ${delayMs} ms added to every answer of ARM`,
  [
    ['within a minute of the last', line(found.cached)],
    ['the same, all assignments at the machine or above', line(found.cachedAllReach)],
    ['one round trip to ARM: a list of the assignments', line(found.roundTrip)],
    ['asked anew', `${line(found.uncached)}, at most ${found.callsUncached} calls, at the same time`],
    ['asked anew against one round trip', `${(found.uncached.p50 / found.roundTrip.p50).toFixed(2)} times`],
    ['the very first: no definition is known', line(found.first)],
  ],
);
process.exit(0);
