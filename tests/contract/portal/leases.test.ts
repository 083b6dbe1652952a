import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { operator, ownLease, sampleAccess, sampleLease } from '../../support/portal-access-samples.ts';
import { fromNow, machineIdOf, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const path = `/portal/machines/${id}`;
const decides = { decide: true, extend: false, end: false, connect: false };
const lacking = {
  install: { allowed: false, missingAction: 'Microsoft.HybridCompute/machines/extensions/write' },
  connect: { allowed: false, missingAction: 'Microsoft.HybridCompute/machines/WACLoginAsAdmin/action' },
};

describe.runIf(hasChromium('the portal’s leases in a browser'))('leases in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  const requireLeases = (givesRole = false) => {
    rig.api.access.policy = { required: true, byDeployment: false, givesRole };
  };
  const steps = async (page: Page) =>
    (
      await page.getByRole('list', { name: 'The way of the lease' }).getByRole('listitem').allTextContents()
    ).map((text) => text.replace(/\d\d:\d\d/g, 'T'));
  const bodyOf = async (page: Page, press: () => Promise<void>): Promise<unknown> => {
    const sent = page.waitForRequest((request) => request.method() !== 'GET');
    await press();
    return (await sent).postDataJSON();
  };

  it('where a lease is needed Connect gives way to the request, in place', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    requireLeases();
    const { page, complaints } = await rig.at(path);
    await page.getByText('Connecting here also takes a lease').waitFor();
    expect(await page.getByRole('button', { name: 'Connect' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Request a lease' }).click();
    expect(await page.evaluate('document.activeElement.id')).toBe('lease-purpose');
    await page.getByRole('button', { name: 'Send the request' }).click();
    await page.getByText('Say what it is for').waitFor();
    expect(rig.api.calls.filter((call) => call.startsWith('POST'))).toEqual([]);
    await page.getByLabel('Purpose').fill('Replace the failed disk');
    await page.getByRole('button', { name: '4 h' }).click();
    await page.getByLabel('Ticket number').fill('CHG-20417');
    rig.api.replies.set(`POST /api/machines/${id}/leases`, () => {
      rig.api.access.leases = [ownLease(0)];
      return { status: 201, body: ownLease(0) };
    });
    const body = await bodyOf(page, () => page.getByRole('button', { name: 'Send the request' }).click());
    expect(body).toEqual({
      service: 'WAC',
      minutes: 240,
      purpose: 'Replace the failed disk',
      reference: 'CHG-20417',
    });
    await page.getByText('Your request for a lease waits').waitFor();
    expect(complaints).toEqual([]);
  });

  it('an active lease opens Connect and shows the time that is left', async () => {
    rig.api.machines = [sampleMachine(0)];
    requireLeases();
    rig.api.access.leases = [ownLease(0, { state: 'active' })];
    const { page } = await rig.at(path);
    await page.getByText(/Your lease ends in 4\d minutes, at/).waitFor();
    expect(await page.getByRole('button', { name: 'Connect' }).isVisible()).toBe(true);
    expect(await steps(page)).toEqual([
      'Requested, doneT',
      `Decision, doneapproved by ${operator.name}`,
      'Access, nowsince T',
      'End, aheadat T',
    ]);
  });

  it('who has no role asks only where a lease gives it', async () => {
    rig.api.machines = [sampleMachine(0, { may: lacking })];
    requireLeases(true);
    const { page } = await rig.at(path);
    await page.getByText('A lease gives it for a time').waitFor();
    expect(await page.getByRole('button', { name: 'Request a lease' }).isVisible()).toBe(true);
    requireLeases(false);
    const { page: again } = await rig.signedIn(`${path}/access`);
    await again.getByText('a lease would open nothing').waitFor();
    expect(await again.getByRole('button', { name: 'Request a lease' }).count()).toBe(0);
  });

  it('a connect that is refused for want of a lease offers the request', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    const refusal = sampleProblem(403, {
      code: 'lease_required',
      title: 'A lease is needed',
      retryable: false,
    });
    rig.api.replies.set(`POST /api/machines/${id}/sessions`, { status: 403, body: refusal });
    const { page } = await rig.at(path);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('alert').getByRole('button', { name: 'Request a lease' }).click();
    await page.getByLabel('Purpose').waitFor();
    const { page: list } = await rig.signedIn('/portal/');
    await list.getByRole('button', { name: 'Connect to web-01' }).click();
    await list.getByRole('alert').getByRole('link', { name: 'Request a lease' }).click();
    await list.waitForURL(`**${path}/access`);
    await list.getByRole('button', { name: 'Request a lease' }).click();
    expect(await list.evaluate('document.activeElement.id')).toBe('lease-purpose');
  });

  it('what waits is counted in the top bar; what it opens is said before the buttons', async () => {
    rig.api.access.leases = [
      sampleLease(0, { may: decides }),
      sampleLease(1, { may: decides, givesRole: true, minutes: 240, notBefore: fromNow(3_600_000) }),
      ownLease(2),
    ];
    const { page, complaints } = await rig.signedIn('/portal/leases');
    await page.getByRole('link', { name: 'Leases 2 waiting for you' }).waitFor();
    const asked = page.getByRole('region', { name: 'Waiting for you' }).getByRole('listitem');
    await asked.first().waitFor();
    const [first, second] = await asked.allTextContents();
    expect(first).toMatch(
      new RegExp(
        `If you approve: ${operator.name} may connect to web-01 with Windows Admin Center for 1 h, from now`,
      ),
    );
    expect(second).toMatch(/for 4 h, from .* until .*The role for it is assigned in Azure for this time/);
    // One's own request has no buttons anywhere.
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it('an approval is one click, a refusal has a reason; then it is gone and the count with it', async () => {
    const [lease, another] = [sampleLease(0, { may: decides }), sampleLease(1, { may: decides })];
    rig.api.access.leases = [lease, another];
    const { page } = await rig.signedIn('/portal/leases');
    const decided = (left: typeof rig.api.access.leases) => () => {
      rig.api.access.leases = left;
      return { status: 200, body: lease };
    };
    rig.api.replies.set(`POST /api/machines/${id}/leases/${lease.id}/decision`, decided([another]));
    rig.api.replies.set(`POST /api/machines/${id}/leases/${another.id}/decision`, decided([]));
    const approval = await bodyOf(page, () =>
      page
        .getByRole('button', { name: /^Approve/ })
        .first()
        .click(),
    );
    expect(approval).toEqual({ approve: true, requestedAt: lease.requestedAt });
    await page.getByRole('link', { name: 'Leases 1 waiting for you' }).waitFor();
    await eventually(() => page.getByRole('button', { name: /^Approve/ }).count()).toBe(1);
    await page.getByRole('button', { name: /^Deny/ }).click();
    await page.getByText('Say why not').waitFor();
    await page.getByLabel('Reason').fill('Not within the freeze');
    const denial = await bodyOf(page, () => page.getByRole('button', { name: /^Deny/ }).click());
    expect(denial).toEqual({
      approve: false,
      reason: 'Not within the freeze',
      requestedAt: another.requestedAt,
    });
    await page.getByText('Nothing waits for your word').waitFor();
    await eventually(() => page.evaluate('document.activeElement.innerText')).toBe('Waiting for you');
  });

  it('one’s own request says that somebody else decides, and can be withdrawn', async () => {
    const lease = ownLease(0);
    rig.api.access.leases = [lease];
    const { page } = await rig.at(`${path}/leases/${lease.id}`);
    await page.getByText('nobody approves a request of his own').waitFor();
    expect(await page.getByRole('button', { name: /^Approve/ }).count()).toBe(0);
    rig.api.replies.set(`DELETE /api/machines/${id}/leases/${lease.id}`, () => {
      rig.api.access.leases = [{ ...lease, state: 'withdrawn', may: { ...lease.may, end: false } }];
      return { status: 200, body: lease };
    });
    await page.getByRole('button', { name: 'Withdraw' }).click();
    expect(await page.evaluate('document.activeElement.innerText')).toBe('Keep');
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.innerText')).toBe('Withdraw');
    await page.getByRole('button', { name: 'Withdraw' }).click();
    await page.getByRole('button', { name: 'Withdraw it' }).click();
    await page.getByText('Withdrawn', { exact: true }).waitFor();
    await eventually(() => steps(page)).toContain('Decision, stopped herewithdrawn before it');
  });

  it('who may approve says whether a connect takes a lease', async () => {
    rig.api.machines = [sampleMachine(0)];
    const approve = {
      right: 'approve' as const,
      allowed: true,
      grantedBy: [],
      deniedBy: [],
      passedOver: [],
    };
    rig.api.access.access = sampleAccess({ rights: [approve] });
    rig.api.replies.set(`PUT /api/machines/${id}/lease-policy`, () => {
      requireLeases();
      return { status: 200, body: rig.api.access.policy };
    });
    const { page } = await rig.at(`${path}/access`);
    const choice = page.getByRole('checkbox', { name: 'Connecting here takes a lease' });
    expect(await bodyOf(page, () => choice.click())).toEqual({ required: true });
    await eventually(() => choice.isChecked()).toBe(true);
    rig.api.access.policy = { required: true, byDeployment: true, givesRole: false };
    const { page: other } = await rig.signedIn(`${path}/access`);
    await other.getByText('This deployment asks for one on every machine').waitFor();
    expect(await other.getByRole('checkbox').count()).toBe(0);
  });

  it('more time is asked for in place, with a purpose', async () => {
    const lease = ownLease(0, { state: 'active' });
    rig.api.access.leases = [lease];
    const { page } = await rig.at(`${path}/leases/${lease.id}`);
    await page.getByRole('button', { name: 'Extend' }).click();
    await page.getByRole('button', { name: '30 min' }).click();
    await page.getByLabel('Purpose').fill('The rebuild takes longer');
    rig.api.replies.set(`POST /api/machines/${id}/leases/${lease.id}/extensions`, {
      status: 200,
      body: lease,
    });
    const body = await bodyOf(page, () =>
      page.getByRole('button', { name: 'Request the extension' }).click(),
    );
    expect(body).toEqual({ minutes: 30, purpose: 'The rebuild takes longer' });
  });
});
