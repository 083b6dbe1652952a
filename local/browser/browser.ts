import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type BrowserHome, createBrowserHome } from './browser-home.ts';
import { browserIsMissing, findBrowser } from './find-browser.ts';
import { certutilIsMissing, hasCertutil } from './nss-store.ts';

export interface OpenBrowserOptions {
  url: string;
  caFile: string;
  /** The throw-away profile lives below it. */
  dataDirectory: string;
}

/** Nothing of a first run, nothing in the background: the profile exists for this page. */
const quietly = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--password-store=basic',
];

function obstacleOf({ caFile }: OpenBrowserOptions): string | undefined {
  if (!existsSync(caFile)) return `There is no ${caFile} yet: npm start makes it.`;
  if (process.platform !== 'linux') return undefined;
  if (!hasCertutil()) return certutilIsMissing;
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return DISPLAY || WAYLAND_DISPLAY
    ? undefined
    : 'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no browser can be shown.';
}

function argumentsFor(url: string, home: BrowserHome): string[] {
  // Chromium refuses to run its sandbox as root; this page is ours and local.
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  return [`--user-data-dir=${home.profile}`, ...quietly, ...(isRoot ? ['--no-sandbox'] : []), url];
}

/** Waits for the browser's own end; a signal to us ends it first, so that its profile can be removed. */
function runToTheEnd(browser: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(browser, [...args], { env, stdio: 'ignore' });
    const stop = () => void child.kill('SIGTERM');
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    const done = () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('exit', (code) => {
      done();
      resolve(code ?? 0);
    });
  });
}

/**
 * Opens the page in a profile of its own that trusts the local root, and deletes the profile when the browser ends.
 * Certificate checks stay on. Answers the exit code: 2 when something is missing on this computer.
 */
export async function openBrowser(options: OpenBrowserOptions): Promise<number> {
  const obstacle = obstacleOf(options);
  const browser = findBrowser();
  if (obstacle !== undefined || browser === undefined) {
    console.error(obstacle ?? browserIsMissing);
    return 2;
  }
  const home = await createBrowserHome({ parent: options.dataDirectory, caFile: options.caFile });
  try {
    console.log(
      `${browser} opens ${options.url} in a profile of its own; it is deleted when the browser ends.`,
    );
    if (process.platform !== 'linux') {
      console.log(
        'On this system a profile has no trust store of its own: npm run trust adds the root to yours.',
      );
    }
    return await runToTheEnd(browser, argumentsFor(options.url, home), home.env);
  } catch (error) {
    console.error(`${browser} could not be run: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    home.remove();
  }
}
