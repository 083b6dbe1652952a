import { tmpdir } from 'node:os';
import { type Browser, chromium } from 'playwright-core';
import { createBrowserHome } from '#local/browser/browser-home.ts';
import { findProgram } from '#local/browser/command.ts';

/** Chromium of this computer, or undefined when it or the tool for its trust store is missing. */
function findChromium(): string | undefined {
  const found = findProgram('chromium') ?? findProgram('google-chrome');
  return findProgram('certutil') === undefined ? undefined : found;
}

/**
 * Whether the browser suites run here. Where they do not, one line says what is skipped and how to get it; in CI that
 * is a failure, because a skip is not a pass.
 */
export function hasChromium(suite: string): boolean {
  if (findChromium() !== undefined) return true;
  const line = `Skipped: ${suite}. Chromium or certutil is missing; Debian: apt-get install chromium libnss3-tools.`;
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}\n`);
  return false;
}

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A headless browser that trusts this root through a store of its own; certificate errors are errors. */
export async function launchBrowser({ caFile }: { caFile: string }): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('there is no Chromium here');
  const home = await createBrowserHome({ parent: tmpdir(), caFile });
  const env = Object.fromEntries(
    Object.entries(home.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    // Containers give it neither the privileges of its sandbox nor a large /dev/shm.
    const args = [...flags, '--no-sandbox', '--disable-dev-shm-usage'];
    const browser = await chromium.launch({ executablePath, args, env });
    browser.on('disconnected', () => home.remove());
    return browser;
  } catch (error) {
    home.remove();
    throw error;
  }
}
