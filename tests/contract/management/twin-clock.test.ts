import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReporter } from '#local/main-job/reporter.ts';
import { type DataFolder, openDataFolder } from '#local/run/data-folder.ts';
import { type StandingTwin, startStandIns } from '#local/run/system.ts';

const preload = fileURLToPath(new URL('../../../local/kit/preload.mjs', import.meta.url));
const program = fileURLToPath(new URL('../../fixtures/followed-clients/main.mjs', import.meta.url));
const report = createReporter({ json: false, write: () => {}, colours: false });

/** One twin under the manual clock, and official clients in a process of their own that follows it. */
describe('two months on the twin, as official clients see them', () => {
  let folder: string;
  let data: DataFolder;
  let twin: StandingTwin;
  let facts: Map<string, unknown>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'twin-'));
    data = await openDataFolder(folder, { fresh: false });
    setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
    twin = await startStandIns(data, undefined, report, 'manual');
    const { connection } = twin;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', preload, program, data.file('connection.json')],
      {
        env: {
          ...process.env,
          NODE_NO_WARNINGS: '1',
          ADMIN_CENTER_LOCAL_CA_FILE: data.caFile,
          LOCAL_RUN_CLOCK: connection.clock?.file,
          IDENTITY_ENDPOINT: connection.managedIdentity.endpoint,
          IDENTITY_HEADER: connection.managedIdentity.headers.deployment,
        },
      },
    );
    const lines = stdout.trim().split('\n');
    facts = new Map(
      lines.map((line) => {
        const { fact, value } = JSON.parse(line) as { fact: string; value: unknown };
        return [fact, value];
      }),
    );
  }, 60_000);
  afterAll(async () => {
    await twin?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are two months in their own process', () => {
    expect([facts.get('followed'), facts.get('days passed here')]).toEqual([1, 61]);
  });

  // learn.microsoft.com/azure/service-bus-messaging/message-expiration
  it('end messages past their time to live, bring scheduled ones and end locks', () => {
    expect(facts.get('fleeting queue')).toEqual([]);
    expect(facts.get('lasting queue')).toEqual(['lasting', 'later']);
    expect(facts.get('its lock')).toBe('MessageLockLost');
  });

  // learn.microsoft.com/azure/cosmos-db/nosql/time-to-live
  it('end items past their time to live and no others', () => {
    expect(facts.get('items')).toEqual([404, 200]);
  });

  // learn.microsoft.com/azure/key-vault/general/soft-delete-overview: 90 days unless the vault says otherwise
  it('leave a deleted secret recoverable, and a third month ends it', () => {
    expect(facts.get('a deleted secret after 61 and 91 days')).toEqual([true, 404]);
    expect(facts.get('created in the same time')).toBe(true);
  });

  it('end tokens, and new ones are of that time', () => {
    expect(facts.get('the zones before')).toBe(200);
    expect(facts.get('an old token')).toEqual([401, 'ExpiredAuthenticationToken']);
    expect(facts.get('a new token')).toEqual([200, true]);
  });

  it('are remembered: the same folder refuses to be started behind them', async () => {
    await expect(startStandIns(data, undefined, report)).rejects.toThrow('Go on with --clock manual');
  });
});
