import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReporter } from '#local/main-job/reporter.ts';
import { arcMachine, type SeedResource } from '#local/resource-manager/seeds.ts';
import type { Child } from '#local/run/child-process.ts';
import { openDataFolder } from '#local/run/data-folder.ts';
import { startHost } from '#local/run/processes.ts';
import { type StandingTwin, startStandIns } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { build } from '#tools/build.ts';

const preload = fileURLToPath(new URL('../../local/kit/preload.mjs', import.meta.url));
const program = fileURLToPath(new URL('../fixtures/fleet/main.mjs', import.meta.url));
const report = createReporter({ json: false, write: () => {}, colours: false });

const machineCount = Number(process.env['TIME_MACHINE_MACHINES'] ?? 20);
const dayCount = Number(process.env['TIME_MACHINE_DAYS'] ?? 90);
/** No new day begins after this. */
const budgetMs = Number(process.env['TIME_MACHINE_SECONDS'] ?? 300) * 1000;
const hourMs = 3_600_000;

const fleet = Array.from({ length: machineCount }, (_, index) => {
  const name = `fleet-${String(index + 1).padStart(2, '0')}`;
  return { name, resourceId: `${sample.resourceGroupId}/providers/Microsoft.HybridCompute/machines/${name}` };
});

/** As after an install: the machine, and its extension, which has succeeded. */
const resourcesOf = ({ name, resourceId }: (typeof fleet)[number]): SeedResource[] => [
  arcMachine({
    groupId: sample.resourceGroupId,
    name,
    location: 'westeurope',
    osType: 'linux',
    osSku: 'Debian',
    osVersion: '13',
    memoryBytes: 4_294_967_296,
    cores: 2,
    agentVersion: '1.60.02000.2',
    principalId: '00000000-0000-4000-8000-000000000077',
    tenantId: sample.tenantId,
  }),
  {
    id: `${resourceId}/extensions/AdminCenter`,
    body: { location: 'westeurope', tags: {}, properties: { provisioningState: 'Succeeded', settings: {} } },
  },
];

interface Summary {
  days: number;
  machines: number;
  seconds: number;
  renewals: number[];
  allServed: boolean;
}

/**
 * The built app on the embedded host, every stand-in, certificates of 160 hours. The agents are simulated: their
 * reports are signed and go over the bus, but nothing handshakes, because OpenSSL knows real time only.
 */
describe('90 days of a fleet with certificates of six days', () => {
  let folder: string;
  let twin: StandingTwin;
  let host: Child;

  beforeAll(async () => {
    await build();
    folder = mkdtempSync(join(tmpdir(), 'time-machine-'));
    const data = await openDataFolder(folder, { fresh: false });
    setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
    twin = await startStandIns(data, undefined, report, 'manual', {
      resources: fleet.flatMap(resourcesOf),
      profiles: { shortlived: { description: '160 hours', lifetimeMs: 160 * hourMs } },
    });
    data.writeJson('connection.json.fleet', { fleet });
    host = await startHost(data, twin.connection);
  });
  afterAll(async () => {
    await host?.stop();
    await twin?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('renews each in time, and every new one is served', async () => {
    const child = spawn(
      process.execPath,
      ['--import', preload, program, join(folder, 'connection.json'), String(dayCount), String(budgetMs)],
      {
        env: {
          ...process.env,
          NODE_NO_WARNINGS: '1',
          ADMIN_CENTER_LOCAL_CA_FILE: twin.connection.caFile,
          LOCAL_RUN_CLOCK: twin.connection.clock?.file,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let last = '';
    for await (const line of createInterface({ input: child.stdout })) {
      last = line;
      process.stderr.write(`${line}\n`);
    }
    const summary = JSON.parse(last) as Summary;
    expect(summary).toMatchObject({ days: dayCount, machines: machineCount, allServed: true });
    // Due at two thirds of 160 hours at the latest, and looked at once a day: every fifth day at least.
    expect(Math.min(...summary.renewals)).toBeGreaterThanOrEqual(Math.floor(dayCount / 5));
  });
});
