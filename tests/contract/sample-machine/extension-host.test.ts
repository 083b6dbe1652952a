import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createManagedIdentity, type ManagedIdentity } from '#local/entra/managed-identity.ts';
import { systemClock } from '#local/kit/clock.ts';
import { openStore } from '#local/kit/store.ts';
import { runExtensionHost } from '#local/sample-machine/extension-host.ts';
import { createGoalStateClient } from '#local/sample-machine/goal-state.ts';
import { type Cloud, call, machineId, startCloud, versions } from '../resource-manager/cloud.ts';

const extension = `${machineId}/extensions/AdminCenter`;
const identity = { header: 'machine-secret', objectId: 'm', clientId: 'm', resourceId: machineId };

let cloud: Cloud;
let msi: ManagedIdentity;
let dataDirectory: string;
const hosts: { stop: AbortController; ended: Promise<void> }[] = [];
const logged: { event: string; [field: string]: unknown }[] = [];

function startHost() {
  const stop = new AbortController();
  const client = createGoalStateClient({
    armEndpoint: cloud.arm.origin,
    machineId,
    identity: { endpoint: msi.endpoint, header: identity.header },
    signal: stop.signal,
  });
  const config = {
    name: 'sample-1',
    machineId,
    armEndpoint: cloud.arm.origin,
    dataDirectory,
    appPort: 6516,
    agentEntry: fileURLToPath(new URL('./stub-agent.mjs', import.meta.url)),
  };
  const ended = runExtensionHost({
    config,
    client,
    signal: stop.signal,
    log: (event, fields) => void logged.push({ event, ...fields }),
  });
  hosts.push({ stop, ended });
  return { stop, ended };
}

const put = (port: string, protectedSettings: object = { token: 'a token that is long enough' }) =>
  call(cloud.clientOf(), 'put', extension, versions.machines, {
    body: {
      location: 'westeurope',
      properties: {
        publisher: 'Microsoft.AdminCenter',
        type: 'AdminCenter',
        settings: { port, salt: 'salt', controlPlane: 'http://127.0.0.1:7071' },
        protectedSettings,
      },
    },
  });

const waitForState = (provisioningState: string) =>
  vi.waitFor(
    async () => {
      const { body } = await call(cloud.clientOf(), 'get', extension, versions.machines);
      expect(body).toMatchObject({ properties: { provisioningState } });
      return body;
    },
    { timeout: 15_000, interval: 50 },
  );

const agentPid = async () => Number(await readFile(join(dataDirectory, 'agent.pid'), 'utf8'));
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a sample machine's extension host", () => {
  beforeAll(async () => {
    cloud = await startCloud();
    msi = await createManagedIdentity({
      clock: systemClock,
      store: openStore(':memory:'),
      port: 0,
      issue: cloud.entra.mint,
      identities: [identity],
    });
    dataDirectory = await mkdtemp(join(tmpdir(), 'sample-machine-'));
    startHost();
  });
  afterAll(async () => {
    for (const { stop } of hosts) stop.abort();
    await Promise.allSettled(hosts.map(({ ended }) => ended));
    await msi.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  it('requirement 1: starts the agent with the settings of the extension and reports its version', async () => {
    await expect(agentPid()).rejects.toMatchObject({ code: 'ENOENT' });
    await put('6516');
    expect(await waitForState('Succeeded')).toMatchObject({
      properties: { instanceView: { typeHandlerVersion: '9.9.9' } },
    });
    const file = join(dataDirectory, 'agent', 'config.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      port: '6516',
      salt: 'salt',
      controlPlane: 'http://127.0.0.1:7071',
      token: 'a token that is long enough',
      resourceId: machineId,
      dataDirectory: join(dataDirectory, 'agent'),
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(isAlive(await agentPid())).toBe(true);
    expect(await readFile(join(dataDirectory, 'agent.log'), 'utf8')).toContain('"identity":"none"');
  });

  it('starts the agent again when it dies', async () => {
    const pid = await agentPid();
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await agentPid()).not.toBe(pid), { timeout: 10_000 });
    expect(isAlive(await agentPid())).toBe(true);
  });

  it('ends the agent with itself, and brings it back without a new report', async () => {
    const pid = await agentPid();
    hosts[0]?.stop.abort();
    await hosts[0]?.ended;
    expect(isAlive(pid)).toBe(false);
    const reported = logged.filter(({ event }) => event === 'extension.reported').length;
    startHost();
    await vi.waitFor(async () => expect(isAlive(await agentPid())).toBe(true), { timeout: 10_000 });
    expect(logged.filter(({ event }) => event === 'extension.reported')).toHaveLength(reported);
  });

  it.runIf(process.platform === 'linux')('ends an agent that outlived a host that was killed', async () => {
    hosts.at(-1)?.stop.abort();
    await hosts.at(-1)?.ended;
    const entry = fileURLToPath(new URL('./stub-agent.mjs', import.meta.url));
    const leftover = spawn(process.execPath, [
      entry,
      'run',
      '--config',
      join(dataDirectory, 'agent', 'config.json'),
    ]);
    await once(leftover.stdout, 'data');
    await writeFile(join(dataDirectory, 'agent.pid'), String(leftover.pid));
    const ended = once(leftover, 'exit');
    startHost();
    expect(await ended).toEqual([null, 'SIGKILL']);
    await vi.waitFor(async () => expect(await agentPid()).not.toBe(leftover.pid));
  });

  it('restarts the agent when the settings change, and reports a refused enrolment as an error', async () => {
    const pid = await agentPid();
    await put('1');
    expect(await waitForState('Failed')).toMatchObject({
      properties: { instanceView: { status: { message: 'not this token' } } },
    });
    expect(isAlive(pid)).toBe(false);
  });

  it('reports settings that are not the agreed ones as an error', async () => {
    await put('6516', {});
    expect(await waitForState('Failed')).toMatchObject({
      properties: {
        instanceView: { status: { message: expect.stringContaining('the protected settings token') } },
      },
    });
  });

  it('stops the agent and deletes its data when the extension goes', async () => {
    await put('6517');
    await waitForState('Succeeded');
    const pid = await agentPid();
    await call(cloud.clientOf(), 'delete', extension, versions.machines);
    await vi.waitFor(
      async () => {
        const { status } = await call(cloud.clientOf(), 'get', extension, versions.machines);
        expect(status).toBe(404);
      },
      { timeout: 10_000 },
    );
    expect(isAlive(pid)).toBe(false);
    await expect(stat(join(dataDirectory, 'agent'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
