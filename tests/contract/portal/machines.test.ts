import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import {
  bareMachine,
  fromNow,
  machineIdOf,
  sampleMachine,
  sampleProblem,
} from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const connectPath = `POST /api/machines/${machineIdOf(0)}/sessions`;

describe.runIf(hasChromium('the portal’s machines and sessions in a browser'))(
  'machines in the portal',
  () => {
    let rig: PortalRig;
    beforeAll(async () => {
      rig = await startPortalRig();
    });
    afterEach(() => rig.settle());
    afterAll(() => rig?.close());

    const sessionUrl = () => `${rig.api.origin.replace('localhost', '127.0.0.1')}/_session?ticket=t`;
    const opened = () => ({
      sessionId: 'aaaabbbbccccdddd',
      url: sessionUrl(),
      expiresAt: fromNow(3_600_000),
    });

    it('the list shows those that need attention first, and its filter is in the address', async () => {
      rig.api.machines = [
        sampleMachine(0, { name: 'web-01' }),
        bareMachine(1, { name: 'db-02' }),
        sampleMachine(2, {
          name: 'files-03',
          state: 'away',
          presence: { connected: false, lastSeenAt: fromNow(-7_200_000), agentVersion: '0.1.0' },
        }),
      ];
      const { page, complaints } = await rig.at('/portal/');
      const names = () => page.getByRole('rowheader').allTextContents();
      await page.getByRole('rowheader').first().waitFor();
      expect(await names()).toEqual(['files-03', 'db-02', 'web-01']);
      expect(await page.getByRole('row', { name: /files-03/ }).textContent()).toMatch(
        /Away.*69 days.*2 hours ago/,
      );
      await page.getByRole('searchbox').fill('web');
      await eventually(names).toEqual(['web-01']);
      await page.getByRole('button', { name: 'Away 1' }).click();
      await page.getByRole('heading', { name: 'No machine matches' }).waitFor();
      expect(new URL(page.url()).search).toBe('?search=web&state=away');
      await page.getByRole('link', { name: 'Show all machines' }).click();
      await eventually(names).toHaveLength(3);
      expect(complaints).toEqual([]);
    });

    it('an empty list leads to the first machine', async () => {
      const { page } = await rig.at('/portal/');
      await page.getByRole('heading', { name: 'No machines yet' }).waitFor();
      await page.getByRole('link', { name: 'Add a machine' }).click();
      const machine = bareMachine(4, { name: 'new-05' });
      rig.api.machines = [machine];
      rig.api.replies.set('POST /api/machines', { status: 201, body: machine });
      await page.getByLabel('Azure resource id').fill(machine.resourceId);
      await page.getByText('new-05: Arc server in rg-sample').waitFor();
      await page.getByRole('button', { name: 'Add machine' }).click();
      await page.getByRole('heading', { name: 'new-05', level: 1 }).waitFor();
      expect(new URL(page.url()).pathname).toBe(`/portal/machines/${machine.id}`);
    });

    it('requirement 73: Connect opens the session in a new tab that knows nothing of this one', async () => {
      rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
      let answer: ((value: object) => void) | undefined;
      const later = new Promise<object>((resolve) => {
        answer = resolve;
      });
      rig.api.replies.set(connectPath, async () => ({ status: 201, body: await later }));
      const { page, complaints } = await rig.at('/portal/');
      const popup = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Connect to web-01' }).click();
      const tab = await popup;
      await tab.getByRole('heading', { name: 'Opening the session' }).waitFor();
      answer?.(opened());
      await tab.getByRole('heading', { name: 'The machine’s own page' }).waitFor();
      expect(tab.url()).toBe(sessionUrl());
      expect(await tab.evaluate('window.opener')).toBe(null);
      expect(await page.getByText('open in its own tab').textContent()).toMatch(
        /lives until \d\d:\d\d \(in (1 hour|59 minutes)\)/,
      );
      expect(complaints).toEqual([]);
    });

    it('a session that takes its time is asked for until it has a URL', async () => {
      rig.api.machines = [sampleMachine(0)];
      const sessionId = 'aaaabbbbccccdddd';
      rig.api.replies.set(connectPath, {
        status: 202,
        body: { sessionId, status: 'opening' },
        headers: { 'retry-after': '0' },
      });
      const states = ['opening', 'opening', 'open'];
      rig.api.replies.set(`GET /api/machines/${machineIdOf(0)}/sessions/${sessionId}`, () => {
        const state = states.shift() ?? 'open';
        return { status: 200, body: { ...opened(), state, ...(state !== 'open' && { url: undefined }) } };
      });
      const { page } = await rig.at(`/portal/machines/${machineIdOf(0)}`);
      const popup = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Connect' }).click();
      await (await popup).waitForURL(sessionUrl());
      expect(states).toEqual([]);
    });

    it('requirements 118 and 124: a failing hop is named in the chain, with code and remedy, and the waiting tab closes', async () => {
      rig.api.machines = [sampleMachine(0)];
      rig.api.replies.set(connectPath, { status: 502, body: sampleProblem(502, {}) });
      const { page } = await rig.at(`/portal/machines/${machineIdOf(0)}`);
      const popup = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Connect' }).click();
      const tab = await popup;
      const alert = page.getByRole('alert');
      await alert.getByText('service_unreachable').waitFor();
      expect(await alert.textContent()).toContain('restart ServerManagementGateway');
      const chain = await page
        .getByRole('list', { name: 'The path to the machine' })
        .getByRole('listitem')
        .allTextContents();
      expect(chain.map((link) => link.includes('fails'))).toEqual([false, false, false, false, true]);
      await eventually(() => tab.isClosed()).toBe(true);
    });

    it('requirement 115: what is too young to work everywhere is said, when it opens and when it fails', async () => {
      const advice = 'The install is less than two minutes old: wait a minute or two and try again.';
      rig.api.machines = [sampleMachine(0)];
      rig.api.replies.set(connectPath, () => ({ status: 201, body: { ...opened(), advice } }));
      const { page } = await rig.at(`/portal/machines/${machineIdOf(0)}`);
      await page.getByRole('button', { name: 'Connect' }).click();
      await page.getByText('open in its own tab').filter({ hasText: advice }).waitFor();
      rig.api.replies.set(connectPath, { status: 502, body: { ...sampleProblem(502, {}), advice } });
      await page.getByRole('button', { name: 'Connect', exact: true }).click();
      await page.getByRole('alert').filter({ hasText: advice }).waitFor();
      expect(await page.getByRole('alert').textContent()).toContain('service_unreachable');
    });

    it('a blocked tab leaves a link', async () => {
      rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
      rig.api.replies.set(connectPath, () => ({ status: 201, body: opened() }));
      const { page } = await rig.signedIn(`/portal/machines/${machineIdOf(0)}`);
      await page.evaluate('window.open = () => null');
      await page.getByRole('button', { name: 'Connect' }).click();
      const link = page.getByRole('link', { name: 'open web-01' });
      expect(await link.getAttribute('href')).toBe(sessionUrl());
      expect(await link.getAttribute('rel')).toContain('noopener');
    });

    it('who may not connect reads the missing action, and has no button', async () => {
      const missingAction = 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action';
      const may = {
        install: { allowed: true, missingAction: null },
        connect: { allowed: false, missingAction },
      };
      rig.api.machines = [sampleMachine(0, { may })];
      const { page } = await rig.at(`/portal/machines/${machineIdOf(0)}`);
      await page.getByText(`You may not connect: your roles lack ${missingAction}.`).waitFor();
      expect(await page.getByRole('button', { name: 'Connect' }).count()).toBe(0);
    });

    it('requirement 114: a machine that does not reach what it needs says what, and why', async () => {
      const unreachable = [{ host: 'bus.contoso.test:443', reason: 'it refuses the connection' }];
      const presence = { connected: true, lastSeenAt: fromNow(-30_000), agentVersion: '0.1.0', unreachable };
      rig.api.machines = [sampleMachine(0, { presence })];
      const { page, complaints } = await rig.at(`/portal/machines/${machineIdOf(0)}`);
      await page.getByText('Not reached', { exact: true }).waitFor();
      expect(await page.getByText('bus.contoso.test:443: it refuses the connection').isVisible()).toBe(true);
      expect(complaints).toEqual([]);
    });

    it('a service that stops answering is said in words; what was there stays', async () => {
      rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
      rig.api.replies.set(connectPath, { status: 0, drop: true });
      const { page } = await rig.at('/portal/');
      await page.getByRole('button', { name: 'Connect to web-01' }).click();
      const alert = page.getByRole('alert');
      await alert.getByText('The control plane does not answer').waitFor();
      expect(await alert.textContent()).toContain('no_answer');
      expect(await alert.textContent()).not.toContain('Failed to fetch');
      expect(await page.getByRole('rowheader', { name: 'web-01' }).isVisible()).toBe(true);
    });
  },
);
