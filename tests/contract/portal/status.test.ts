import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { sampleSession } from '../../support/portal-access-samples.ts';
import { troubledStatus } from '../../support/portal-install-samples.ts';
import { fromNow, installAt, machineIdOf, sampleMachine } from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const machinePath = `/portal/machines/${id}`;
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe.runIf(hasChromium('status, repair and uninstall in a browser'))(
  'a machine’s state in the portal',
  () => {
    let rig: PortalRig;
    beforeAll(async () => {
      rig = await startPortalRig();
    });
    afterEach(() => rig.settle());
    afterAll(() => rig?.close());

    it('requirement 57: the detailed status of AdminCenter shows the platform’s words and the agent’s checks in order', async () => {
      const { extension, ...machine } = sampleMachine(0, { name: 'web-01' });
      rig.api.machines = [{ ...machine, extension }];
      rig.api.replies.set(`GET /api/machines/${id}/extension`, {
        status: 200,
        body: { ...extension, detailedStatus: troubledStatus },
      });
      const { page, complaints } = await rig.at(machinePath);
      await page.getByRole('link', { name: 'View detailed status' }).click();
      await page.getByRole('heading', { name: 'AdminCenter: detailed status' }).waitFor();
      expect(new URL(page.url()).pathname).toBe(`${machinePath}/extensions/AdminCenter`);
      expect(await page.getByRole('region', { name: 'Status on the platform' }).textContent()).toMatch(
        /Succeeded.*The agent is up and serves its certificate\..*1\.0\.0\.0.*6516/,
      );
      const checks = page.getByRole('region', { name: 'What the agent found' });
      expect(await checks.locator('.requirement-rule').allTextContents()).toEqual([
        'The service ServerManagementGateway runs: in order',
        'The page on localhost loads: not in order',
        'The process Sme.exe answers: in order',
        'The installation is whole: not judged',
        'The machine’s own policy allows the port: in order',
        'The machine reaches what it connects to: in order',
      ]);
      expect(await checks.textContent()).toContain('What to do: End the process Sme.exe, then look again.');
      expect(complaints).toEqual([]);
    });

    it('requirements 56 and 112: repair says what it does, and its progress is followed', async () => {
      rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
      const repair = { ...installAt(id, 0), kind: 'repair' as const, id: `${id}.repair22` };
      rig.api.operations.set(repair.id, repair);
      rig.api.replies.set(`POST /api/machines/${id}/repairs`, { status: 202, body: repair });
      const { page } = await rig.at(`${machinePath}/extensions/AdminCenter`);
      await page.getByRole('button', { name: 'Repair' }).click();
      const dialog = page.getByRole('dialog', { name: 'Repair web-01?' });
      expect(await dialog.textContent()).toContain('Port, name and certificate stay what they are.');
      await dialog.getByRole('button', { name: 'Repair' }).click();
      await page.getByRole('heading', { name: 'Repairing', level: 1 }).waitFor();
    });

    it('requirements 58-60: uninstall shows what goes and what stays, keeps the focus, and Escape leaves it', async () => {
      const { api } = rig;
      api.machines = [
        sampleMachine(0, { name: 'web-01', endpoint: { enabled: true, services: { WAC: 6516, SSH: 22 } } }),
      ];
      api.access.sessions = [sampleSession(0)];
      const removal = { ...installAt(id, 0), kind: 'uninstall' as const, id: `${id}.removal2` };
      api.operations.set(removal.id, removal);
      api.replies.set(`DELETE /api/machines/${id}/extension`, { status: 202, body: removal });
      const { page } = await rig.at(machinePath);
      await page.getByRole('button', { name: 'Uninstall' }).click();
      const dialog = page.getByRole('dialog', { name: 'Uninstall from web-01?' });
      await eventually(() => dialog.textContent()).toMatch(
        /This goes.*1 live session: who is connected is cut off.*The service configuration WAC\..*disabled now, and purged.*This stays.*The endpoint.*The service configuration SSH, port 22\./,
      );
      const focused = () => page.evaluate('document.activeElement.innerText');
      expect(await focused()).toBe('Cancel');
      // The page behind it cannot be reached.
      for (let presses = 0; presses < 4; presses += 1) {
        await page.keyboard.press('Tab');
        const where =
          "document.activeElement === document.body || document.activeElement.closest('dialog') !== null";
        expect(await page.evaluate(where)).toBe(true);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await eventually(focused).toBe('Uninstall');
      expect(api.calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
      await page.getByRole('button', { name: 'Uninstall' }).click();
      await dialog.getByRole('button', { name: 'Uninstall from web-01' }).click();
      await page.getByRole('heading', { name: 'Removing', level: 1 }).waitFor();
    });

    it('requirement 117: an open session says what to do when no tool loads: close, connect again, then support', async () => {
      rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
      const url = `${rig.api.origin.replace('localhost', '127.0.0.1')}/_session?ticket=t`;
      rig.api.replies.set(`POST /api/machines/${id}/sessions`, {
        status: 201,
        body: { sessionId: 'aaaabbbbccccdddd', url, expiresAt: fromNow(3_600_000) },
      });
      const { page } = await rig.at(machinePath);
      await page.getByRole('button', { name: 'Connect' }).click();
      await page.getByText('A tool does not load?').click();
      const steps = page.getByRole('listitem').filter({ hasText: /tool loads|Still none/ });
      expect(await steps.allTextContents()).toEqual([
        expect.stringMatching(/^No tool loads:.*Close the tab, end the session here, and connect again/),
        expect.stringMatching(/^Still none: ask for support, with the session’s id aaaabbbbccccdddd/),
      ]);
    });

    it('requirement 23: another browser than Edge and Chrome is told so once and not kept out', async () => {
      rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
      const { page } = await rig.open({ userAgent: firefox });
      await page.addInitScript(
        "Object.defineProperty(Navigator.prototype, 'userAgentData', { get: () => undefined })",
      );
      await page.goto('/portal/');
      const note = page.getByRole('region', { name: 'Browser' });
      await note.getByText('Microsoft Edge and Google Chrome are.').waitFor();
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: /Administrator/ }).click();
      await page.getByRole('rowheader', { name: 'web-01' }).waitFor();
      await note.getByRole('button', { name: 'Go on anyway' }).click();
      await page.getByRole('link', { name: 'web-01' }).click();
      await page.getByRole('heading', { name: 'web-01' }).waitFor();
      expect(await note.count()).toBe(0);
    });
  },
);
