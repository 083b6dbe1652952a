import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstallExtensionInput } from '#orchestrations/install-extension/orchestrator.ts';
import { AppError } from '#shared/domain/error.ts';
import type { MachineFacts } from '#shared/domain/machine.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { goodFacts } from '../support/precondition-cases.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

const input: InstallExtensionInput = {
  machineId,
  resourceId,
  subscriptionId,
  port: 6516,
  custody: 'vault',
  newName: false,
};
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
});
afterEach(() => app.close());

const refused = new AppError('resource_manager_refused', 'the machine cannot be reached');
/** The extension is refused, and by then the machine is another one. */
const breakWith = (changes: Partial<MachineFacts>) =>
  app.faults.before('extension.beginInstall', () => {
    app.resources.machines.set(resourceId.toLowerCase(), { ...goodFacts.arc, ...changes });
    throw refused;
  });

describe('requirement 24: the record of a failed install', () => {
  it('says which requirements the machine does not meet by then, beside what failed', async () => {
    breakWith({ status: 'Disconnected', agentVersion: '1.36' });
    const { status, error } = await app.run('install', input);
    expect(status).toBe('failed');
    expect(error).toMatchObject({
      code: 'resource_manager_refused',
      facts: { preconditions: [{ code: 'arc_agent_version' }, { code: 'machine_connected' }] },
    });
    expect(error?.detail).toContain('the machine cannot be reached. Requirements that are not met now:');
    expect(error?.detail).toContain('The machine is connected: found Disconnected, needed Connected');
    const [audit] = await app.store.list(machineId, 'audit', 1);
    expect(audit).toMatchObject({ action: 'install end', outcome: 'failed' });
    expect(audit?.detail).toContain('found Disconnected');
  });

  it('says no more when all are met, warnings left aside', async () => {
    breakWith({ agentVersion: '1.30' });
    const { error } = await app.run('install', input);
    expect(error?.detail).toBe('the machine cannot be reached');
  });

  it('says what failed all the same when the machine cannot be asked', async () => {
    breakWith({});
    const silence = new AppError('resource_manager_unavailable', 'no answer');
    app.faults.fail('resources.findMachine', silence);
    const { error } = await app.run('install', input);
    expect(error).toMatchObject({
      code: 'resource_manager_refused',
      detail: 'the machine cannot be reached',
    });
  });
});
