import { afterEach, beforeEach, expect, it } from 'vitest';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

const install = { machineId, resourceId, subscriptionId, port: 6516, custody: 'vault', newName: false };
const address = 'http://proxy.example:8080';
let app: DurableApp;
beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

it('an install tells the handler the proxy that was asked for, the next one as well, until it is taken away', async () => {
  const told = () => app.extension.deployments.at(-1)?.settings.proxy;
  await app.run('install', install);
  expect(told()).toBeUndefined();
  await app.run('install', { ...install, proxy: address });
  expect(told()).toEqual({ mode: 'application', address });
  await app.run('install', install);
  expect(told()).toEqual({ mode: 'application', address });
  await app.run('install', { ...install, proxy: null });
  expect(told()).toBeUndefined();
});
