import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import {
  renewalOf,
  replacedCertificate,
  sampleDrill,
  waitingCertificate,
} from '../../support/certificate-samples.ts';
import {
  asVirtualMachine,
  sampleCompensation,
  sampleFleetInstall,
  sampleFleetMachines,
  sampleFleetPlan,
  troubledStatus,
} from '../../support/portal-install-samples.ts';
import {
  agentNotServing,
  bareMachine,
  fromNow,
  installAt,
  installFailedAt,
  machineIdOf,
  sampleMachine,
  samplePreconditions,
} from '../../support/portal-samples.ts';
import { axeSource, expectAccessible, followLink, type PortalRig, startPortalRig } from './rig.ts';

const running = `${machineIdOf(1)}.q2w3e4r5`;
const failed = `${machineIdOf(2)}.q2w3e4r5`;

/** Each screen, and the words by which it is known to be whole. */
const screens: readonly (readonly [string, string, string])[] = [
  ['machines', '/portal/', 'files-03'],
  ['no match', '/portal/?search=nothing', 'No machine matches'],
  ['machine', `/portal/machines/${machineIdOf(0)}`, 'serves its certificate'],
  ['bare machine', `/portal/machines/${machineIdOf(3)}`, 'not installed here yet'],
  ['install', `/portal/machines/${machineIdOf(3)}/install`, 'The machine has enough memory'],
  ['running install', `/portal/machines/${machineIdOf(1)}/operations/q2w3e4r5`, 'Running'],
  ['failed install', `/portal/machines/${machineIdOf(2)}/operations/q2w3e4r5`, 'agent_not_serving'],
  ['waiting certificate', `/portal/machines/${machineIdOf(4)}`, 'Its turn at sample-ca'],
  ['replaced certificate', `/portal/machines/${machineIdOf(5)}`, 'The one before it ends'],
  ['waiting renewal', `/portal/machines/${machineIdOf(4)}/operations/renew234`, 'It goes on by itself'],
  ['certificates', '/portal/certificates', 'It takes no orders until'],
  ['fleet replacement', '/portal/certificates/drills/drill234', 'Expected end'],
  ['install again', `/portal/machines/${machineIdOf(5)}/install`, 'Give the machine a new name'],
  ['detailed status', `/portal/machines/${machineIdOf(0)}/extensions/AdminCenter`, 'End the process Sme.exe'],
  ['add', '/portal/add', 'Azure resource id'],
  ['fleet installs', '/portal/fleet-installs', '58 % done'],
  ['fleet plan', '/portal/fleet-installs/plan', 'One in each line'],
  ['fleet install', '/portal/fleet-installs/fleet234', 'agent_not_serving'],
  ['unknown', '/portal/nowhere', 'There is no such page'],
];

async function go(page: Page, path: string, words: string): Promise<void> {
  await followLink(page, path);
  await page.getByText(words).first().waitFor();
}

describe.runIf(hasChromium('the portal’s accessibility in a browser'))('everybody can use the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  const fill = () => {
    rig.api.machines = [
      sampleMachine(0, { name: 'web-01' }),
      bareMachine(1, { name: 'db-02', operation: { id: running, kind: 'install' } }),
      sampleMachine(2, {
        name: 'files-03',
        presence: { connected: false, lastSeenAt: fromNow(-9e6), agentVersion: null },
      }),
      bareMachine(3, { name: 'new-04' }),
      sampleMachine(4, { name: 'mail-05', operation: { id: renewalOf(4).id, kind: 'renew' } }),
      sampleMachine(5, { name: 'print-06' }),
      bareMachine(6, {
        ...asVirtualMachine('vm-07'),
        manualInstallation: { foundAt: fromNow(-9e5), found: 'Windows Admin Center 2311 listens on 443' },
      }),
    ];
    rig.api.certificates.set(machineIdOf(4), waitingCertificate());
    rig.api.certificates.set(machineIdOf(5), replacedCertificate());
    rig.api.drills.set('drill234', sampleDrill());
    rig.api.operations.set(renewalOf(4).id, renewalOf(4, { resumesAt: fromNow(9e6) }));
    rig.api.preconditions = samplePreconditions(false);
    rig.api.operations.set(running, installAt(machineIdOf(1), 1));
    rig.api.operations.set(failed, {
      ...installFailedAt(machineIdOf(2), 2, agentNotServing),
      compensation: sampleCompensation,
    });
    const fleet = sampleFleetInstall();
    const answers = {
      [`GET /api/machines/${machineIdOf(0)}/extension`]: {
        ...sampleMachine(0).extension,
        detailedStatus: troubledStatus,
      },
      'GET /api/fleet-installs': { value: [fleet] },
      'GET /api/fleet-installs/fleet234': fleet,
      'GET /api/fleet-installs/fleet234/machines': { value: sampleFleetMachines() },
      'POST /api/fleet-installs/plans': sampleFleetPlan(30),
    };
    for (const [call, body] of Object.entries(answers)) rig.api.replies.set(call, { status: 200, body });
  };

  /** What is shown only after something was chosen: direct mode with everything open, and a plan. */
  const choose = async (page: Page, look: () => Promise<void>) => {
    await go(page, `/portal/machines/${machineIdOf(6)}/install`, 'Through the proxy');
    await page.getByRole('radio', { name: /^Directly/ }).check();
    await page.getByRole('radio', { name: /public$/ }).check();
    await look();
    await page.getByRole('checkbox', { name: 'Open this port for me' }).check();
    await look();
    await go(page, '/portal/fleet-installs/plan', 'One in each line');
    await page.getByText('Settings for all of them').click();
    await page.getByLabel('Azure resource ids').fill(sampleMachine(0).resourceId);
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByRole('heading', { name: 'The plan' }).waitFor();
    await look();
  };

  it.each([
    ['light', 'all'],
    ['dark', 'contrast'],
  ] as const)(
    'axe finds nothing on any screen in %s',
    async (colorScheme, what) => {
      fill();
      const { page, complaints } = await rig.open({ colorScheme, reducedMotion: 'reduce' });
      await page.addInitScript(axeSource);
      await page.goto('/portal/opening');
      await page.getByRole('heading').waitFor();
      await expectAccessible(page, what);
      await page.goto('/portal/');
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      await expectAccessible(page, what);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: /Administrator/ }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      for (const [, path, words] of screens) {
        await go(page, path, words);
        await expectAccessible(page, what);
      }
      await go(page, `/portal/machines/${machineIdOf(0)}`, 'serves its certificate');
      for (const name of ['Uninstall', 'Change who holds the key', 'Revoke and replace']) {
        await page.getByRole('button', { name }).click();
        await expectAccessible(page, what);
        await page.keyboard.press('Escape');
      }
      await choose(page, () => expectAccessible(page, what));
      await go(page, `/portal/machines/${machineIdOf(0)}`, 'serves its certificate');
      await page.getByText('History (3 entries)').click();
      await expectAccessible(page, what);
      expect(complaints).toEqual([]);
    },
    120_000,
  );

  it('an install is done with the keyboard alone', async () => {
    rig.api.machines = [bareMachine(0, { name: 'web-01' })];
    const operation = installAt(machineIdOf(0), 0);
    rig.api.operations.set(operation.id, operation);
    rig.api.replies.set(`PUT /api/machines/${machineIdOf(0)}/extension`, { status: 202, body: operation });
    const { page } = await rig.open();
    const focused = () => page.evaluate('document.activeElement.innerText || document.activeElement.id');
    /** Tab until the focus is on what carries this text; what cannot be reached fails. */
    const tabTo = async (text: string) => {
      for (let presses = 0; presses < 20; presses += 1) {
        await page.keyboard.press('Tab');
        if (String(await focused()).startsWith(text)) return;
      }
      throw new Error(`${text} is not reached with Tab`);
    };
    await page.goto('/portal/');
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await tabTo('Sign in');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /Administrator/ }).waitFor();
    // The stand-in's page puts the focus on the first account.
    await page.keyboard.press('Enter');
    await page.getByRole('rowheader').waitFor();
    await tabTo('Skip to the content');
    await tabTo('Install');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Install' }).waitFor();
    expect(await focused()).toBe('Install Windows Admin Center');
    await tabTo('port');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('6600');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Installing' }).waitFor();
    expect(page.url()).toContain('port=6600');
    expect(await page.getByRole('status').filter({ hasText: 'step 1 of 3' }).textContent()).toBe(
      'Installing: step 1 of 3, Register the resource provider.',
    );
  });

  it('nothing is wider than a phone', { timeout: 60_000 }, async () => {
    fill();
    const { page } = await rig.signedIn('/portal/', { viewport: { width: 320, height: 640 } });
    for (const [, path, words] of screens) {
      await go(page, path, words);
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 320]);
    }
    await choose(page, async () => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    });
  });
});
