import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { sampleCompensation } from '../../support/portal-install-samples.ts';
import {
  agentNotServing,
  bareMachine,
  installAt,
  installFailedAt,
  machineIdOf,
  sampleMachine,
  samplePreconditions,
  sampleProblem,
} from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const put = `PUT /api/machines/${id}/extension`;
const get = `GET /api/operations/${id}.q2w3e4r5`;

describe.runIf(hasChromium('the portal’s install screens in a browser'))('install in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  it('requirements 50 and 52: the three steps advance without a reload, and Connect is next', async () => {
    const { api } = rig;
    api.machines = [bareMachine(0)];
    const { page, complaints } = await rig.at(`/portal/machines/${id}`);
    let step = 0;
    api.replies.set(put, { status: 202, body: installAt(id, 0) });
    api.replies.set(get, () => {
      if (step === 3) api.machines = [sampleMachine(0)];
      return { status: 200, body: installAt(id, step), headers: { 'retry-after': '0' } };
    });
    await page.getByRole('link', { name: 'Install', exact: true }).click();
    expect(await page.getByLabel('Port on the machine').inputValue()).toBe('6516');
    await page.getByRole('button', { name: 'Install' }).click();

    const steps = page.getByRole('listitem').filter({ hasText: /Register|Deploy|Install the agent/ });
    for (const [index, name] of ['Register', 'Deploy', 'Install the agent'].entries()) {
      step = index;
      await steps.filter({ hasText: name }).filter({ hasText: 'Running' }).waitFor();
      expect(await page.locator('[aria-current=step]').textContent()).toContain(name);
    }
    step = 3;
    await page.getByRole('heading', { name: 'Installed', level: 1 }).waitFor();
    expect(await steps.filter({ hasText: /Done.*took (\d+|under 1) s/ }).count()).toBe(3);
    await page.getByRole('button', { name: 'Connect' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('the install goes on being shown after a reload, at the address that the machine leads to', async () => {
    rig.api.machines = [bareMachine(0, { operation: { id: `${id}.q2w3e4r5`, kind: 'install' } })];
    rig.api.replies.set(get, { status: 200, body: installAt(id, 1), headers: { 'retry-after': '1' } });
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    await page.locator('[aria-current=step]').getByText('Deploy the endpoint').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/portal/machines/${id}/operations/q2w3e4r5`);
    await page.reload();
    await page.getByRole('button', { name: /Administrator/ }).click();
    await page.locator('[aria-current=step]').getByText('Deploy the endpoint').waitFor();
  });

  it('a failed step shows code, hop and remedy, what was undone and left, and Try again asks for the same port', async () => {
    const { api } = rig;
    api.machines = [bareMachine(0)];
    api.operations.set(`${id}.q2w3e4r5`, {
      ...installFailedAt(id, 2, agentNotServing),
      compensation: sampleCompensation,
    });
    const bodies: string[] = [];
    const { page } = await rig.at(`/portal/machines/${id}/operations/q2w3e4r5?port=6600`);
    page.on('request', (request) => {
      if (request.method() === 'PUT') bodies.push(request.postData() ?? '');
    });
    const alert = page.getByRole('alert');
    await alert.getByText(agentNotServing.title).waitFor();
    const text = (await alert.textContent()) ?? '';
    expect(text).toContain('agent_not_serving');
    expect(text).toMatch(/Where\s*agent/);
    expect(text).toContain(agentNotServing.remedy);
    expect(await page.getByRole('listitem').filter({ hasText: 'Install the agent' }).textContent()).toContain(
      'Failed',
    );

    const fates = page.getByRole('region', { name: 'What became of what was begun' });
    expect(await fates.getByRole('listitem').allTextContents()).toEqual([
      'The extension AdminCenter.',
      'The DNS records and the relay connection of the name.',
      'The endpoint. Why: Other experiences may use it, SSH for example.',
      'The certificate. Why: The next install uses it and orders no other.',
    ]);

    const again = { ...installAt(id, 0), id: `${id}.another2` };
    api.replies.set(put, { status: 202, body: again });
    api.operations.set(again.id, again);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[aria-current=step]').getByText('Register the resource provider').waitFor();
    expect(bodies).toEqual(['{"port":6600}']);
    expect(page.url()).toContain('/operations/another2?port=6600');
  });

  it('requirement 21: an unmet requirement is listed with what was found, and the button says that it is missing', async () => {
    rig.api.machines = [bareMachine(0)];
    rig.api.preconditions = samplePreconditions(false);
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    const button = page.getByRole('button', { name: 'One requirement is not met' });
    await button.waitFor();
    expect(await page.getByText('Found: 2 GiB. Needed: 3 GiB.').isVisible()).toBe(true);
    const outcomes = await page.locator('.requirement-rule').allTextContents();
    expect(outcomes).toEqual([
      'The operating system is supported: met',
      'The machine has enough memory: not met',
      'The Arc agent is a recommended version: a warning',
      'The machine is connected: met',
    ]);
    // The button is in the focus order, says why it does nothing, and does nothing.
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    expect(rig.api.calls).not.toContain(put);
    rig.api.preconditions = samplePreconditions(true);
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByRole('button', { name: 'Install', exact: true }).waitFor();
    expect(await page.getByText('1 warning, 3 met. A warning does not stop the install.').isVisible()).toBe(
      true,
    );
  });

  it('nothing can be sent before every requirement was judged', async () => {
    rig.api.machines = [bareMachine(0)];
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.api.replies.set(`GET /api/machines/${id}/preconditions`, async () => {
      await promise;
      return { status: 200, body: samplePreconditions() };
    });
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    await page.getByRole('button', { name: 'Checking the requirements' }).click({ force: true });
    resolve();
    await page.getByRole('button', { name: 'Install', exact: true }).waitFor();
    expect(rig.api.calls).not.toContain(put);
  });

  it('the key stays in Key Vault unless the machine is chosen, and Try again asks for the same', async () => {
    const { api } = rig;
    api.machines = [bareMachine(0)];
    api.replies.set(put, { status: 202, body: installAt(id, 0) });
    api.operations.set(`${id}.q2w3e4r5`, installFailedAt(id, 2, agentNotServing));
    const bodies: string[] = [];
    const { page } = await rig.signedIn(`/portal/machines/${id}/install`);
    page.on('request', (request) => {
      if (request.method() === 'PUT') bodies.push(request.postData() ?? '');
    });
    const install = page.getByRole('button', { name: 'Install' });
    await install.waitFor();
    expect(await page.getByRole('radio', { name: 'Key Vault (usual)' }).isChecked()).toBe(true);
    await install.click();
    await page.getByRole('alert').waitFor();
    await page.goBack();
    await page.getByRole('radio', { name: 'The machine itself' }).check();
    await install.click();
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await eventually(() => bodies).toEqual([
      '{"port":6516}',
      '{"port":6516,"keys":"machine"}',
      '{"port":6516,"keys":"machine"}',
    ]);
  });

  it('installing again offers a new name, and who held the key holds it again', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    rig.api.replies.set(put, { status: 202, body: installAt(id, 0) });
    rig.api.operations.set(`${id}.q2w3e4r5`, installAt(id, 0));
    const { page } = await rig.at(`/portal/machines/${id}`);
    await page.getByRole('link', { name: 'Install again' }).click();
    await page.getByLabel('Give the machine a new name in DNS').check();
    expect(await page.getByRole('radio', { name: 'As it was' }).isChecked()).toBe(true);
    const sent = page.waitForRequest((request) => request.method() === 'PUT');
    await page.getByRole('button', { name: 'Install' }).click();
    expect((await sent).postDataJSON()).toEqual({ port: 6516, newName: true });
    await page.getByRole('heading', { name: 'Installing', level: 1 }).waitFor();
  });

  it('requirement 51: 443 is as good as any other port', async () => {
    rig.api.machines = [bareMachine(0)];
    rig.api.replies.set(put, { status: 202, body: installAt(id, 0) });
    rig.api.operations.set(`${id}.q2w3e4r5`, installAt(id, 0));
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    await page.getByLabel('Port on the machine').fill('443');
    const sent = page.waitForRequest((request) => request.method() === 'PUT');
    await page.getByRole('button', { name: 'Install', exact: true }).click();
    expect((await sent).postDataJSON()).toEqual({ port: 443 });
  });

  it('requirement 51: what is no port is refused in words and never sent', async () => {
    rig.api.machines = [bareMachine(0)];
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    const field = page.getByLabel('Port on the machine');
    for (const port of ['0', '65536', '6.5', 'abc', '']) {
      await field.fill(port);
      await field.press('Enter');
      expect([port, await field.getAttribute('aria-invalid')]).toEqual([port, 'true']);
      expect(await page.locator('#port-note').textContent()).toMatch(/1 to 65535/);
    }
    expect(rig.api.calls).not.toContain(put);
  });

  it('who went elsewhere while the answer was on its way is not called back', async () => {
    rig.api.machines = [bareMachine(0, { name: 'web-01' })];
    const { promise, resolve } = Promise.withResolvers<void>();
    rig.api.replies.set(put, async () => {
      await promise;
      return { status: 202, body: installAt(id, 0) };
    });
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    const answered = page.waitForResponse((response) => response.request().method() === 'PUT');
    await page.getByRole('button', { name: 'Install', exact: true }).click();
    await page.getByRole('link', { name: 'Fleet installs' }).click();
    resolve();
    await (await answered).finished();
    await page.getByRole('heading', { name: 'Fleet installs' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/portal/fleet-installs');
  });

  it('a refused install shows the service’s own words', async () => {
    rig.api.machines = [bareMachine(0)];
    const refusal = { code: 'operation_in_progress', hop: 'control plane', title: 'Another operation runs' };
    rig.api.replies.set(put, { status: 409, body: sampleProblem(409, refusal) });
    const { page } = await rig.at(`/portal/machines/${id}/install`);
    await page.getByRole('button', { name: 'Install' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('Another operation runs').waitFor();
    expect(await alert.textContent()).toContain('operation_in_progress');
    expect(await page.getByRole('button', { name: 'Install' }).isVisible()).toBe(true);
  });
});
