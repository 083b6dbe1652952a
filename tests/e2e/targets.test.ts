import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '#local/main-job/api-client.ts';
import { openSessionUrl } from '#local/main-job/open-session-url.ts';
import * as sample from '#local/samples/sample-data.ts';
import { installOn } from '../support/install.ts';
import { machineAt, type SystemUnderTest, startOwn } from '../support/system.ts';

type Person = ApiClient & { token: string };

/** What Azure Resource Manager answers about a resource, as the app's identity sees it. */
async function readArm(system: SystemUnderTest, path: string, version: string): Promise<Response> {
  const { managedIdentity, resourceManager } = system.connection;
  const asked = new URL(managedIdentity.endpoint);
  asked.searchParams.set('resource', `${resourceManager.audience}/`);
  asked.searchParams.set('api-version', '2019-08-01');
  const token = await fetch(asked, { headers: { 'x-identity-header': managedIdentity.headers.app } });
  const { access_token: bearer } = (await token.json()) as { access_token: string };
  const url = new URL(path, resourceManager.endpoint);
  url.searchParams.set('api-version', version);
  return fetch(url, { headers: { authorization: `Bearer ${bearer}` } });
}

async function uninstall(system: SystemUnderTest, person: Person, machineId: string): Promise<void> {
  const response = await fetch(`${system.baseUrl}/api/machines/${machineId}/extension`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${person.token}` },
  });
  const { id } = (await response.json()) as { id: string };
  const ended = await person.follow(await person.getOperation(id), () => {});
  expect(ended.error ?? null).toBeNull();
}

describe('machines of other kinds, by the documented handler', () => {
  let system: SystemUnderTest;
  let administrator: Person;
  beforeAll(async () => {
    system = await startOwn('system', { machines: [sample.virtualMachine, sample.cluster] });
    administrator = await system.as('Administrator');
  });
  afterAll(() => system?.stop());

  it.each([
    ['an Azure VM without a line of sight', 0, 'extensions/AdminCenter', '2024-07-01'],
    ['an HCI cluster', 1, 'arcSettings/default/extensions/AdminCenter', '2024-04-01'],
  ])('requirements 27 and 97: %s installs, connects and uninstalls', async (_, index, extension, version) => {
    const machine = machineAt(system, index);
    const { machineId } = await installOn(administrator, machine);
    const shown = await readArm(system, `${machine.resourceId}/${extension}`, version);
    expect(JSON.stringify(await shown.json())).toContain('"type":"AdminCenter"');
    const page = await openSessionUrl((await administrator.connect(machineId)).url);
    expect(page.status).toBe(200);
    expect(page.body).toContain(machine.name);
    await uninstall(system, administrator, machineId);
    expect((await readArm(system, `${machine.resourceId}/${extension}`, version)).status).toBe(404);
    expect((await administrator.getMachine(machineId)).extension.state).toBe('absent');
  });
});

describe.each(['custom-script', 'run-command'])('a Linux machine, by %s', (delivery) => {
  let system: SystemUnderTest;
  let administrator: Person;
  beforeAll(async () => {
    const [machine] = sample.sampleMachines;
    system = await startOwn('system', {
      machines: machine ? [machine] : [],
      settings: { ADMIN_CENTER_EXTENSION_DELIVERY: delivery },
    });
    administrator = await system.as('Administrator');
  });
  afterAll(() => system?.stop());

  const resources = {
    'custom-script': ['extensions/AdminCenter', '2024-07-10'],
    'run-command': ['runCommands/AdminCenter', '2025-01-13'],
  } as const;
  const [path, version] = resources[delivery as keyof typeof resources];
  const shown = () => readArm(system, `${machineAt(system, 0).resourceId}/${path}`, version);

  it('requirements 1 and 57: downloads the agent, installs it as a service and connects; its token is nowhere to be read', async () => {
    const machine = machineAt(system, 0);
    const { machineId } = await installOn(administrator, machine);
    const body = JSON.stringify(await (await shown()).json());
    expect(body).toContain(`"admin-center-port":"${machine.port}"`);
    expect(body).not.toMatch(/"token"|protected/i);
    const page = await openSessionUrl((await administrator.connect(machineId)).url);
    expect(page.status).toBe(200);
    expect(page.body).toContain(machine.name);

    await uninstall(system, administrator, machineId);
    expect((await shown()).status).toBe(404);
    const root = join(machine.agentCertificates, '..', '..', 'scripts', 'root');
    expect(existsSync(join(root, 'opt', 'admin-center-agent'))).toBe(false);
    expect(existsSync(join(root, 'var', 'lib', 'admin-center-agent'))).toBe(false);
  });
});
