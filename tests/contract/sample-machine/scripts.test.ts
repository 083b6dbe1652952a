import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { runExtensionHost } from '#local/sample-machine/extension-host.ts';
import { createGoalStateClient } from '#local/sample-machine/goal-state.ts';
import { type Cloud, call, machineId, startCloud, versions } from '../resource-manager/cloud.ts';

const identity = { header: 'machine-secret', objectId: 'm', clientId: 'm', resourceId: machineId };
const runCommandVersion = '2025-01-13';

let cloud: Cloud;
let msi: ManagedIdentity;
let dataDirectory: string;
let host: { stop: AbortController; ended: Promise<void> };

function startHost() {
  const stop = new AbortController();
  const config = {
    name: 'sample-1',
    machineId,
    armEndpoint: cloud.arm.origin,
    dataDirectory,
    appPort: 6516,
    agentEntry: 'none',
  };
  const { header } = identity;
  const client = createGoalStateClient({
    armEndpoint: cloud.arm.origin,
    machineId,
    identity: { endpoint: msi.endpoint, header },
    signal: stop.signal,
  });
  host = { stop, ended: runExtensionHost({ config, client, signal: stop.signal, log() {} }) };
}

const inRoot = (...parts: string[]) => join(dataDirectory, 'scripts', 'root', ...parts);

async function run(name: string, script: string, parameters: { name: string; value: string }[] = []) {
  const path = `${machineId}/runCommands/${name}`;
  const properties = { source: { script }, protectedParameters: parameters };
  const body = { location: 'westeurope', properties };
  await call(cloud.clientOf(), 'put', path, runCommandVersion, { body });
  return vi.waitFor(
    async () => {
      const shown = (await call(cloud.clientOf(), 'get', path, runCommandVersion)).body as {
        properties: { instanceView: { executionState: string; exitCode?: number; output: string } };
      };
      expect(shown.properties.instanceView.executionState).toMatch(/Succeeded|Failed/);
      return shown.properties.instanceView;
    },
    { timeout: 10_000, interval: 50 },
  );
}

const customScript = (name: string, protectedSettings: object) =>
  call(cloud.clientOf(), 'put', `${machineId}/extensions/${name}`, versions.machines, {
    body: {
      location: 'westeurope',
      properties: { publisher: 'Microsoft.Azure.Extensions', type: 'CustomScript', protectedSettings },
    },
  });
const stateOf = async (name: string) => {
  const path = `${machineId}/extensions/${name}`;
  const { body } = await call(cloud.clientOf(), 'get', path, versions.machines);
  return (body as { properties: { provisioningState: string } }).properties.provisioningState;
};

describe("a sample machine's scripts", () => {
  beforeAll(async () => {
    cloud = await startCloud();
    msi = await createManagedIdentity({
      clock: systemClock,
      store: openStore(':memory:'),
      port: 0,
      issue: cloud.entra.mint,
      identities: [identity],
    });
    dataDirectory = await mkdtemp(join(tmpdir(), 'sample-scripts-'));
    startHost();
  });
  afterAll(async () => {
    host.stop.abort();
    await host.ended;
    await msi.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  it('run in a root of their own, told of their parameters and of nothing that is ours', async () => {
    const view = await run('facts', 'echo "$ADMIN_CENTER_ROOT|$given|${IDENTITY_HEADER:-none}"', [
      { name: 'given', value: "it's $(id)" },
    ]);
    expect(view).toMatchObject({ executionState: 'Succeeded', exitCode: 0 });
    expect(view.output).toBe(`${inRoot()}|it's $(id)|none`);
  });

  it('say how they failed', async () => {
    expect(await run('failing', 'echo no space >&2; exit 3')).toMatchObject({
      executionState: 'Failed',
      exitCode: 3,
      output: 'exit code 3: no space',
    });
  });

  it('leave nothing running behind them', async () => {
    const file = inRoot('late');
    const { output } = await run('leftover', `(sleep 1; touch '${file}') & echo $!`);
    await expect
      .poll(() => existsSync(`/proc/${output}`) && !/ Z /.test(readFileSync(`/proc/${output}/stat`, 'utf8')))
      .toBe(false);
    expect(existsSync(file)).toBe(false);
  });

  it('run once for each goal, also when the machine starts again', async () => {
    const count = `echo x >> '${inRoot('count')}'`;
    await customScript('Counted', { script: Buffer.from(count).toString('base64') });
    await expect.poll(() => stateOf('Counted'), { timeout: 10_000 }).toBe('Succeeded');
    host.stop.abort();
    await host.ended;
    startHost();
    await run('after-restart', 'exit 0');
    expect(readFileSync(inRoot('count'), 'utf8')).toBe('x\n');
    await customScript('Counted', { commandToExecute: count });
    await expect.poll(() => readFileSync(inRoot('count'), 'utf8'), { timeout: 10_000 }).toBe('x\nx\n');
  });

  it('need a script', async () => {
    await customScript('Empty', {});
    await expect.poll(() => stateOf('Empty'), { timeout: 10_000 }).toBe('Failed');
  });
});
