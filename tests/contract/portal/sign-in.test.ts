import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { machineIdOf, sampleMachine, sampleProblem } from '../../support/portal-samples.ts';
import { type PortalRig, startPortalRig } from './rig.ts';

describe.runIf(hasChromium('the portal’s sign-in in a browser'))('sign-in to the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  it('a deep link survives the way to the sign-in page, and no token is stored', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    const { page, complaints } = await rig.signedIn(`/portal/?search=web&state=ready`);
    await page.getByRole('rowheader', { name: 'web-01' }).waitFor();
    expect(new URL(page.url()).search).toBe('?search=web&state=ready');
    const stored = String(
      await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])'),
    );
    expect(stored).toBe('[{},{"admin-center.account":"administrator@sample.localhost"},""]');
    expect(complaints).toEqual([]);
  });

  it('a reload costs one click, and comes back to the same place', async () => {
    rig.api.machines = [sampleMachine(0, { name: 'web-01' })];
    const { page } = await rig.signedIn(`/portal/machines/${machineIdOf(0)}`);
    await page.reload();
    await page.getByRole('button', { name: /Administrator/ }).click();
    await page.getByRole('heading', { name: 'web-01', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/portal/machines/${machineIdOf(0)}`);
  });

  it('signing out ends at the sign-in screen and stays there', async () => {
    const { page } = await rig.signedIn('/portal/');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${rig.api.origin}/portal/`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('an answer that this tab did not ask for is refused', async () => {
    const { page } = await rig.open();
    await page.goto('/portal/?code=stolen&state=foreign');
    await page.getByRole('alert').getByText('This tab did not begin the sign-in').waitFor();
    expect(page.url()).toBe(`${rig.api.origin}/portal/`);
  });

  it('a token that the service refuses ends at the sign-in screen with the reason, not in a loop', async () => {
    const refusal = { code: 'token_invalid', hop: 'sign-in', title: 'The access token is not accepted' };
    rig.api.replies.set('GET /api/machines', { status: 401, body: sampleProblem(401, refusal) });
    const { page } = await rig.open();
    await page.goto('/portal/');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /Administrator/ }).click();
    await page.getByRole('alert').getByText('token_invalid').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    // The first token, and the one that the refresh token got.
    const asked = rig.api.calls.filter((call) => call === 'GET /api/machines');
    expect(asked).toEqual(['GET /api/machines', 'GET /api/machines']);
  });

  it('a sign-in service that does not answer is named', async () => {
    const { page } = await rig.open();
    await page.route(`${rig.entra.origin}/**`, (route) => route.abort());
    await page.goto('/portal/');
    await page.getByRole('button', { name: 'Sign in' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('The sign-in service does not answer').waitFor();
    expect(await alert.textContent()).toContain(rig.entra.origin);
  });
});
