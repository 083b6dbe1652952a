import { beforeAll, describe, expect, it } from 'vitest';
import { fleetPartition } from '#shared/domain/documents.ts';
import { routeTable } from '#tools/routes/table.ts';
import { type CallerName, callerNames, type RouteRow, verdictOf } from '#tools/routes/who-may-call.ts';
import type { HttpAnswer } from '../../support/function-app.ts';
import { registerApp } from '../../support/routes/app.ts';
import type { Estate } from '../../support/routes/estate.ts';
import { requestTo } from '../../support/routes/requests.ts';
import { openWorld, send, type World } from '../../support/routes/world.ts';

beforeAll(registerApp);

/** Those who hold their rights in both tenants, as far as roles say. */
const people = callerNames.filter(
  (name) => verdictOf({ may: 'signed in', applications: true }, name) === 'in',
);

const ofPeople = routeTable.filter(({ may }) => !['anyone', 'agent', 'enrolment', 'proxy'].includes(may));
/** About one object, by its ids or by a resource id in the body. */
const about = ofPeople.filter(({ call, name }) => call.includes('{') || name === 'addMachine');
const lists = ofPeople.filter((row) => !about.includes(row));

const textOf = ({ headers, body }: HttpAnswer): string =>
  `${JSON.stringify([...headers])} ${typeof body === 'string' ? body : JSON.stringify(body)}`;

/** An object of which nobody has ever heard, of the same form. */
const unheardOf = ({ foreign }: World): Estate => {
  const other = (text: string) => text.replaceAll(/b(?=b*$)/g, 'z');
  const machineId = `zz${foreign.machineId.slice(2)}`;
  return {
    ...foreign,
    machineId,
    resourceId: `${foreign.resourceId}-unheard-of`,
    sessionId: other(foreign.sessionId),
    drillId: other(foreign.drillId),
    fleetInstallId: other(foreign.fleetInstallId),
    leaseId: other(foreign.leaseId),
    operationId: foreign.operationId.replace(foreign.machineId, machineId),
  };
};

/** An answer without what is another each time, and without the ids that the caller himself had named. */
function bare(answer: HttpAnswer, estate: Estate): unknown {
  const ids = [estate.resourceId, estate.operationId, estate.machineId, estate.sessionId, estate.leaseId];
  const text = [...ids, estate.fleetInstallId, estate.drillId].reduce(
    (left, id) => left.replaceAll(id, '<id>'),
    textOf(answer),
  );
  return { status: answer.status, text: text.replaceAll(/urn:uuid:[0-9a-f-]+/g, '<instance>') };
}

/** Marks of the foreign estate that stand in the answer, but for those that the request had. */
function leaksIn(answer: HttpAnswer, { foreign }: World, asked: object): string[] {
  const known = JSON.stringify(asked);
  const text = textOf(answer);
  return foreign.marks.filter((mark) => text.includes(mark) && !known.includes(mark));
}

async function everybody(act: (caller: CallerName) => Promise<string[]>): Promise<string[]> {
  const wrong: string[] = [];
  for (const caller of people) wrong.push(...(await act(caller)).map((what) => `${caller}: ${what}`));
  return wrong;
}

/** Each question that a list can be asked, where what it shows depends on it. */
const questions: Readonly<Record<string, readonly string[]>> = {
  listLeases: ['', 'waiting=true'],
  listSessions: ['', 'ended=true'],
  listMachines: ['', 'search=estate', 'top=1'],
};

/** A machine that he named himself is no machine that he may see. */
function toldOf({ body }: HttpAnswer): string[] {
  const { machines = [] } = body as { machines?: { action: string; reason: string | null }[] };
  return machines.flatMap(({ action, reason }) =>
    action === 'refuse' && reason?.endsWith('that you may see') ? [] : [`${action} ${reason}`],
  );
}

/** What others could change of it. */
async function standOf({ memory: { store }, foreign }: World): Promise<string> {
  const { machineId, sessionId, operationId, leaseId, drillId, fleetInstallId } = foreign;
  return JSON.stringify([
    await store.read(machineId, 'machine'),
    await store.read(machineId, 'session', sessionId),
    await store.read(machineId, 'operation', operationId),
    await store.read(machineId, 'lease', leaseId),
    await store.read(fleetPartition, 'drill', drillId),
    await store.read(fleetInstallId, 'fleet-install'),
    await store.read(fleetInstallId, 'fleet-machine', machineId),
  ]);
}

describe('who has every right in a subscription of another tenant', () => {
  it('is asked for by every route', () => {
    expect(about.length).toBeGreaterThan(35);
    expect(lists.length).toBeGreaterThan(8);
  });

  it('would be let in by all of them, were it his own tenant', async () => {
    const shut: string[] = [];
    for (const row of about) {
      const caller = callerNames.find((name) => verdictOf(row, name) === 'in') ?? 'no role';
      const world = await openWorld();
      const { resources, store } = world.memory.ports;
      const certificate = await store.read(world.foreign.machineId, 'certificate');
      world.memory.probe.answer.thumbprint = certificate?.document.leaf?.thumbprint;
      world.memory.ports.resources = { ...resources, tenantOf: async () => world.home.tenantId };
      await requestTo(row.name, world.foreign, caller).prepare?.(world.memory);
      const { status } = await send(row, caller, world.foreign);
      // A fleet's own record says whose it is.
      if (status >= 300 && !/drill|fleet-install/.test(row.call)) shut.push(`${status} ${row.call}`);
    }
    expect(shut).toEqual([]);
  });

  it.each(about)('is answered by $call as if there were no such thing', async (row: RouteRow) => {
    const wrong = await everybody(async (caller) => {
      const world = await openWorld();
      const nothing = unheardOf(world);
      await requestTo(row.name, world.foreign, caller).prepare?.(world.memory);
      const asked = requestTo(row.name, world.foreign, caller);
      const before = await standOf(world);
      const found = await send(row, caller, world.foreign);
      const isChanged = (await standOf(world)) !== before;
      const missing = await send(row, caller, nothing);
      const same = JSON.stringify(bare(found, world.foreign)) === JSON.stringify(bare(missing, nothing));
      const leaks = leaksIn(found, world, asked);
      return [
        ...(same
          ? []
          : [`${JSON.stringify(bare(found, world.foreign))} for ${JSON.stringify(bare(missing, nothing))}`]),
        ...(isChanged ? ['changed something'] : []),
        ...leaks.map((mark) => `is told ${mark}`),
      ];
    });
    expect(wrong).toEqual([]);
  });

  it.each(lists)('is shown nothing of it by $call', async (row: RouteRow) => {
    const wrong = await everybody(async (caller) => {
      const found: string[] = [];
      for (const query of questions[row.name] ?? ['']) {
        const world = await openWorld();
        const asked = { ...requestTo(row.name, world.home, caller), query };
        found.push(...leaksIn(await send(row, caller, world.home, { query }), world, asked));
      }
      return found;
    });
    expect(wrong).toEqual([]);
  });

  it.each(['planFleetInstall_post', 'beginFleetInstall_post'])(
    'finds none of it by group, by tag or by name with %s',
    async (name) => {
      const row = routeTable.find((one) => one.name === name);
      const wrong = await everybody(async (caller) => {
        const world = await openWorld();
        const { subscriptionId, resourceId } = world.foreign;
        const selections = [
          { resourceGroup: `/subscriptions/${subscriptionId}/resourceGroups/rg-local` },
          { tag: { subscriptionId, name: 'estate', value: 'yes' } },
          { resourceIds: [resourceId] },
        ];
        const found: string[] = [];
        for (const select of selections) {
          const answer = row && (await send(row, caller, world.home, { body: { select } }));
          if (answer && answer.status < 300) found.push(...toldOf(answer));
          else if (answer?.status !== 404) found.push(`status ${answer?.status}`);
        }
        return found;
      });
      expect(wrong).toEqual([]);
    },
  );
});
