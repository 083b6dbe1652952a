import { expect, it } from 'vitest';
import {
  actionLists,
  type Fuzz,
  managementRequests,
  routeTemplates,
  schedules,
} from '../support/functions-host-fuzz.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const runs = 100_000;

it.each<[string, Fuzz]>([
  ['route template', routeTemplates],
  ['schedule', schedules],
  ['request of the durable API', managementRequests],
  ['list of actions', actionLists],
])(`no %s of ${runs} takes the host down (SEED=${seed})`, async (_, fuzz) => {
  await expect(fuzz(runs, seed)).resolves.toBeUndefined();
});
