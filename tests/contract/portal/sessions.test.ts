import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { operator, reader, sampleSession } from '../../support/portal-access-samples.ts';
import { fromNow, machineIdOf, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { eventually, type PortalRig, startPortalRig } from './rig.ts';

const id = machineIdOf(0);
const path = `/portal/machines/${id}`;
const cutPath = (number: number) => `DELETE /api/machines/${id}/sessions/${sampleSession(number).sessionId}`;

describe.runIf(hasChromium('the portal’s live sessions in a browser'))('live sessions in the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  it('who is on, for how long, with how much and from where; the duration moves', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    rig.api.access.sessions = [sampleSession(0, { leaseId: 'leaseaaaaaaaaaaa' })];
    const { page, complaints } = await rig.at(`${path}/sessions`);
    const row = page.getByRole('row', { name: /operator/ });
    await row.waitFor();
    expect(await row.textContent()).toMatch(
      /Windows Admin Center7 min \d+ s3\d min \d+ s left.*46 MiB down, 1\.2 MiB up3 connections203\.0\.113\.7by a lease/,
    );
    const duration = row.getByRole('cell').first();
    const first = await duration.textContent();
    await expect.poll(() => duration.textContent(), { timeout: 10_000 }).not.toBe(first);
    expect(await page.title()).toBe('web-01, sessions - Admin Center');
    expect(complaints).toEqual([]);
  });

  it('Cut asks in its row, with the focus on the answer that changes nothing', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    rig.api.access.sessions = [sampleSession(0), sampleSession(1, { user: reader, isOwn: true })];
    rig.api.replies.set(cutPath(0), () => {
      rig.api.access.sessions.shift();
      return { status: 204 };
    });
    const { page } = await rig.at(`${path}/sessions`);
    const cut = page.getByRole('button', { name: `Cut the session of ${operator.name} on web-01` });
    await cut.click();
    expect(await page.evaluate('document.activeElement.innerText')).toBe('Keep');
    await page.keyboard.press('Enter');
    expect(rig.api.calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    await cut.click();
    await page.getByRole('button', { name: 'Cut now' }).click();
    await cut.waitFor({ state: 'detached' });
    expect(rig.api.calls.filter((call) => call.startsWith('DELETE'))).toEqual([cutPath(0)]);
    await page.getByRole('status').filter({ hasText: 'is cut' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('sessions-heading');
    await page.getByRole('button', { name: /^End the session/ }).waitFor();
  });

  it('a cut that is refused says why in place, and the row stays', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    rig.api.access.sessions = [sampleSession(0)];
    rig.api.replies.set(cutPath(0), { status: 503, body: sampleProblem(503, { code: 'access_undecided' }) });
    const { page } = await rig.at(`${path}/sessions`);
    await page.getByRole('button', { name: /^Cut the session/ }).click();
    await page.getByRole('button', { name: 'Cut now' }).click();
    await page.getByRole('alert').getByText('access_undecided').waitFor();
    expect(await page.getByRole('row', { name: /operator/ }).count()).toBe(1);
  });

  it('all of a machine are cut at once, and only by who may end each of them', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    rig.api.access.sessions = [sampleSession(0), sampleSession(1)];
    rig.api.replies.set(`DELETE /api/machines/${id}/sessions`, () => {
      rig.api.access.sessions = [];
      return { status: 200, body: { ended: 2 } };
    });
    const { page } = await rig.at(path);
    await page.getByText('2 live sessions').waitFor();
    await page.getByRole('button', { name: 'Cut all' }).click();
    await page.getByRole('button', { name: 'Cut all now' }).click();
    await page.getByRole('status').filter({ hasText: '2 sessions are cut' }).waitFor();
    await page.getByText('2 live sessions').waitFor({ state: 'detached' });
    rig.api.access.sessions = [sampleSession(0), sampleSession(1, { mayEnd: false })];
    const { page: other } = await rig.signedIn(`${path}/sessions`);
    await other.getByText('2 live sessions').waitFor();
    expect(await other.getByRole('button', { name: 'Cut all' }).count()).toBe(0);
  });

  it('across machines each row names its own; those that ended say why when they are unfolded', async () => {
    rig.api.access.sessions = [
      sampleSession(0),
      sampleSession(1, { machineId: machineIdOf(1), machine: 'db-02' }),
      sampleSession(2, { state: 'ended', end: { at: fromNow(-60_000), reason: 'revoked', by: reader } }),
      sampleSession(3, { state: 'ended', end: { at: fromNow(-90_000), reason: 'right_lost' } }),
    ];
    const { page } = await rig.at('/portal/sessions');
    await page.getByText('2 live sessions').waitFor();
    expect(await page.getByRole('link', { name: 'db-02' }).first().getAttribute('href')).toContain(
      '/sessions',
    );
    await page.getByText('Ended in the last 24 hours').click();
    const ended = page.getByRole('group').getByRole('listitem');
    await ended.first().waitFor();
    const texts = await ended.allTextContents();
    expect(texts[0]).toContain(`Cut by ${reader.name}`);
    expect(texts[1]).toContain('The role that opened it is gone');
  });

  it('the list comes again by itself, and the last one stays while it does not', {
    timeout: 30_000,
  }, async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    const { page } = await rig.at(`${path}/sessions`);
    await page.getByText('Nobody is on web-01.').waitFor();
    rig.api.access.sessions = [sampleSession(0)];
    await page.getByText('1 live session', { exact: true }).waitFor();
    rig.api.replies.set(`GET /api/machines/${id}/sessions`, { status: 503, body: sampleProblem(503, {}) });
    await page.getByText('What you see is the last answer').waitFor();
    expect(await page.getByRole('row', { name: /operator/ }).count()).toBe(1);
  });

  it('an uninstall says how many live sessions it ends', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    rig.api.access.sessions = [sampleSession(0), sampleSession(1)];
    const { page } = await rig.at(path);
    await page.getByRole('button', { name: 'Uninstall' }).click();
    const first = page.getByRole('dialog').getByRole('listitem').first();
    await eventually(() => first.textContent()).toBe('2 live sessions: all who are connected are cut off.');
    expect(rig.api.calls).toContain(`GET /api/machines/${id}/sessions`);
  });
});
