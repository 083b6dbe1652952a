import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { orchestratorNames, sessionInstanceId } from '#orchestrations/names.ts';
import type { OpenSessionInput } from '#orchestrations/session-record.ts';
import { AppError, type ErrorCode } from '#shared/domain/error.ts';
import { allOf } from '../support/combinations.ts';
import { install } from '../support/crash/stage.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { administrator, grant, machineId, resourceId } from '../support/sample-machine.ts';

const action = 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action';
const sessionId = 'abcdefghijklmnop';
const instanceId = sessionInstanceId(machineId, sessionId);
const input: OpenSessionInput = {
  machineId,
  machine: { resourceId, subscriptionId: install.subscriptionId, kind: 'arc' },
  sessionId,
  service: 'WAC',
  user: administrator,
  lifetimeSeconds: 3600,
};
let app: DurableApp;

beforeEach(async () => {
  app = await openDurableApp();
  await app.run('install', install);
});
afterEach(() => app.close());

async function connect(): Promise<unknown> {
  await app.host.start(orchestratorNames.openSession, { instanceId, input });
  return (await app.host.waitForCompletion(instanceId)).output;
}

/** A configuration lies below its endpoint: without that, only what is on our own record is left of it. */
const combinations = allOf({
  endpoint: ['there', 'missing'],
  configuration: ['there', 'missing'],
  role: ['held', 'missing'],
});

/** What a refusal says, in whatever words. */
const naming = {
  endpoint: expect.stringContaining('endpoint'),
  configuration: expect.stringContaining('service configuration WAC'),
};

/** Whoever lacks the right learns nothing of the rest; then the first that is missing is named. */
function outcomeOf({ endpoint, configuration, role }: (typeof combinations)[number]): object {
  const refuse = (error: object) => ({ opened: false, error });
  if (role === 'missing')
    return refuse({
      code: 'access_denied',
      hop: 'authorization',
      facts: { condition: 'role', missingAction: action },
    });
  if (endpoint === 'missing')
    return refuse({
      code: 'endpoint_missing',
      hop: 'hybrid connectivity',
      detail: naming.endpoint,
      facts: { condition: 'endpoint' },
    });
  if (configuration === 'missing')
    return refuse({
      code: 'service_not_configured',
      hop: 'hybrid connectivity',
      detail: naming.configuration,
      facts: { condition: 'configuration' },
    });
  return { opened: true };
}

describe('access', () => {
  it.each(combinations)(
    'requirement 87: endpoint $endpoint, configuration $configuration, role $role',
    async ({ endpoint, configuration, role }) => {
      if (endpoint === 'missing') app.connectivity.endpoints.delete(resourceId);
      if (configuration === 'missing') await app.connectivity.removeServiceConfiguration(resourceId, 'WAC');
      const machine = (await app.store.read(machineId, 'machine'))?.document;
      if (!machine) throw new Error('no machine');
      const services = configuration === 'there' ? { WAC: 6516 } : {};
      const enabled = endpoint === 'there';
      await app.store.commit(machineId, [{ put: { ...machine, endpoint: { enabled, services } } }]);
      if (role === 'missing') {
        const all = { actions: ['*'] };
        const owner = grant('Owner', all, `/subscriptions/${install.subscriptionId}`);
        app.roles.held.set(administrator.id, { grants: [owner], denials: [] });
      }
      expect(await connect()).toMatchObject(outcomeOf({ endpoint, configuration, role }));
      const isAllowed = [endpoint, configuration, role].every((one) => one !== 'missing');
      expect(app.probe.tried).toHaveLength(isAllowed ? 1 : 0);
    },
  );
});

describe('a connect that fails right after an install', () => {
  // Nothing else of an install is younger than its end: the agent serves and is connected by then.
  const waits: [ErrorCode, RegExp][] = [
    ['agent_offline', /after an install wait a minute or two/i],
    ['name_not_resolved', /two minutes/i],
  ];
  it.each(waits)('requirement 115: %s says to wait a minute or two', async (code, words) => {
    app.probe.answer.failure = () => new AppError(code, 'nothing answers');
    expect(await connect()).toMatchObject({
      error: { code, remedy: expect.stringMatching(words), retryable: true },
    });
  });
});
