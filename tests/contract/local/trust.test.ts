import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBrowser } from '#local/browser/browser.ts';
import { hasAuthority, nssStoreOf } from '#local/browser/nss-store.ts';
import { trust, untrust } from '#local/browser/trust.ts';
import { createLocalRoot } from '#local/kit/local-authority.ts';
import { hasChromium } from '../../support/browser.ts';

const isHere = process.platform === 'linux' && hasChromium('trust of the local root');

describe('what the local root is trusted by', () => {
  let home: string;
  let caFile: string;
  let said: string[];

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'trust-'));
    caFile = join(home, 'root.pem');
    writeFileSync(caFile, (await createLocalRoot(Date.now())).cert);
    said = [];
    const listen = (line: string) => void said.push(line);
    vi.spyOn(console, 'log').mockImplementation(listen);
    vi.spyOn(console, 'error').mockImplementation(listen);
    vi.stubEnv('HOME', home);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    rmSync(home, { recursive: true, force: true });
  });

  it.runIf(isHere)(
    'trust adds the root to the user’s store, and untrust removes that root alone',
    async () => {
      const store = nssStoreOf(home);
      const otherFile = join(home, 'other.pem');
      writeFileSync(otherFile, (await createLocalRoot(Date.now())).cert);
      expect(await trust(caFile)).toBe(0);
      expect(await trust(otherFile)).toBe(0);
      expect(await hasAuthority(store, caFile)).toBe(true);
      expect(said.join('\n')).toContain('To undo: npm run untrust');
      expect(await untrust(caFile)).toBe(0);
      expect(await hasAuthority(store, caFile)).toBe(false);
      expect(await hasAuthority(store, otherFile)).toBe(true);
    },
  );

  it.runIf(isHere)('both may be repeated', async () => {
    expect([await trust(caFile), await trust(caFile)]).toEqual([0, 0]);
    expect([await untrust(caFile), await untrust(caFile)]).toEqual([0, 0]);
    expect(said.at(-1)).toMatch(/^Nothing to do/);
  });

  it('says what makes the file when there is none', async () => {
    expect(await trust(join(home, 'absent.pem'))).toBe(2);
    expect(said).toEqual([expect.stringContaining('npm start makes it')]);
  });

  it.runIf(process.platform === 'linux')('says how to get certutil where it is missing', async () => {
    vi.stubEnv('PATH', home);
    expect(await trust(caFile)).toBe(2);
    expect(await openBrowser({ url: 'http://localhost/', caFile, dataDirectory: home })).toBe(2);
    expect(said).toEqual([
      expect.stringContaining('libnss3-tools'),
      expect.stringContaining('libnss3-tools'),
    ]);
    expect(existsSync(nssStoreOf(home))).toBe(false);
  });

  it.runIf(isHere)('says which browser would do where there is none, or no display', async () => {
    const options = { url: 'http://localhost/', caFile, dataDirectory: home };
    vi.stubEnv('WAYLAND_DISPLAY', '');
    vi.stubEnv('DISPLAY', '');
    expect(await openBrowser(options)).toBe(2);
    vi.stubEnv('DISPLAY', ':0');
    vi.stubEnv('ADMIN_CENTER_BROWSER', join(home, 'absent'));
    expect(await openBrowser(options)).toBe(2);
    expect(said).toEqual([expect.stringContaining('no display'), expect.stringContaining('No Chromium')]);
  });

  it.runIf(isHere)(
    'the browser gets a home that trusts the root, and the home is deleted at its end',
    async () => {
      // A program in the browser's place that writes down what it was given.
      const browser = join(home, 'browser.sh');
      const seen = join(home, 'seen');
      writeFileSync(
        browser,
        `#!/bin/sh\necho "$HOME" > ${seen}\necho "$*" >> ${seen}\ncertutil -d "sql:$HOME/.pki/nssdb" -L >> ${seen}\nexit 3\n`,
      );
      chmodSync(browser, 0o755);
      vi.stubEnv('DISPLAY', ':0');
      vi.stubEnv('ADMIN_CENTER_BROWSER', browser);
      const dataDirectory = join(home, 'data');
      expect(await openBrowser({ url: 'http://localhost:7071/portal/', caFile, dataDirectory })).toBe(3);
      const [browserHome = '', args, ...store] = readFileSync(seen, 'utf8').split('\n');
      expect(browserHome.startsWith(dataDirectory)).toBe(true);
      expect(args).toMatch(/--user-data-dir=\S+.* http:\/\/localhost:7071\/portal\/$/);
      expect(args).not.toContain('ignore-certificate-errors');
      expect(store.join('\n')).toMatch(/Admin Center local root \w{12}\s+C,,/);
      expect(readdirSync(dataDirectory)).toEqual([]);
    },
  );
});
