import { expect, it } from 'vitest';
import {
  actionLists,
  type Fuzz,
  managementRequests,
  routeTemplates,
  schedules,
} from '../../support/functions-host-fuzz.ts';

const seed = 20_261_121;

it.each<[string, Fuzz]>([
  ['route template', routeTemplates],
  ['schedule', schedules],
  ['request of the durable API', managementRequests],
  ['list of actions', actionLists],
])(
  'no %s of a thousand takes the host down',
  async (_, fuzz) => {
    await expect(fuzz(1_000, seed)).resolves.toBeUndefined();
  },
  30_000,
);
