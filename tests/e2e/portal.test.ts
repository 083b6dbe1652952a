import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchBrowser } from '../support/browser.ts';
import { watchPage } from '../support/page-complaints.ts';
import { machineAt, type SystemUnderTest, startSystem } from '../support/system.ts';

/** Milliseconds. An install goes through every part of the system. */
const installMs = 90_000;

describe.runIf(hasChromium('the portal on the whole system, in a browser'))(
  'the portal, as people use it',
  () => {
    let system: SystemUnderTest;
    let browser: Browser;

    beforeAll(async () => {
      system = await startSystem();
      browser = await launchBrowser({ caFile: system.connection.caFile });
    });
    afterAll(async () => {
      await browser?.close();
      await system?.stop();
    });

    /** Signed in as this sample account, in a browser that nobody used before. */
    async function signedIn(
      account: string,
      path = '/portal/',
    ): Promise<{ page: Page; complaints: string[] }> {
      const context = await browser.newContext({ baseURL: system.baseUrl });
      context.setDefaultTimeout(20_000);
      const page = await context.newPage();
      const complaints = watchPage(page);
      await page.goto(path);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page
        .getByRole('button', { name: new RegExp(`^${account}\\b`) })
        .first()
        .click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      return { page, complaints };
    }

    /** Added and installed by the first test. */
    const installedMachine = async (): Promise<string> =>
      (await (await system.as('Administrator')).addMachine(machineAt(system, 0).resourceId)).id;

    async function requireLeases(): Promise<void> {
      const { token } = await system.as('Owner');
      const path = `/api/machines/${await installedMachine()}/lease-policy`;
      const answer = await fetch(`${system.baseUrl}${path}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ required: true }),
      });
      expect(answer.status).toBe(200);
    }

    it('requirements 9, 49 and 77: an administrator adds a machine, installs, and is on it in a new tab', async () => {
      const machine = machineAt(system, 0);
      const { page, complaints } = await signedIn('Administrator');
      await page.getByRole('link', { name: 'Add a machine' }).click();
      await page.getByLabel('Azure resource id').fill(machine.resourceId);
      await page.getByRole('button', { name: 'Add machine' }).click();

      await page.getByRole('heading', { name: machine.name, level: 1 }).waitFor();
      await page.getByRole('link', { name: 'Install', exact: true }).click();
      await page.getByLabel('Port on the machine').fill(String(machine.port));
      await page.getByRole('button', { name: 'Install' }).click();
      await page.locator('[aria-current=step]').first().waitFor();
      await page.getByRole('heading', { name: 'Installed', level: 1 }).waitFor({ timeout: installMs });
      const steps = await page.getByRole('listitem').filter({ hasText: /took / }).allTextContents();
      expect(steps).toHaveLength(3);
      expect(steps.every((step) => step.includes('Done'))).toBe(true);

      const popup = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Connect' }).click();
      const tab = await popup;
      await tab.waitForURL((url) => url.hostname.endsWith(`.${system.connection.dns.zone}`));
      await tab.getByText(machine.name).first().waitFor();
      // The ticket is spent and gone from the address.
      expect(new URL(tab.url()).search).toBe('');
      expect(await tab.evaluate('window.opener')).toBe(null);
      await page.getByText('is open in its own tab').waitFor();
      expect(complaints).toEqual([]);
    });

    it('requirement 90: who owns the machine but may not connect reads which action is missing', async () => {
      const { page, complaints } = await signedIn('Owner');
      await page.getByRole('link', { name: machineAt(system, 0).name }).click();
      await page.getByText(/You may not connect: your roles lack \S*WACLoginAsAdmin/i).waitFor();
      expect(await page.getByRole('button', { name: 'Connect' }).count()).toBe(0);
      expect(complaints).toEqual([]);
    });

    it('who has no role sees an empty list, not an error', async () => {
      const { page, complaints } = await signedIn('Stranger');
      await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
      expect(complaints).toEqual([]);
    });

    it('requirements 87 and 94: a lease is requested, approved by somebody else, used, and its session cut', {
      timeout: 60_000,
    }, async () => {
      await requireLeases();
      const machineId = await installedMachine();
      const operator = await signedIn('Operator', `/portal/machines/${machineId}`);
      await operator.page.getByRole('button', { name: 'Request a lease' }).click();
      await operator.page.getByLabel('Purpose').fill('Replace the failed disk');
      await operator.page.getByRole('button', { name: '30 min' }).click();
      await operator.page.getByRole('button', { name: 'Send the request' }).click();
      await operator.page.getByText('Your request for a lease waits').waitFor();
      expect(await operator.page.getByRole('button', { name: /^Approve/ }).count()).toBe(0);

      const approver = await signedIn('Approver', '/portal/leases');
      await approver.page.getByText(/If you approve: operator@sample.localhost may connect/).waitFor();
      await approver.page.getByRole('button', { name: /^Approve/ }).click();
      await approver.page.getByText('Nothing waits for your word').waitFor();

      const popup = operator.page.waitForEvent('popup');
      await operator.page.getByRole('button', { name: 'Connect' }).click();
      const tab = await popup;
      await tab.getByText(machineAt(system, 0).name).first().waitFor();
      await operator.page.getByText(/Your lease ends in \d+ minutes/).waitFor();

      const administrator = await signedIn('Administrator', '/portal/sessions');
      const cut = administrator.page.getByRole('button', { name: /^Cut the session of operator@sample/ });
      await cut.click();
      await administrator.page.getByRole('button', { name: 'Cut now' }).click();
      await cut.waitFor({ state: 'detached' });
      await expect.poll(async () => (await tab.reload().catch(() => undefined))?.ok() ?? false).toBe(false);
      for (const { complaints } of [operator, approver, administrator]) expect(complaints).toEqual([]);
    });

    it('an auditor without a role in Azure comes in at the audit, which holds; elsewhere he is told why not', async () => {
      const { page, complaints } = await signedIn('Auditor', '/portal/');
      await page.getByRole('link', { name: machineAt(system, 0).name }).click();
      await page.getByText(/Chain verified: all \d+ records are as written/).waitFor();
      const log = await page.locator('.audit-record').allTextContents();
      for (const action of ['session open', 'lease approve', 'lease request', 'install begin'])
        expect(log.some((line) => line.includes(action))).toBe(true);
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.getByRole('heading', { name: /^You read the audit of/ }).waitFor();
      expect(complaints).toEqual([]);
    });

    it('requirement 90: an owner reads which condition is not met, and the command that mends it', async () => {
      const machineId = await installedMachine();
      const { page, complaints } = await signedIn('Owner', `/portal/machines/${machineId}/access`);
      await page.getByText(/You may not connect with Windows Admin Center: no role gives it/).waitFor();
      await page
        .getByText(/az role assignment create .*Windows Admin Center Administrator Login/)
        .first()
        .waitFor();
      const people = page.getByRole('table', { name: 'Role assignments at or above this machine' });
      await people.getByRole('row', { name: /on-call.*Eligible/ }).waitFor();
      expect(await people.getByRole('row', { name: /contractor.*Conditional/ }).count()).toBe(1);
      expect(complaints).toEqual([]);
    });
  },
);
