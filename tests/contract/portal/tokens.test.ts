import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from '../../support/browser.ts';
import { type PortalRig, startPortalRig } from './rig.ts';

/** All that the page left in the browser, whoever could read it later: storages, cookies, databases, caches, addresses. */
async function leftBehind(page: Page): Promise<string> {
  const kept = await page.evaluate(`(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state, window.name,
    await indexedDB.databases(), await caches.keys(),
  ]))()`);
  return `${String(kept)} ${JSON.stringify(await page.context().storageState({ indexedDB: true }))}`;
}

/** Everything that the sign-in service gave out in this tab, and what the tab proved itself with. */
function watchSecrets(page: Page): Set<string> {
  const secrets = new Set<string>();
  page.on('request', (request) => {
    const bearer = request.headers()['authorization']?.replace('Bearer ', '');
    if (bearer !== undefined) secrets.add(bearer);
    const form = new URLSearchParams(request.postData() ?? '');
    for (const name of ['code', 'code_verifier', 'refresh_token']) {
      const value = form.get(name);
      if (value !== null) secrets.add(value);
    }
  });
  page.on('response', async (response) => {
    if (!response.url().includes('/token')) return;
    const told = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    for (const name of ['access_token', 'refresh_token', 'id_token'])
      if (typeof told[name] === 'string') secrets.add(told[name]);
  });
  return secrets;
}

describe.runIf(hasChromium('the portal’s tokens in a browser'))('the tokens of the portal', () => {
  let rig: PortalRig;
  beforeAll(async () => {
    rig = await startPortalRig();
  });
  afterEach(() => rig.settle());
  afterAll(() => rig?.close());

  async function signIn(page: Page): Promise<void> {
    await page.goto('/portal/');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /Administrator/ }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  }

  it('are in its memory alone: no storage, cookie, database, cache or address has one', async () => {
    const { page } = await rig.open();
    const secrets = watchSecrets(page);
    await signIn(page);
    // Access token, refresh token and id token, the code and its verifier.
    await expect.poll(() => secrets.size).toBeGreaterThanOrEqual(5);
    const kept = await leftBehind(page);
    expect([...secrets].filter((secret) => kept.includes(secret))).toEqual([]);
    expect(kept).not.toMatch(/eyJ[\w-]{20,}/);
  });

  it('are gone with the sign-out, and so is the name of who was there', async () => {
    const { page } = await rig.open();
    const secrets = watchSecrets(page);
    await signIn(page);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${rig.api.origin}/portal/`);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    const kept = await leftBehind(page);
    expect([...secrets].filter((secret) => kept.includes(secret))).toEqual([]);
    expect(kept).not.toContain('administrator@sample.localhost');
    expect(await page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
  });

  it('are gone in every tab of the browser when the user signs out in one', async () => {
    const { page } = await rig.open();
    await signIn(page);
    const other = await page.context().newPage();
    await signIn(other);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await other.evaluate('sessionStorage.length')).toBe(0);
  });
});
