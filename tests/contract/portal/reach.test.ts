import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { asVirtualMachine, sampleAddresses } from '../../support/portal-install-samples.ts';
import {
  agentNotServing,
  bareMachine,
  fromNow,
  installAt,
  installFailedAt,
  machineIdOf,
  sampleMachine,
  sampleProblem,
} from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const path = `/portal/machines/${id}/install`;
const put = `PUT /api/machines/${id}/extension`;
const virtualMachine = () => bareMachine(0, asVirtualMachine('web-01'));

describe.runIf(hasChromium('how a machine is reached, in a browser'))(
  'the way to a machine in the portal',
  () => {
    let rig: PortalRig;
    beforeAll(async () => {
      rig = await startPortalRig();
    });
    afterEach(() => rig.settle());
    afterAll(() => rig?.close());

    const accept = () => {
      rig.api.replies.set(put, { status: 202, body: installAt(id, 0) });
      rig.api.operations.set(`${id}.q2w3e4r5`, installAt(id, 0));
    };
    /** The install page of a virtual machine with direct mode chosen. */
    const direct = async () => {
      rig.api.machines = [virtualMachine()];
      const { page } = await rig.at(path);
      await page.getByRole('radio', { name: /^Directly/ }).check();
      await page.getByRole('radio', { name: /10\.0\.0\.4/ }).waitFor();
      const send = async () => {
        const sent = page.waitForRequest((request) => request.method() === 'PUT');
        await page.getByRole('button', { name: 'Install', exact: true }).click();
        return (await sent).postDataJSON() as unknown;
      };
      return { page, send };
    };
    const outlookOf = async (page: Awaited<ReturnType<typeof direct>>['page']) =>
      (await page.getByRole('region', { name: 'What will happen' }).textContent()) ?? '';

    it('C11: the proxy is the usual way, no address is asked for, and none is published', async () => {
      rig.api.machines = [virtualMachine()];
      accept();
      const { page } = await rig.at(path);
      await page.getByRole('button', { name: 'Install', exact: true }).waitFor();
      expect(await page.getByRole('radio', { name: /^Through the proxy/ }).isChecked()).toBe(true);
      expect(await outlookOf(page)).toContain('No address of the machine is published');
      const sent = page.waitForRequest((request) => request.method() === 'PUT');
      await page.getByRole('button', { name: 'Install', exact: true }).click();
      expect((await sent).postDataJSON()).toEqual({ port: 6516 });
      expect(rig.api.calls.filter((call) => call.endsWith('/addresses'))).toEqual([]);
    });

    it('a machine outside Azure’s networks has no way but the proxy', async () => {
      rig.api.machines = [bareMachine(0)];
      const { page } = await rig.at(path);
      await page.getByRole('button', { name: 'Install', exact: true }).waitFor();
      expect(await page.getByRole('radio', { name: /^Directly/ }).count()).toBe(0);
    });

    it('requirements 83 and 129: the person chooses the address, the private one is recommended and proposed', async () => {
      accept();
      const { page, send } = await direct();
      const [own, open] = [/10\.0\.0\.4 private \(recommended\)/, /20\.50\.60\.70 public$/];
      await eventually(() => page.getByRole('radio', { name: own }).isChecked()).toBe(true);
      const judged = page.waitForRequest((request) => request.url().includes('preconditions?direct=20.50'));
      await page.getByRole('radio', { name: open }).check();
      expect(new URL((await judged).url()).searchParams.get('port')).toBe('6516');
      // What the service knows of an address is its description for a screen reader too (requirements 128 and 130).
      const described = await page.getByRole('radio', { name: open }).getAttribute('aria-describedby');
      const note = (await page.locator(`[id="${described}"]`).textContent()) ?? '';
      expect(note).toContain('Port 6516 is closed by the rules as they stand.');
      expect(note).toContain(sampleAddresses().value[1]?.notes[0]);
      expect(await outlookOf(page)).toContain('DNS shows 20.50.60.70 to everybody');
      expect(await send()).toEqual({ port: 6516, direct: { address: '20.50.60.70' } });
    });

    it('requirements 132, 135 and 136: only the addresses that are typed are let in; one’s own is a click away', async () => {
      accept();
      const { page, send } = await direct();
      await page.getByRole('radio', { name: /20\.50\.60\.70/ }).check();
      expect(await page.locator('#sources-help').textContent()).toContain(
        'manage this machine and no others',
      );
      const field = page.getByLabel('Addresses and networks that are let in');
      await field.fill('198.51.100.0/24, 300.1.1.1');
      await page.getByRole('button', { name: 'Correct the addresses first' }).waitFor();
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      await field.fill('198.51.100.0/24');
      await page.getByText('This service sees you as 203.0.113.7').waitFor();
      await page.getByRole('button', { name: 'Use my address' }).click();
      const outlook = await outlookOf(page);
      expect(outlook).toContain('opens port 6516 to 198.51.100.0/24, 203.0.113.7 and to nobody else');
      // Requirement 134.
      expect(outlook).toContain('A new rule takes up to two minutes to work');
      const sources = ['198.51.100.0/24', '203.0.113.7'];
      expect(await send()).toEqual({ port: 6516, direct: { address: '20.50.60.70', sources } });
      await page.getByRole('heading', { name: 'Installing' }).waitFor();
    });

    it('requirement 133: the port is opened to everybody by choice only, and that is warned about', async () => {
      accept();
      const { page, send } = await direct();
      await page.getByRole('radio', { name: /20\.50\.60\.70/ }).check();
      const choice = page.getByRole('checkbox', { name: 'Open this port for me' });
      expect(await choice.isChecked()).toBe(false);
      await choice.check();
      await page.getByText('The whole internet can then knock at port 6516.').waitFor();
      expect(await page.getByLabel('Addresses and networks').count()).toBe(0);
      expect(await outlookOf(page)).toContain('opens port 6516 to every address');
      expect(await send()).toEqual({ port: 6516, direct: { address: '20.50.60.70', openToAnyone: true } });
      // An address that others could send round never asks for it.
      await page.getByRole('heading', { name: 'Installing' }).waitFor();
      expect(new URL(page.url()).search).toBe('?port=6516&direct=20.50.60.70');
    });

    it('requirements 115 and 134: right after a direct install a connect may fail, and the page says why', async () => {
      const reach = { mode: 'direct' as const, address: '20.50.60.70', isPublic: true };
      rig.api.machines = [sampleMachine(0, { ...asVirtualMachine('web-01'), reach })];
      rig.api.operations.set(`${id}.q2w3e4r5`, installAt(id, 3));
      const { page } = await rig.at(`/portal/machines/${id}/operations/q2w3e4r5`);
      await page.getByText('a new rule of the network takes up to two minutes to work').waitFor();
      expect(await page.getByRole('list', { name: 'The path to the machine' }).textContent()).not.toContain(
        'proxy',
      );
    });

    it('a machine that is reached directly can go back to the proxy', async () => {
      const reach = { mode: 'direct' as const, address: '10.0.0.4', isPublic: false };
      rig.api.machines = [sampleMachine(0, { ...asVirtualMachine('web-01'), reach })];
      accept();
      const { page } = await rig.at(path);
      await page.getByRole('radio', { name: /10\.0\.0\.4/ }).waitFor();
      await page.getByRole('radio', { name: /^Through the proxy/ }).check();
      const sent = page.waitForRequest((request) => request.method() === 'PUT');
      await page.getByRole('button', { name: 'Install', exact: true }).click();
      expect((await sent).postDataJSON()).toEqual({ port: 6516, direct: null });
    });

    it('a direct install that failed is tried again where its choices are seen', async () => {
      rig.api.machines = [virtualMachine()];
      rig.api.operations.set(`${id}.q2w3e4r5`, installFailedAt(id, 2, agentNotServing));
      const wishes = '?port=6600&direct=20.50.60.70&sources=203.0.113.7';
      const { page } = await rig.at(`/portal/machines/${id}/operations/q2w3e4r5${wishes}`);
      await page.getByRole('link', { name: 'Try again' }).click();
      await page.getByRole('radio', { name: /20\.50\.60\.70/ }).waitFor();
      expect(await page.getByLabel('Port on the machine').inputValue()).toBe('6600');
      expect(await page.getByLabel('Addresses and networks').inputValue()).toBe('203.0.113.7');
      expect(rig.api.calls).not.toContain(put);
    });

    it('requirement 54: a manual Windows Admin Center is replaced only by one who was told what is lost', async () => {
      const manualInstallation = {
        foundAt: fromNow(-60_000),
        found: 'Windows Admin Center 2311 listens on 443',
      };
      rig.api.machines = [bareMachine(0, { manualInstallation })];
      accept();
      const { page } = await rig.at(path);
      const refused = page.getByRole('button', { name: 'Agree to the replacement first' });
      await refused.click({ force: true });
      expect(rig.api.calls).not.toContain(put);
      expect(await page.getByRole('alert').textContent()).toMatch(
        /Windows Admin Center 2311 listens on 443\..*its list of other servers, its registration with Azure and its access settings are lost/,
      );
      await page.getByRole('checkbox', { name: /^Replace it/ }).check();
      const sent = page.waitForRequest((request) => request.method() === 'PUT');
      await page.getByRole('button', { name: 'Install', exact: true }).click();
      expect((await sent).postDataJSON()).toEqual({ port: 6516, consent: true });
    });

    it('requirement 54: one that is found only when the install is asked for is asked about then', async () => {
      rig.api.machines = [bareMachine(0)];
      const lost = 'Its list of two other servers is lost.';
      const refusal = { code: 'consent_required', detail: 'Windows Admin Center 2311 listens on 443', lost };
      rig.api.replies.set(put, { status: 409, body: sampleProblem(409, refusal) });
      const { page } = await rig.at(path);
      await page.getByRole('button', { name: 'Install', exact: true }).click();
      await page.getByText(lost).waitFor();
      expect(await page.getByRole('alert').textContent()).toContain(
        'Windows Admin Center 2311 listens on 443.',
      );
      await page.getByRole('button', { name: 'Agree to the replacement first' }).waitFor();
    });

    it('requirement 53: an extension that others installed is said to be there, and keeps its port', async () => {
      rig.api.machines = [bareMachine(0)];
      rig.api.replies.set(`GET /api/machines/${id}/extension`, {
        status: 200,
        body: {
          ...bareMachine(0).extension,
          detailedStatus: { provisioningState: 'succeeded', message: null, version: '1.2.0.0', port: 443 },
        },
      });
      const { page } = await rig.at(path);
      await page.getByText('installed by other means, version 1.2.0.0').waitFor();
      expect(await page.getByLabel('Port on the machine').inputValue()).toBe('443');
    });
  },
);
