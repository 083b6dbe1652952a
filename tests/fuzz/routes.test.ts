import { beforeAll, expect, it } from 'vitest';
import { registerApp } from '../support/routes/app.ts';
import { fuzzRoutes } from '../support/routes/fuzz.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const requests = 100_000;

beforeAll(registerApp);

it(`no request of ${requests} takes a route off its documented ways (SEED=${seed})`, async () => {
  await expect(fuzzRoutes(requests, seed)).resolves.toMatchObject({ requests });
}, 1_200_000);
