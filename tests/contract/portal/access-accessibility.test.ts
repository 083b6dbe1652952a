import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import {
  ownLease,
  reader,
  sampleLease,
  sampleRecord,
  sampleSession,
} from '../../support/portal-access-samples.ts';
import { fromNow, machineIdOf, sampleMachine } from '../../support/portal-samples.ts';
import { axeSource, expectAccessible, followLink, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const other = machineIdOf(1);

/** Each screen about access, and the words by which it is known to be whole. */
const screens: readonly (readonly [string, string])[] = [
  [`/portal/machines/${id}`, 'The door is open until'],
  [`/portal/machines/${id}/access`, 'Eligible: counts once it is activated'],
  [`/portal/machines/${id}/sessions`, 'On for'],
  ['/portal/sessions', 'On for'],
  ['/portal/leases', 'If you approve'],
  [`/portal/machines/${id}/leases/${sampleLease(1).id}`, 'an extension waits'],
  [`/portal/machines/${id}/audit`, 'Chain verified'],
  [`/portal/machines/${other}/audit`, 'The chain does not hold'],
  ['/portal/audit', 'rg-sample'],
];

describe.runIf(hasChromium('the accessibility of the portal’s pages about access'))(
  'everybody can use the pages about access',
  () => {
    let rig: PortalRig;
    beforeAll(async () => {
      rig = await startPortalRig();
    });
    afterEach(() => rig.settle());
    afterAll(() => rig?.close());

    const fill = () => {
      const { api } = rig;
      const { access } = api;
      api.machines = [sampleMachine(0, { name: 'web-01' }), sampleMachine(1, { name: 'db-02' })];
      access.leases = [
        ownLease(0, { state: 'active' }),
        sampleLease(1, {
          state: 'active',
          extensions: [{ minutes: 30, purpose: 'It takes longer', requestedAt: fromNow(-60_000) }],
          may: { decide: true, extend: false, end: true, connect: false },
        }),
        sampleLease(2, { may: { decide: true, extend: false, end: false, connect: false } }),
      ];
      const longName = { id: 'x', name: `${'a.very.long.name.'.repeat(4)}@contoso.test` };
      access.sessions = [
        sampleSession(0),
        sampleSession(1, { user: reader, isOwn: true, leaseId: 'leasec', from: '2001:db8::1234:9abc:def0' }),
        sampleSession(2, { usage: undefined, user: longName }),
        sampleSession(3, { state: 'ended', end: { at: fromNow(-1000), reason: 'revoked', by: reader } }),
      ];
      access.audit = Array.from({ length: 8 }, (_, at) =>
        sampleRecord(at + 1, at % 2 === 0 ? {} : { outcome: 'refused', detail: 'it takes a lease' }),
      );
      const { resourceId } = sampleMachine(0);
      access.audited = [{ machineId: id, name: 'web-01', resourceId }];
      const head = { sequence: 8, mac: 'm'.repeat(43), at: fromNow(-5000) };
      access.verdict = { intact: true, records: 8, head };
      const broken = { sequence: 5, why: 'changed', detail: 'its mac is another one' };
      api.replies.set(`GET /api/machines/${other}/audit/verify`, {
        status: 200,
        body: { intact: false, records: 8, broken },
      });
    };

    const go = async (page: Page, path: string, words: string) => {
      await followLink(page, path);
      await page.getByText(words).first().waitFor();
    };

    /** The screens, and what unfolds on them: a question in its row, a record, the forms. */
    const everywhere = async (page: Page, look: () => Promise<void>) => {
      for (const [path, words] of screens) {
        await go(page, path, words);
        await look();
      }
      await go(page, `/portal/machines/${id}/sessions`, 'On for');
      await page.getByText('Ended in the last 24 hours').click();
      await page
        .getByRole('button', { name: /^Cut the session/ })
        .first()
        .click();
      await page.getByText('Cut by').waitFor();
      await look();
      await go(page, `/portal/machines/${id}/audit`, 'Chain verified');
      await page.locator('.audit-record summary').first().click();
      await look();
      await go(page, `/portal/machines/${id}/access`, 'What you may do here');
      await page.getByText('You may not connect with SSH').click();
      await page.getByText('How it would be given').click();
      await page.getByRole('button', { name: 'Extend' }).click();
      await page.getByRole('button', { name: 'Request the extension' }).click();
      await look();
      rig.api.access.leases = [];
      rig.api.access.policy = { required: true, byDeployment: false, givesRole: false };
      await go(page, `/portal/machines/${other}`, 'also takes a lease');
      await page.getByRole('button', { name: 'Request a lease' }).click();
      await page.getByRole('button', { name: 'Send the request' }).click();
      await look();
    };

    const phone = { width: 320, height: 640 };

    it.each([
      ['light', 'all', undefined],
      ['dark, on a phone', 'contrast', phone],
    ] as const)(
      'axe finds nothing on any of them in %s, and nothing is wider than the page',
      async (name, what, viewport) => {
        fill();
        const colorScheme = name === 'light' ? 'light' : 'dark';
        const options = { colorScheme, reducedMotion: 'reduce', ...(viewport && { viewport }) } as const;
        const { page, complaints } = await rig.open(options);
        await page.addInitScript(axeSource);
        await page.goto('/portal/sessions');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('button', { name: /Administrator/ }).click();
        await page.getByText('On for').waitFor();
        await everywhere(page, async () => {
          await expectAccessible(page, what);
          const isWider = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
          expect([page.url(), isWider]).toEqual([page.url(), false]);
        });
        expect(complaints).toEqual([]);
      },
      120_000,
    );
  },
);
