import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { listSamples, manyMachines } from '../../support/portal-list.ts';
import { bareMachine, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

describe.runIf(hasChromium('the portal’s list of machines in a browser'))('the list in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  const chips = (page: Page) =>
    page.getByRole('group', { name: 'State' }).getByRole('button').allTextContents();

  it('the list is narrowed by state and target; counts stay those of all machines, and the address is enough to find it again', async () => {
    rig.api.machines = [
      sampleMachine(0, { name: 'web-01' }),
      sampleMachine(1, { name: 'web-02', kind: 'azure-vm', state: 'away' }),
      bareMachine(2, { name: 'db-03' }),
    ];
    const { page, complaints } = await rig.signedIn('/portal/');
    const names = () => page.getByRole('rowheader').allTextContents();
    await page.getByRole('rowheader').first().waitFor();
    const all = ['All 3', 'Away 1', 'Uninstalled 1', 'Ready 1'];
    expect(await chips(page)).toEqual(all);
    await page.getByLabel('Target').selectOption('arc');
    await eventually(names).toEqual(['db-03', 'web-01']);
    await page.getByRole('button', { name: 'Ready 1' }).click();
    await eventually(names).toEqual(['web-01']);
    expect(await chips(page)).toEqual(all);
    expect(await page.getByRole('button', { name: 'Ready 1' }).getAttribute('aria-pressed')).toBe('true');
    await page.getByText('1 that match, 3 in all').waitFor();
    await page.reload();
    await page.getByRole('button', { name: /Administrator/ }).click();
    await eventually(names).toEqual(['web-01']);
    expect(await page.getByLabel('Target').inputValue()).toBe('arc');
    await page.getByRole('button', { name: 'Ready 1' }).click();
    await eventually(names).toEqual(['db-03', 'web-01']);
    expect(new URL(page.url()).search).toBe('?kind=arc');
    expect(complaints).toEqual([]);
  });

  it('thousands of machines come in pages that Back goes through; another question begins at its first page', async () => {
    rig.api.machines = manyMachines(250);
    const { page } = await rig.at('/portal/');
    const first = () => page.getByRole('rowheader').first().textContent();
    await page.getByText('1–100 of 250 in all').waitFor();
    expect(await page.getByRole('rowheader').count()).toBe(100);
    expect(await page.getByRole('link', { name: 'Previous page' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('101–200 of 250 in all').waitFor();
    expect(await page.evaluate('document.activeElement.innerText')).toBe('Machines');
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByText('201–250 of 250 in all').waitFor();
    expect(await page.getByRole('link', { name: 'Next page' }).count()).toBe(0);
    expect(await page.evaluate('scrollY')).toBe(0);
    await page.goBack();
    await page.getByText('101–200 of 250 in all').waitFor();
    await page.getByRole('link', { name: 'Previous page' }).click();
    await eventually(first).toBe('server-0000');
    await page.goBack();
    await page.getByText('101–200').waitFor();
    await page.getByRole('searchbox').fill('server-0007');
    await eventually(first).toBe('server-0007');
    expect(new URL(page.url()).search).toBe('?search=server-0007');
  });

  it('the address of a page that the service no longer knows leads to the first', async () => {
    rig.api.machines = manyMachines(3);
    const list = { status: 200, body: listSamples(rig.api.machines, new URLSearchParams()) };
    const refusal = sampleProblem(400, { code: 'invalid_request', retryable: false });
    const answers = [{ status: 400, body: refusal }];
    rig.api.replies.set('GET /api/machines', () => answers.pop() ?? list);
    const { page } = await rig.at('/portal/?search=server&page=old');
    await eventually(() => page.getByRole('rowheader').count()).toBe(3);
    expect(new URL(page.url()).search).toBe('?search=server');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('one is asked for what is typed when the typing pauses, and the rows stay until the answer is there', async () => {
    rig.api.machines = manyMachines(30);
    const { page } = await rig.at('/portal/');
    await page.getByText('30 in all').waitFor();
    rig.api.calls.length = 0;
    await page.getByRole('searchbox').pressSequentially('server-0029', { delay: 5 });
    expect(await page.getByRole('rowheader').count()).toBeGreaterThan(0);
    await page.getByText('1 that match, 30 in all').waitFor();
    expect(rig.api.calls.length).toBeLessThan(4);
  });

  it('a machine that is ready and not well says why; one that is gone, found or needs consent says so', async () => {
    const reason = {
      code: 'clock_wrong',
      sentence: 'The clock is wrong.',
      remedy: 'Set it right.',
    } as const;
    rig.api.machines = [
      sampleMachine(0, { name: 'slow-01', health: { state: 'degraded', reasons: [reason] } }),
      sampleMachine(1, { name: 'gone-02', state: 'gone' }),
      bareMachine(2, { name: 'found-03', state: 'found' }),
      bareMachine(3, { name: 'hand-04', state: 'consent' }),
    ];
    const { page, complaints } = await rig.at('/portal/');
    const row = (name: string) => page.getByRole('row', { name: new RegExp(name) }).textContent();
    await page.getByRole('rowheader').first().waitFor();
    expect(await row('slow-01')).toContain('Degraded: wrong clock');
    expect(await row('gone-02')).toMatch(/Gone.*No longer in Azure/);
    expect(await row('found-03')).toMatch(/Found.*Install/);
    expect(await row('hand-04')).toMatch(/Needs consent.*Install/);
    await page.getByRole('link', { name: 'slow-01' }).click();
    const told = page.getByRole('region', { name: 'Degraded' });
    await told.waitFor();
    expect(await told.getByRole('listitem').allTextContents()).toEqual(['The clock is wrong. Set it right.']);
    expect(complaints).toEqual([]);
  });
});
