import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { operator, sampleRecord } from '../../support/portal-access-samples.ts';
import { fromNow, machineIdOf, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const path = `/portal/machines/${id}/audit`;
const exportPath = `GET /api/machines/${id}/audit/export`;

describe.runIf(hasChromium('the portal’s audit in a browser'))('the audit in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  const fill = (count: number) => {
    const { access } = rig.api;
    const { resourceId } = sampleMachine(0);
    access.audit = Array.from({ length: count }, (_, at) =>
      sampleRecord(at + 1, at % 10 === 4 ? { action: 'lease request', outcome: 'refused' } : {}),
    );
    access.verdict = {
      intact: true,
      records: count,
      head: { sequence: count, mac: `h${count}`.padEnd(43, 'x'), at: fromNow(-1000) },
    };
    access.audited = [{ machineId: id, name: 'web-01', resourceId }];
  };
  const records = (page: Page) => page.locator('.audit-record');

  it('the newest come first, a day together, and each unfolds to all that it holds', async () => {
    fill(12);
    const { page, complaints } = await rig.at(path);
    await page.getByText('Chain verified: all 12 records are as written, none is missing.').waitFor();
    expect(await records(page).count()).toBe(12);
    await records(page).first().getByText('Session open').click();
    const facts = await records(page).first().locator('dl').textContent();
    expect(facts).toContain(operator.id);
    expect(facts).toContain('roleAssignments/00000000-0000-4000-8000-000000000111');
    expect(facts).toContain('12 in the chain');
    expect(facts).toContain('mac12');
    expect(await page.title()).toBe('web-01, audit - Admin Center');
    expect(complaints).toEqual([]);
  });

  it('an auditor is sent to ask for no machine: that would be refused, and recorded', async () => {
    fill(1);
    const { page } = await rig.at(path);
    await page.getByRole('heading', { name: 'web-01' }).waitFor();
    await page.getByText('Chain verified').waitFor();
    expect(rig.api.calls.filter((call) => call === `GET /api/machines/${id}`)).toEqual([]);
  });

  it('the filter stands in the address and is asked of the service', async () => {
    fill(40);
    const { page } = await rig.at(path);
    await records(page).first().waitFor();
    await page.getByLabel('Action').fill('lease');
    await eventually(() => records(page).count()).toBe(4);
    await page.getByLabel('Outcome').selectOption('allowed');
    await page.getByText('No record matches this filter.').waitFor();
    await page.getByLabel('Outcome').selectOption('refused');
    await eventually(() => records(page).count()).toBe(4);
    await page.getByLabel('From').fill('2026-10-01');
    expect(new URL(page.url()).search).toBe('?action=lease&outcome=refused&from=2026-10-01');
    await page.getByRole('button', { name: 'Show all' }).click();
    await eventually(() => records(page).count()).toBe(40);
    expect(new URL(page.url()).search).toBe('');
  });

  it('older records come with the button, none twice and none left out', async () => {
    fill(120);
    const { page } = await rig.at(path);
    const older = page.getByRole('button', { name: 'Show older records' });
    await older.click();
    await eventually(() => records(page).count()).toBe(100);
    await older.click();
    await eventually(() => records(page).count()).toBe(120);
    expect(await older.count()).toBe(0);
    await records(page).last().locator('summary').click();
    expect(await records(page).last().locator('dl').textContent()).toContain('1 in the chain');
  });

  it('a chain that does not hold says where and what to do, and Verify again asks anew', async () => {
    fill(9);
    rig.api.access.verdict = {
      intact: false,
      records: 9,
      broken: { sequence: 7, why: 'changed', detail: 'the mac of record 7 is another one' },
    };
    const { page } = await rig.at(path);
    await page.getByText('The chain does not hold: record 7 was changed after it was written.').waitFor();
    const check = page.getByRole('region', { name: 'The chain of records' });
    expect(await check.textContent()).toContain('What comes after it cannot be relied on');
    fill(9);
    await page.getByRole('button', { name: 'Verify again' }).click();
    await page.getByText('Chain verified').waitFor();
  });

  it('an export is kept as a file, all its parts put together, with the filter', async () => {
    fill(3);
    const link = `</api/machines/${id}/audit/export?format=csv&after=5000>; rel="next"`;
    rig.api.replies.set(`${exportPath}?action=lease&format=csv`, {
      status: 200,
      body: ['first'],
      headers: { link },
    });
    rig.api.replies.set(`${exportPath}?format=csv&after=5000`, { status: 200, body: ['second'] });
    const { page } = await rig.signedIn(`${path}?action=lease`);
    const kept = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const download = await kept;
    expect(download.suggestedFilename()).toBe('audit-web-01.csv');
    expect(readFileSync(await download.path(), 'utf8')).toBe('["first"]["second"]');
  });

  it('who may not read it is told what it takes', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    const refusal = sampleProblem(403, {
      code: 'access_denied',
      title: 'You may not do this',
      retryable: false,
    });
    rig.api.replies.set(`GET /api/machines/${id}/audit`, { status: 403, body: refusal });
    const { page } = await rig.at(path);
    await page.getByRole('alert').getByText('access_denied').waitFor();
    await page.getByRole('heading', { name: 'web-01' }).waitFor();
    expect(rig.api.calls).not.toContain(`GET /api/machines/${id}/audit/verify`);
  });

  it('an auditor who sees no machine comes in at the machines whose audit he reads', async () => {
    fill(1);
    const { page } = await rig.signedIn('/portal/');
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/portal/audit');
    await page.getByRole('link', { name: 'web-01' }).click();
    await page.getByText('Chain verified').waitFor();
    await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Machines' }).click();
    await page.getByRole('heading', { name: 'You read audits' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/portal/');
  });

  it('who reads no audit is told which role gives it', async () => {
    const { page } = await rig.at('/portal/audit');
    await page.getByRole('heading', { name: 'You may read no audit' }).waitFor();
    expect(await page.getByRole('main').textContent()).toContain('the app role Audit.Read');
  });
});
