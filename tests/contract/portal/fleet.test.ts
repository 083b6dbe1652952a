import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import {
  sampleFleetInstall,
  sampleFleetMachines,
  sampleFleetPlan,
} from '../../support/portal-install-samples.ts';
import { sampleMachine } from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const plans = 'POST /api/fleet-installs/plans';
const one = '/api/fleet-installs/fleet234';
const screen = '/portal/fleet-installs/fleet234';

describe.runIf(hasChromium('installs on many machines in a browser'))('a fleet install in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  const show = (differs: Parameters<typeof sampleFleetInstall>[0] = {}) => {
    rig.api.replies.set(`GET ${one}`, { status: 200, body: sampleFleetInstall(differs) });
    rig.api.replies.set(`GET ${one}/machines`, { status: 200, body: { value: sampleFleetMachines() } });
  };

  it('a plan of 500 machines is read by what happens and why, and starts with the same request', async () => {
    const ids = [sampleMachine(0).resourceId, sampleMachine(1).resourceId];
    rig.api.replies.set('GET /api/fleet-installs', { status: 200, body: { value: [] } });
    rig.api.replies.set(plans, { status: 200, body: sampleFleetPlan(500) });
    rig.api.replies.set('POST /api/fleet-installs', { status: 202, body: sampleFleetInstall() });
    show();
    const bodies: unknown[] = [];
    const { page, complaints } = await rig.at('/portal/fleet-installs');
    page.on('request', (request) => {
      if (request.method() === 'POST') bodies.push(request.postDataJSON());
    });
    await page.getByRole('link', { name: 'Install on many machines' }).click();
    // The same one in another case is one.
    await page.getByLabel('Azure resource ids').fill([...ids, ids[0]?.toUpperCase()].join('\n'));
    await page.getByText('2 machines.').waitFor();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText('Of 500 machines, 419 would be installed. 50 would be refused.').first().waitFor();
    expect(await page.locator('.plan-group > summary').allTextContents()).toEqual([
      expect.stringMatching(/^Refused50 machines/),
      expect.stringMatching(/^Install377 machines/),
      expect.stringMatching(/^Take over42 machines/),
      expect.stringMatching(/^Pass over31 machines/),
    ]);
    const refused = page.getByRole('table', { name: /^Refused/ });
    expect(await refused.getByRole('rowheader', { name: /25$/ }).allTextContents()).toEqual([
      'Your roles lack extensions/write on this machine. 25',
      'The machine has enough memory. 25',
    ]);
    await page.getByRole('searchbox').fill('server-013');
    expect(await page.getByRole('row', { name: /server-013/ }).textContent()).toContain(
      'Found 2 GiB; needed 3 GiB.',
    );
    await page.getByRole('button', { name: 'Install on 419 machines' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { name: 'Fleet install' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(screen);
    const request = { select: { resourceIds: ids }, install: {}, concurrency: 20 };
    expect(bodies).toEqual([request, request]);
    expect(complaints).toEqual([]);
  });

  it('what is typed wrongly is said at its field, and no plan is asked for', async () => {
    const { page } = await rig.at('/portal/fleet-installs/plan');
    const plan = page.getByRole('button', { name: 'Show the plan' });
    await plan.click();
    await page.getByText('Paste at least one resource id.').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('ids');
    await page.getByRole('radio', { name: 'A tag' }).check();
    await plan.click();
    await page.getByText('Enter the tag’s name.').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('subscription');
    expect(rig.api.calls).not.toContain(plans);
  });

  it('a resource group and its wishes are asked for as they are typed; another word takes the plan away', async () => {
    rig.api.replies.set(plans, { status: 200, body: sampleFleetPlan(3) });
    const { page } = await rig.at('/portal/fleet-installs/plan');
    await page.getByRole('radio', { name: 'A resource group' }).check();
    const subscription = '00000000-0000-4000-8000-000000000001';
    await page.getByLabel('Subscription id').fill(subscription);
    await page.getByLabel('Resource group', { exact: true }).fill('rg-web');
    await page.getByText('Settings for all of them').click();
    await page.getByLabel('Port on each machine').fill('443');
    await page.getByLabel('Machines at a time').fill('5');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Show the plan' }).click();
    expect((await sent).postDataJSON()).toEqual({
      select: { resourceGroup: `/subscriptions/${subscription}/resourceGroups/rg-web` },
      install: { port: 443 },
      concurrency: 5,
    });
    await page.getByRole('heading', { name: 'The plan' }).waitFor();
    await page.getByLabel('Machines at a time').fill('50');
    expect(await page.getByRole('heading', { name: 'The plan' }).count()).toBe(0);
  });

  it('progress is there after a reload, failures first, and it can be paused, resumed and cancelled', async () => {
    show();
    const bodies: unknown[] = [];
    const { page } = await rig.signedIn(screen);
    page.on('request', (request) => {
      if (request.method() === 'PATCH') bodies.push(request.postDataJSON());
    });
    await page.getByText('1 of 6 installed, 1 failed, 1 at work.').first().waitFor();
    await page.reload();
    await page.getByRole('button', { name: /Administrator/ }).click();
    const bar = page.getByRole('progressbar', { name: 'Machines that are done' });
    expect(await bar.getAttribute('aria-valuenow')).toBe('58');
    const names = page.getByRole('rowheader').getByRole('link');
    expect(await names.allTextContents()).toEqual([
      'db-02',
      'files-03',
      'mail-04',
      'print-05',
      'old-06',
      'web-01',
    ]);
    await page.getByText('No report of a served certificate came within 10 minutes.').waitFor();
    await page.getByLabel('Status').selectOption('running');
    await eventually(() => names.allTextContents()).toEqual(['mail-04']);

    rig.api.replies.set(`PATCH ${one}`, { status: 200, body: sampleFleetInstall({ status: 'paused' }) });
    show({ status: 'paused' });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('heading', { name: 'Fleet install, paused' }).waitFor();
    show();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    show({ status: 'cancelled' });
    await page.getByRole('button', { name: 'Cancel the rest' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the rest' }).click();
    await page.getByRole('heading', { name: 'Fleet install, cancelled' }).waitFor();
    expect(bodies).toEqual([{ status: 'paused' }, { status: 'running' }, { status: 'cancelled' }]);
  });

  it('of very many the first 200 are shown, and all when they are asked for', async () => {
    show({ status: 'succeeded', total: 250 });
    const [sample] = sampleFleetMachines();
    const value = Array.from({ length: 250 }, (_, at) => ({
      ...sample,
      name: `m-${at}`,
      resourceId: `/${at}`,
    }));
    rig.api.replies.set(`GET ${one}/machines`, { status: 200, body: { value } });
    const { page } = await rig.at(screen);
    const rows = page.getByRole('rowheader');
    await page.getByText('The first 200 are shown.').waitFor();
    expect(await rows.count()).toBe(200);
    await page.getByRole('button', { name: 'Show all 250' }).click();
    await eventually(() => rows.count()).toBe(250);
  });

  it('its report is kept as a file', async () => {
    show({ status: 'succeeded' });
    rig.api.replies.set(`GET ${one}/report`, { status: 200, body: { machines: [] } });
    const { page } = await rig.at(screen);
    const begun = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Report as JSON' }).click();
    const download = await begun;
    expect(download.suggestedFilename()).toBe('fleet-install-fleet234.json');
    expect(await readFile(await download.path(), 'utf8')).toBe('{"machines":[]}');
  });

  it('earlier ones are listed, the newest first', async () => {
    const earlier = sampleFleetInstall({ id: 'older567', status: 'succeeded', percent: 100 });
    rig.api.replies.set('GET /api/fleet-installs', {
      status: 200,
      body: { value: [sampleFleetInstall(), earlier] },
    });
    const { page } = await rig.at('/portal/fleet-installs');
    const rows = page.getByRole('row').filter({ hasText: '1 of 6' });
    await rows.first().waitFor();
    expect(await rows.count()).toBe(2);
    expect(await rows.last().textContent()).toMatch(/Ended.*100 % done.*1 failed, 1 refused/);
    await rows.last().getByRole('link').click();
    expect(new URL(page.url()).pathname).toBe('/portal/fleet-installs/older567');
  });
});
