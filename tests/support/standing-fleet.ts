import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { createCertificateAuthority } from '#local/certificate-authority/certificate-authority.ts';
import type { Profiles } from '#local/certificate-authority/profiles.ts';
import { systemClock } from '#local/kit/clock.ts';
import { issueServerIdentity } from '#local/kit/local-authority.ts';
import { createReporter } from '#local/main-job/reporter.ts';
import { arcMachine, type SeedResource } from '#local/resource-manager/seeds.ts';
import { type DataFolder, openDataFolder } from '#local/run/data-folder.ts';
import { startHost } from '#local/run/processes.ts';
import { type ClockMode, type StandingTwin, startStandIns } from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { chooseOwnPorts } from './own-ports.ts';

const preload = fileURLToPath(new URL('../../local/kit/preload.mjs', import.meta.url));
const programs = new URL('../fixtures/fleet/', import.meta.url);
const report = createReporter({ json: false, write: () => {}, colours: false });

export interface StandingFleetOptions {
  machines: number;
  clock: ClockMode;
  /** Of every authority; the first is used. Default: 90 days. */
  profiles?: Profiles;
  /** Machines as they are before an install, each with an identity of its own. */
  isBare?: boolean;
  /** Settings of the app that differ from those of a local run. */
  settings?: Readonly<Record<string, string>>;
  /** A second authority, after the first in the order of preference. */
  hasSecond?: boolean;
}

export interface StandingFleet {
  /** Process id of the Functions host. */
  hostPid: number;
  /** Runs a program of `tests/fixtures/fleet` with `connection.json`; answers its last line, each a JSON text. */
  run(program: string, args: readonly string[], onLine?: (line: string) => void): Promise<unknown>;
  stop(): Promise<void>;
}

const memberOf = (index: number) => {
  const name = `fleet-${String(index + 1).padStart(3, '0')}`;
  const resourceId = `${sample.resourceGroupId}/providers/Microsoft.HybridCompute/machines/${name}`;
  const principalId = `00000000-0000-4000-8000-${String(index + 1).padStart(12, 'f')}`;
  // Says as which machine its simulated extension host calls.
  return { name, resourceId, principalId, identityHeader: `identity-of-${name}` };
};

type Member = ReturnType<typeof memberOf>;

const machineOf = ({ name, principalId }: Member): SeedResource =>
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
    principalId,
    tenantId: sample.tenantId,
  });

/** As after an install: the machine, and its extension, which has succeeded. */
const resourcesOf = (member: Member): SeedResource[] => [
  machineOf(member),
  {
    id: `${member.resourceId}/extensions/AdminCenter`,
    body: { location: 'westeurope', tags: {}, properties: { provisioningState: 'Succeeded', settings: {} } },
  },
];

async function startSecond(
  data: DataFolder,
  { twin, connection, timeMachine }: StandingTwin,
  profiles?: Profiles,
) {
  const { dns } = connection;
  const authority = await createCertificateAuthority({
    name: 'second-authority',
    clock: timeMachine?.clock ?? systemClock,
    store: data.store('second-authority'),
    port: await data.port('second-authority'),
    tls: await issueServerIdentity(data.root, ['second.localhost'], Date.now()),
    issuer: data.issuer,
    root: data.root.cert,
    dnsServer: { host: dns.host, port: dns.port },
    ...(profiles && { profiles }),
  });
  const list = JSON.stringify([
    { name: 'local', directory: twin.addresses.acmeDirectory, limits: 'none' },
    { name: 'second', directory: `https://second.localhost:${authority.port}/directory`, limits: 'none' },
  ]);
  return { authority, appSettings: { ADMIN_CENTER_CERTIFICATE_AUTHORITIES: list } };
}

/** The app as it was last built on the embedded host, every stand-in, and machines whose agents a program simulates. */
export async function startFleet(options: StandingFleetOptions): Promise<StandingFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  const data = await openDataFolder(folder, { fresh: false });
  await chooseOwnPorts(data);
  setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
  const fleet = Array.from({ length: options.machines }, (_, index) => memberOf(index));
  const standing = await startStandIns(data, undefined, report, options.clock, {
    resources: fleet.flatMap(options.isBare ? machineOf : resourcesOf),
    identities: fleet.map(({ identityHeader, principalId, resourceId }) => ({
      header: identityHeader,
      objectId: principalId,
      clientId: principalId,
      resourceId,
    })),
    ...(options.profiles && { profiles: options.profiles }),
  });
  data.writeJson('connection.json.fleet', { fleet });
  const second = options.hasSecond ? await startSecond(data, standing, options.profiles) : undefined;
  const { connection } = standing;
  const host = await startHost(data, {
    ...connection,
    appSettings: { ...connection.appSettings, ...second?.appSettings, ...options.settings },
  });
  return {
    hostPid: host.pid,
    async run(program, args, onLine = () => {}) {
      const file = fileURLToPath(new URL(program, programs));
      const child = spawn(
        process.execPath,
        ['--import', preload, file, join(folder, 'connection.json'), ...args],
        {
          env: {
            ...process.env,
            NODE_NO_WARNINGS: '1',
            ADMIN_CENTER_LOCAL_CA_FILE: connection.caFile,
            ...(connection.clock && { LOCAL_RUN_CLOCK: connection.clock.file }),
          },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let last = '';
      for await (const line of createInterface({ input: child.stdout })) {
        last = line;
        onLine(line);
      }
      return JSON.parse(last) as unknown;
    },
    async stop() {
      await host.stop();
      await second?.authority.close();
      await standing.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
