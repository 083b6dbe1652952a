import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { createEntra, type Entra } from '#local/entra/entra.ts';
import { systemClock } from '#local/kit/clock.ts';
import { createLocalRoot, issueServerIdentity } from '#local/kit/local-authority.ts';
import { openStore } from '#local/kit/store.ts';
import { buildPortal } from '#tools/build-portal.ts';
import { launchBrowser } from '../../support/browser.ts';
import { type FakePortalApi, startFakePortalApi } from '../../support/fake-portal-api.ts';
import { watchPage } from '../../support/page-complaints.ts';

const apiClientId = '00000000-0000-4000-8000-0000000000a1';
const portalClientId = '00000000-0000-4000-8000-0000000000a2';
const tenantId = '00000000-0000-4000-8000-00000000000a';

export interface PortalRig {
  readonly api: FakePortalApi;
  readonly entra: Entra;
  readonly browser: Browser;
  /** A page in a context of its own. `complaints` is what the browser found wrong with it. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>;
  /** The same, signed in and at this address of the portal. */
  signedIn(path: string, options?: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>;
  /** A page that is signed in once for all tests of a file: each goes on to its own address. */
  at(path: string): Promise<{ page: Page; complaints: string[] }>;
  /** Ends what the last test opened. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const nowhere = '/portal/nowhere';

/** What the page comes to, however slow this computer is: as patient as the page's own locators. */
export const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });

/** Goes there as a link of the page does: tokens live in memory. */
export async function followLink(page: Page, path: string): Promise<void> {
  const address = JSON.stringify(path);
  await page.evaluate(
    `history.pushState(null, '', ${address}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
}

/** The built page, a fake API, the sign-in stand-in on its own TLS, and a browser that trusts their root. */
export async function startPortalRig(): Promise<PortalRig> {
  const folder = mkdtempSync(join(tmpdir(), 'portal-'));
  const caFile = join(folder, 'root.pem');
  const root = await createLocalRoot(Date.now());
  writeFileSync(caFile, root.cert);
  await buildPortal(join(folder, 'portal'));
  const api = await startFakePortalApi(join(folder, 'portal'));
  const entra = await createEntra({
    clock: systemClock,
    store: openStore(':memory:'),
    port: 0,
    tls: await issueServerIdentity(root, ['login.localhost'], Date.now()),
    tenantId,
    accounts: [
      {
        objectId: '00000000-0000-4000-8000-0000000000b1',
        userPrincipalName: 'administrator@sample.localhost',
        displayName: 'Administrator',
      },
    ],
    applications: [
      {
        clientId: apiClientId,
        displayName: 'Control plane',
        api: { identifierUri: `api://${apiClientId}`, scopes: ['user_impersonation'] },
      },
      {
        clientId: portalClientId,
        displayName: 'Portal',
        redirectUris: [{ kind: 'spa', uri: `${api.origin}/portal/` }],
      },
    ],
  });
  api.config = {
    authority: `${entra.authority}/v2.0`,
    clientId: portalClientId,
    commandLineClientId: '00000000-0000-4000-8000-0000000000a9',
    scope: `api://${apiClientId}/user_impersonation`,
    zone: 'wac.localhost',
  };
  const browser = await launchBrowser({ caFile });

  const open: PortalRig['open'] = async (options = {}) => {
    const context = await browser.newContext({ baseURL: api.origin, ...options });
    context.setDefaultTimeout(10_000);
    const page = await context.newPage();
    return { page, complaints: watchPage(page) };
  };

  const signedIn: PortalRig['signedIn'] = async (path, options) => {
    const opened = await open(options);
    await opened.page.goto(path);
    await opened.page.getByRole('button', { name: 'Sign in' }).click();
    await opened.page.getByRole('button', { name: /Administrator/ }).click();
    await opened.page.getByRole('button', { name: 'Sign out' }).waitFor();
    return opened;
  };
  let shared: Awaited<ReturnType<typeof signedIn>> | undefined;

  return {
    api,
    entra,
    browser,
    open,
    signedIn,
    async at(path) {
      shared ??= await signedIn(nowhere);
      shared.complaints.length = 0;
      await followLink(shared.page, path);
      return shared;
    },
    async settle() {
      const mine = shared?.page.context();
      const foreign = browser.contexts().filter((context) => context !== mine);
      const tabs = (mine?.pages() ?? []).filter((page) => page !== shared?.page);
      await Promise.all([...foreign, ...tabs].map((one) => one.close()));
      // A screen that asks nothing, before its answers go away.
      if (shared) await followLink(shared.page, nowhere);
      api.reset();
    },
    async close() {
      await browser.close();
      await Promise.all([api.close(), entra.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const axeSource = axe.source;

interface AxeRule {
  id: string;
  help: string;
  nodes: { target: unknown }[];
}
interface AxeOutcome {
  violations: AxeRule[];
  passes: AxeRule[];
}

const runs = {
  /** All that axe has for WCAG 2.2 A and AA and its best practices; the target size is off by default. */
  all: "axe.run(document, { rules: { 'target-size': { enabled: true } } })",
  /** What can differ between two colour schemes of the same page. */
  contrast: "axe.run(document, { runOnly: ['color-contrast'] })",
} as const;

/** Checks the page as it is now; it was opened with axe. */
export async function expectAccessible(page: Page, what: keyof typeof runs = 'all'): Promise<void> {
  const { violations, passes } = (await page.evaluate(runs[what])) as AxeOutcome;
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.map((node) => node.target),
  }));
  expect(found).toEqual([]);
  expect(passes.length).toBeGreaterThan(what === 'all' ? 10 : 0);
}
