import { afterEach, beforeEach, expect, it } from 'vitest';
import { install } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

let app: DurableApp;
beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const signIn = async () => (await app.store.read(machineId, 'machine'))?.document.signIn;

it('requirement C3: an install says who the service takes a visitor for, until another one does or it is gone', async () => {
  await app.run('install', install);
  expect(await signIn()).toBeUndefined();
  await app.run('install', { ...install, signIn: 'local' });
  expect(await signIn()).toBe('local');
  await app.run('install', install);
  expect(await signIn()).toBe('local');
  await app.run('install', { ...install, signIn: 'virtual-account' });
  expect(await signIn()).toBe('virtual-account');
  await app.run('uninstall', { machineId, resourceId });
  expect(await signIn()).toBeUndefined();
});
