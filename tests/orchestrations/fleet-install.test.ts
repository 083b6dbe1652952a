import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import {
  addToCloud,
  beginFleet,
  fleetOf,
  membersOf,
  openFleetWorld,
  request,
} from '../support/fleet-install.ts';

let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  openFleetWorld(app);
});
afterEach(() => app.close());

const statuses = async (id: string) => (await membersOf(app, id)).map(({ status }) => status);

describe('an install on many machines', () => {
  it('installs on each, one certificate and one operation for each', async () => {
    const id = await beginFleet(app, request(addToCloud(app, 30)));
    await app.host.waitForCompletion((await fleetOf(app, id)).runId);
    expect(await statuses(id)).toEqual(Array.from({ length: 30 }, () => 'succeeded'));
    expect(app.authority.issued).toHaveLength(30);
    expect(await fleetOf(app, id)).toMatchObject({
      status: 'succeeded',
      counts: { succeeded: 30, waiting: 0 },
    });
  });
});
