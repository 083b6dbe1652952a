import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { operator, sampleAccess } from '../../support/portal-access-samples.ts';
import { machineIdOf, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const path = `/portal/machines/${id}/access`;

describe.runIf(hasChromium('the portal’s page of who may in a browser'))('who may, in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  it('requirement 87: whether one may connect now comes first, then each condition in its order', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    const { page, complaints } = await rig.at(path);
    await page.getByText('You may connect with Windows Admin Center now.').waitFor();
    const conditions = await page
      .getByRole('list', { name: 'Conditions of a connect' })
      .first()
      .getByRole('listitem')
      .allTextContents();
    expect(conditions.map((text) => text.replace(/ met.*/, ''))).toEqual([
      'Role',
      'Endpoint',
      'Service configuration',
      'Lease',
      'Agent',
      'The machine’s own policy',
    ]);
    expect(await page.title()).toBe('web-01, access - Admin Center');
    expect(complaints).toEqual([]);
  });

  it('a missing condition is named, with what mends it, ready to be copied', async () => {
    rig.api.machines = [sampleMachine(0)];
    const [wac, ssh] = sampleAccess().services;
    if (!wac || !ssh) throw new Error('the sample explains two services');
    const [role] = ssh.conditions;
    const conditions = wac.conditions.map((one) => (one.condition === 'role' && role ? role : one));
    rig.api.access.access = sampleAccess({ services: [{ ...wac, open: false, conditions }] });
    const { page } = await rig.signedIn(path, { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByText('You may not connect with Windows Admin Center: no role gives it.').waitFor();
    await page.getByText('access_denied').waitFor();
    await page.getByRole('button', { name: 'Copy the command' }).click();
    await page.getByRole('status').filter({ hasText: 'Copied.' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(role?.mend?.commands[0]);
  });

  it('requirement 96: every assignment says whose it is, where, until when, and whether it counts', async () => {
    rig.api.machines = [sampleMachine(0)];
    const { page } = await rig.at(path);
    const table = page.getByRole('table', { name: 'Role assignments at or above this machine' });
    const row = (name: string) =>
      table
        .getByRole('row', { name: new RegExp(name) })
        .first()
        .textContent();
    await table.waitFor();
    expect(await row('Server administrators')).toMatch(
      /group.*may connect with Windows Admin Center.*rg-sample.*in 2 hours/,
    );
    expect(await row('Platform')).toMatch(/Owner.*Eligible: counts once it is activated.*production.*no end/);
    expect(await row('0000000000c3')).toMatch(/application.*Conditional: gives nothing/);
    // Who may connect comes first.
    expect(await table.getByRole('rowheader').last().textContent()).toContain(operator.name);
    await page.getByRole('searchbox').fill('owner platform');
    await page.getByText('1 of 4').waitFor();
    expect(await table.getByRole('rowheader').count()).toBe(1);
  });

  it('what gives or takes each right is told, a deny assignment and a condition too', async () => {
    rig.api.machines = [sampleMachine(0)];
    const { page } = await rig.at(path);
    const rights = page.getByRole('region', { name: 'What you may do here, and why' });
    await rights.waitFor();
    const text = await rights.textContent();
    expect(text).toMatch(
      /connect with Windows Admin Center allowed.*through the group Server administrators/,
    );
    expect(text).toMatch(/install not allowedThe deny assignment Frozen for the year’s end takes it away/);
    expect(text).toContain('has a condition that is not understood, so it does not count');
  });

  it('somebody else is asked about by his object id, and the answer has an address', async () => {
    rig.api.machines = [sampleMachine(0)];
    const { page } = await rig.at(path);
    await page.getByLabel('Ask about somebody else').fill('operator');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText('An object id has 32 hexadecimal digits').waitFor();
    rig.api.access.access = sampleAccess({ principal: { ...operator, kind: 'user' } });
    await page.getByLabel('Ask about somebody else').fill(` ${operator.id.toUpperCase()} `);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByText(`${operator.name} may connect with Windows Admin Center now.`).waitFor();
    expect(new URL(page.url()).searchParams.get('principal')).toBe(operator.id);
    expect(await page.getByRole('heading', { name: 'Your lease' }).count()).toBe(0);
    // Each time it is asked is on record.
    expect(rig.api.calls.filter((call) => call.endsWith('/access'))).toHaveLength(2);
    await page.getByRole('link', { name: 'Show your own access' }).click();
    await page.waitForURL((url) => url.search === '');
  });

  it('who may not read who may is told so without alarm, and asks about nobody else', async () => {
    rig.api.machines = [sampleMachine(0)];
    const { rights } = sampleAccess();
    rig.api.access.access = sampleAccess({ rights: rights.filter(({ right }) => right !== 'read-access') });
    const refusal = sampleProblem(403, { code: 'access_denied', retryable: false });
    rig.api.replies.set(`GET /api/machines/${id}/access/people`, { status: 403, body: refusal });
    const { page } = await rig.at(path);
    await page.getByText('You may not read who may').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByLabel('Ask about somebody else').count()).toBe(0);
  });

  it('a machine that is not there for the reader is asked for once, and nothing more of it', async () => {
    const refusal = sampleProblem(404, {
      code: 'machine_not_found',
      title: 'There is no such machine',
      retryable: false,
    });
    rig.api.replies.set(`GET /api/machines/${id}`, { status: 404, body: refusal });
    const { page } = await rig.at(path);
    await page.getByRole('alert').getByText('machine_not_found').waitFor();
    const asked = rig.api.calls.filter((call) => call.includes(id));
    expect(asked).toEqual([`GET /api/machines/${id}`]);
    rig.api.access.audited = [{ machineId: id, name: 'web-01', resourceId: sampleMachine(0).resourceId }];
    const { page: auditor } = await rig.signedIn(path);
    await auditor.getByRole('heading', { name: 'You read the audit of web-01' }).waitFor();
    await auditor.getByRole('link', { name: 'Show its audit' }).click();
    await auditor.waitForURL('**/audit');
  });
});
