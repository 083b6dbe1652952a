import { expect, it } from 'vitest';
import { runHostileRequests } from './hostile-run.ts';

it('answers or refuses a thousand requests of any form without an error of its own', async () => {
  const seen = await runHostileRequests(1000, 4);
  expect([...seen.keys()]).toEqual(expect.arrayContaining([200, 201, 400, 404, 405, 409, 501]));
});
