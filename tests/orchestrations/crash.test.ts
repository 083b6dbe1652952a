import { describe, expect, it } from 'vitest';
import { orchestratorNames } from '#orchestrations/names.ts';
import { type DurableApp, openDurableApp } from '../support/durable-app.ts';
import { subscriptionId } from '../support/memory-ports.ts';
import { machineId, resourceId } from '../support/sample-machine.ts';

/**
 * A crash at every boundary of every activity: before it runs, and after it ran but before its result is on disk.
 * The flow is run once to learn its activities; then once for each boundary, on a new engine after the crash.
 */
interface Flow {
  /** Answers the instance id. */
  begin(app: DurableApp): Promise<string>;
  /** What must be the same with and without a crash. */
  endState(app: DurableApp, instanceId: string): Promise<object>;
}

const machineName = 'abcdefghijklmnopqrstuvwxyz';

async function leftBehind(app: DurableApp) {
  const certificate = await app.store.read(machineId, 'certificate');
  return {
    issued: app.authority.issued.length,
    keysMade: app.vault.keysMade(),
    pending: app.vault.pendingNames(),
    texts: [...app.dns.texts],
    certificate: {
      state: certificate?.document.state,
      version: certificate?.document.leaf?.version,
      thumbprint: (await app.vault.findCertificate(`machine-${app.relay.connections.values().next().value}`))
        ?.thumbprint,
    },
  };
}

const install: Flow = {
  begin: (app) =>
    app.begin('install', {
      machineId,
      resourceId,
      subscriptionId,
      port: 6516,
      custody: 'vault',
      newName: false,
    }),
  async endState(app, instanceId) {
    const operation = await app.operation(instanceId);
    const machine = await app.store.read(machineId, 'machine');
    const { installedAt, ...extension } = machine?.document.extension ?? {};
    expect(installedAt).toBeDefined();
    const name = machine?.document.machineName;
    expect([...app.dns.names.keys()]).toEqual([name, `*.${name}`]);
    expect([...app.relay.connections]).toEqual([name]);
    expect(new Set(app.extension.deployments.map((one) => JSON.stringify(one))).size).toBe(1);
    const { certificate, ...left } = await leftBehind(app);
    expect(certificate.thumbprint).toBe(
      (await app.store.read(machineId, 'certificate'))?.document.leaf?.thumbprint,
    );
    return {
      ...left,
      certificate: { state: certificate.state, version: certificate.version },
      status: operation.status,
      steps: operation.steps.map(({ status }) => status),
      currentOperation: machine?.document.currentOperation,
      extension,
      endpoint: machine?.document.endpoint,
      services: app.connectivity.endpoints.get(resourceId),
      queues: [...app.bus.queues],
      audits: (await app.store.list(machineId, 'audit', 10)).map(({ action, outcome }) => [action, outcome]),
    };
  },
};

const issue: Flow = {
  begin: (app) =>
    app.host.start(orchestratorNames.issueCertificate, {
      input: { machineId, machineName, custody: 'vault', isInstall: true },
    }),
  async endState(app, instanceId) {
    const { certificate, ...left } = await leftBehind(app);
    const status = app.host.status(instanceId);
    const found = await app.vault.findCertificate(`machine-${machineName}`);
    expect(status?.output).toEqual({ thumbprint: found?.thumbprint });
    return { ...left, runtimeStatus: status?.runtimeStatus, state: certificate.state };
  },
};

/** The flow without a crash: its activities in order and its end. */
async function learn(flow: Flow) {
  const app = await openDurableApp();
  try {
    const id = await flow.begin(app);
    await app.host.waitForCompletion(id);
    const seen = new Map<string, number>();
    const runs = app.activities.map((name) => {
      const nth = (seen.get(name) ?? 0) + 1;
      seen.set(name, nth);
      return { name, nth };
    });
    return { runs, end: await flow.endState(app, id) };
  } finally {
    await app.close();
  }
}

describe.each([
  { flow: install, title: 'an install', least: 30 },
  { flow: issue, title: 'the issue of a certificate', least: 13 },
])('$title', async ({ flow, least }) => {
  const { runs, end } = await learn(flow);

  it('ends well without a crash', () => {
    expect(runs.length).toBeGreaterThanOrEqual(least);
    expect(end).toMatchObject({ issued: 1, keysMade: 1, pending: [], texts: [] });
  });

  const boundaries = runs.flatMap((run) => [
    { ...run, when: 'crashBefore' as const },
    { ...run, when: 'crashAfter' as const },
  ]);
  it.each(boundaries)('ends the same after $when $name ($nth)', async ({ name, nth, when }) => {
    const app = await openDurableApp();
    try {
      const crashed = app.host[when](name, nth);
      const id = await flow.begin(app);
      await crashed;
      // Down for a while, as a process that is started again.
      app.clock.advance(5_000);
      await app.host.reopen();
      await app.host.waitForCompletion(id);
      expect(await flow.endState(app, id)).toEqual(end);
    } finally {
      await app.close();
    }
  });
});
