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
    async function signedIn(account: string): Promise<{ page: Page; complaints: string[] }> {
      const context = await browser.newContext({ baseURL: system.baseUrl });
      context.setDefaultTimeout(20_000);
      const page = await context.newPage();
      const complaints = watchPage(page);
      await page.goto('/portal/');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: new RegExp(`^${account}\\b`) }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      return { page, complaints };
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
  },
);
