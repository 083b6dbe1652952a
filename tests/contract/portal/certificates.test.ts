import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import {
  renewalOf,
  replacedCertificate,
  sampleDrill,
  sampleForecast,
  waitingCertificate,
} from '../../support/certificate-samples.ts';
import { fromNow, machineIdOf, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const path = `/portal/machines/${id}`;
const renewals = `POST /api/machines/${id}/certificate/renewals`;
const revocations = `POST /api/machines/${id}/certificate/revocations`;

describe.runIf(hasChromium('the portal’s certificates in a browser'))('certificates in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  const moments = async (page: Awaited<ReturnType<PortalRig['at']>>['page']) =>
    page.getByRole('list', { name: 'Time line of the certificate' }).getByRole('listitem').allTextContents();
  const renewal = renewalOf(0);
  const accept = (call: string) => {
    rig.api.operations.set(renewal.id, renewal);
    rig.api.replies.set(call, { status: 202, body: renewal });
  };

  it('the time line is a picture, and the same in words in the order of time', async () => {
    rig.api.machines = [sampleMachine(0)];
    const { page, complaints } = await rig.at(path);
    await page.getByText('The machine serves this certificate').waitFor();
    const picture = page.locator('svg.time-line');
    expect(await picture.locator('text').allTextContents()).toEqual([
      expect.stringMatching(/^issued/),
      expect.stringMatching(/^renewal/),
      expect.stringMatching(/^emergency/),
      expect.stringMatching(/^ends/),
      expect.stringMatching(/^now/),
    ]);
    expect((await moments(page)).map((text) => text.replace(/[A-Z][a-z]{2} \d.*/, ''))).toEqual([
      'Issued',
      'Window of the authority',
      'Renewal begins',
      'Renewal goes before everything else',
      'Ends',
    ]);
    expect(await page.getByText('Next: It is renewed.').textContent()).toMatch(/in 38 days|in 39 days/);
    expect(complaints).toEqual([]);
  });

  it('the leaf that is still in service is shown beside the new one', async () => {
    rig.api.machines = [sampleMachine(0)];
    rig.api.certificates.set(id, replacedCertificate());
    const { page } = await rig.at(path);
    await page.getByText('Delivered, not in service yet').waitFor();
    expect(await page.locator('svg.time-line .line-previous').count()).toBe(1);
    expect((await moments(page)).join()).toContain('The one before it ends');
    expect(await page.getByText('not yet; the one before it still is').isVisible()).toBe(true);
    await page.getByText('History (3 entries)').click();
    expect(await page.getByText('Seen in service', { exact: true }).isVisible()).toBe(true);
  });

  it('a renewal says what it does, and its progress is shown', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    accept(renewals);
    const { page } = await rig.at(path);
    await page.getByRole('button', { name: 'Renew now' }).click();
    const dialog = page.getByRole('dialog', { name: 'Renew the certificate of web-01 now?' });
    expect(await dialog.textContent()).toContain('nobody is cut off');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await dialog.getByRole('button', { name: 'Renew now' }).click();
    expect((await sent).postData()).toBe('{}');
    await page.getByRole('heading', { name: 'Renewing the certificate', level: 1 }).waitFor();
  });

  it('changing who holds the key is a renewal, said so before it begins', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    accept(renewals);
    const { page } = await rig.at(path);
    await page.getByRole('button', { name: 'Change who holds the key' }).click();
    const dialog = page.getByRole('dialog', { name: 'Let the machine hold the key of web-01?' });
    expect(await dialog.textContent()).toMatch(/Key Vault holds the key now.*is a renewal/);
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await dialog.getByRole('button', { name: 'Renew with a new key' }).click();
    expect((await sent).postData()).toBe('{"keys":"machine"}');
    await page.getByRole('heading', { name: 'Renewing the certificate', level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe('?keys=machine');
  });

  it('a revocation tells its consequence for each reason', async () => {
    rig.api.machines = [sampleMachine(0)];
    accept(revocations);
    const { page } = await rig.at(path);
    await page.getByRole('button', { name: 'Revoke and replace' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.textContent()).toContain('told at once that the certificate is not to be trusted');
    await dialog.getByLabel('Reason').selectOption('superseded');
    expect(await dialog.textContent()).toContain('A replacement is ordered first');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await dialog.getByRole('button', { name: 'Revoke and replace' }).click();
    expect((await sent).postData()).toBe('{"reason":"superseded"}');
    await page.getByRole('heading', { name: 'Renewing the certificate', level: 1 }).waitFor();
  });

  it('who may not install sees everything and has no button', async () => {
    const refused = { allowed: false, missingAction: 'A/b/action' };
    rig.api.machines = [sampleMachine(0, { may: { install: refused, connect: refused } })];
    const { page } = await rig.at(path);
    await page.getByRole('list', { name: 'Time line of the certificate' }).waitFor();
    expect(await page.getByRole('button', { name: /Renew|Revoke|key/ }).count()).toBe(0);
  });

  it('a turn has a date, those ahead and a reason, and is cancelled after a question', async () => {
    const { api } = rig;
    const waiting = { ...renewal, resumesAt: fromNow(9 * 3_600_000) };
    api.operations.set(waiting.id, waiting);
    api.machines = [sampleMachine(0, { operation: { id: waiting.id, kind: 'renew' } })];
    api.certificates.set(id, waitingCertificate());
    api.replies.set(`DELETE /api/operations/${waiting.id}`, { status: 202, body: waiting });
    const { page } = await rig.at(path);
    const note = page.getByText('Its turn at sample-ca comes in 8 hours').locator('..').locator('..');
    expect(await note.textContent()).toMatch(/14 go before it\..*50 at once and one more every 201\.6 min\./);
    expect(await page.getByRole('alert').count()).toBe(0);
    await note.getByRole('button', { name: 'Cancel' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel what waits?' });
    expect(await dialog.textContent()).toContain('The one in service stays');
    expect(api.calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('button', { name: 'Cancelling' }).waitFor();
    expect(api.calls).toContain(`DELETE /api/operations/${waiting.id}`);
  });

  it('an operation that waits says when it goes on, and becomes a cancelled one', async () => {
    const { api } = rig;
    api.machines = [sampleMachine(0)];
    api.operations.set(renewal.id, { ...renewal, resumesAt: fromNow(3_700_000) });
    const { page } = await rig.at(`${path}/operations/renew234`);
    await page.getByRole('heading', { name: 'The renewal waits for its turn', level: 1 }).waitFor();
    expect(await page.getByText('It goes on by itself at').textContent()).toMatch(/\(in 1 hour\)/);
    const step = page.getByRole('listitem').filter({ hasText: 'Issue the certificate' });
    expect(await step.textContent()).toContain('Waits for its turn');
    const error = {
      ...sampleProblem(409, { title: 'The operation was cancelled', code: 'operation_cancelled' }),
      detail: 'by Administrator',
    };
    api.replies.set(`DELETE /api/operations/${renewal.id}`, () => {
      const steps = renewal.steps.map((one, at) => (at === 0 ? { ...one, status: 'failed' as const } : one));
      api.operations.set(renewal.id, { ...renewal, status: 'failed', steps, error });
      return { status: 202, body: renewal };
    });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.getByRole('heading', { name: 'The renewal was cancelled', level: 1 }).waitFor();
    expect(await step.textContent()).toContain('Cancelled');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('a postponed operation goes on by itself: it is no failure', async () => {
    rig.api.machines = [sampleMachine(0)];
    const error = sampleProblem(503, {
      title: 'The authority does not answer',
      detail: 'it was asked 5 times',
    });
    rig.api.operations.set(renewal.id, {
      ...renewal,
      status: 'postponed',
      resumesAt: fromNow(3_700_000),
      error,
    });
    const { page } = await rig.at(`${path}/operations/renew234`);
    await page.getByRole('heading', { name: 'The renewal goes on later', level: 1 }).waitFor();
    expect(await page.getByText('It goes on by itself at').isVisible()).toBe(true);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Retry' }).count()).toBe(0);
  });

  it('the fleet shows its weeks, the authorities’ budgets, and who is at risk', async () => {
    rig.api.forecast = sampleForecast({
      atRisk: 3,
      firstAtRisk: { machineId: id, expiresAt: fromNow(8 * 3_600_000), turnAt: fromNow(9 * 3_600_000) },
    });
    const { page, complaints } = await rig.at('/portal/');
    await page.getByRole('link', { name: 'Certificates' }).click();
    await page.getByText('3 certificates would end before their turns come.').waitFor();
    expect(await page.getByRole('link', { name: 'Show the machine' }).getAttribute('href')).toBe(path);
    expect(await page.locator('svg.weeks .bar-due').count()).toBe(12);
    expect(await page.locator('svg.weeks .bar-expiring').count()).toBe(8);
    await page.getByText('The weeks as a table').click();
    expect(await page.getByRole('row').count()).toBe(14);
    const first = page.getByRole('region', { name: 'sample-ca' });
    expect(await first.textContent()).toMatch(/48 of 50 used, 2 free; one comes back every 3 h 21 min/);
    expect(await first.textContent()).toMatch(/Urgent renewals1Installs3Regular renewals13/);
    const second = page.getByRole('region', { name: 'second-ca' });
    expect(await second.textContent()).toMatch(/It takes no orders until.*It does not answer\./);
    expect(complaints).toEqual([]);
  });

  it('a fleet replacement is started with a warning, watched, and cancelled', async () => {
    const { api } = rig;
    const drill = sampleDrill({ percent: 0, replaced: 0 });
    api.replies.set('POST /api/certificates/drill', () => {
      api.drills.set(drill.id, drill);
      return { status: 202, body: drill };
    });
    const { page } = await rig.at('/portal/certificates');
    await page.getByLabel('Reason').selectOption('keyCompromise');
    await page.getByLabel('Issued by').selectOption('sample-ca');
    await page.getByLabel('Revoke the old certificates').check();
    await page.getByText('It cannot be taken back').first().waitFor();
    await page.getByRole('button', { name: 'Start the replacement' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replace and revoke every certificate?' });
    expect(await dialog.textContent()).toContain('Every certificate that sample-ca issued');
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await dialog.getByRole('button', { name: 'Replace and revoke' }).click();
    expect((await sent).postDataJSON()).toEqual({
      reason: 'keyCompromise',
      revoke: true,
      issuedBy: 'sample-ca',
    });
    await page.getByRole('heading', { name: 'Replacing certificates', level: 1 }).waitFor();
    expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('0');
    expect(await page.getByText('Expected end').isVisible()).toBe(true);

    api.replies.set(`DELETE /api/certificates/drills/${drill.id}`, () => {
      api.drills.set(drill.id, { ...drill, status: 'cancelled', endedAt: fromNow(0) });
      return { status: 202, body: drill };
    });
    await page.getByRole('button', { name: 'Cancel the rest' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the rest' }).click();
    await page.getByRole('heading', { name: 'The replacement was cancelled', level: 1 }).waitFor();
  });

  it('a replacement that runs already is led to, and who may not start one reads why', async () => {
    const { api } = rig;
    api.replies.set('POST /api/certificates/drill', {
      status: 409,
      body: { ...sampleProblem(409, { code: 'drill_in_progress' }), drillId: 'drill234' },
    });
    const { page } = await rig.at('/portal/certificates');
    await page.getByRole('button', { name: 'Start the replacement' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replace' }).click();
    const link = page.getByRole('alert').getByRole('link', { name: 'Show the one that runs' });
    expect(await link.getAttribute('href')).toBe('/portal/certificates/drills/drill234');
    await rig.settle();
    api.replies.set('GET /api/certificates/drills', {
      status: 403,
      body: sampleProblem(403, { code: 'access_denied', retryable: false }),
    });
    await rig.at('/portal/certificates');
    await page.getByText('You may install on no machine').waitFor();
    expect(await page.getByRole('button', { name: 'Start the replacement' }).count()).toBe(0);
  });
});
