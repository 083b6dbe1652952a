import { beforeAll, expect, it } from 'vitest';
import { registerApp } from '../../support/routes/app.ts';
import { fuzzRoutes } from '../../support/routes/fuzz.ts';

beforeAll(registerApp);

it('no request takes a route off its documented ways, whatever is in its body, path, question and headers', async () => {
  const { requests, statuses } = await fuzzRoutes(3000, 20_261_001);
  expect(requests).toBeGreaterThanOrEqual(3000);
  // It is no fuzz that is refused at the door alone.
  for (const status of [200, 202, 204, 400, 404]) expect(statuses.get(status) ?? 0).toBeGreaterThan(10);
}, 60_000);

it('a handler that was not ready for something is found', async () => {
  const found = fuzzRoutes(200, 1, ({ memory }) => {
    memory.ports.store = {
      ...memory.ports.store,
      read: async () => {
        throw new TypeError('x.y is not a function');
      },
    };
  });
  await expect(found).rejects.toThrow(/Property failed/);
});
