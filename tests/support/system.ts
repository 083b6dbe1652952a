import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { type ApiClient, createApiClient } from '#local/main-job/api-client.ts';
import { createReporter } from '#local/main-job/reporter.ts';
import { signIn } from '#local/main-job/sign-in.ts';
import type { Connection } from '#local/run/connection.ts';
import { openDataFolder } from '#local/run/data-folder.ts';
import type { StartedMachine } from '#local/run/processes.ts';
import {
  type ClockMode,
  type SystemOptions,
  startEdge,
  startSystem as startWhole,
} from '#local/run/system.ts';
import * as sample from '#local/samples/sample-data.ts';
import { chooseOwnPorts } from './own-ports.ts';

type SampleRole =
  | 'Administrator'
  | 'Operator'
  | 'Owner'
  | 'Stranger'
  | 'Reader'
  | 'Installer'
  | 'Approver'
  | 'Auditor';

/** The system under test, seen from outside: an address, `connection.json`, and the machines. */
export interface SystemUnderTest {
  baseUrl: string;
  connection: Connection;
  accounts: typeof sample.accounts;
  machines: readonly StartedMachine[];
  /** The API as this sample account uses it, signed in. */
  as(role: SampleRole): Promise<ApiClient & { token: string }>;
  /** Absent when the host under test was started by somebody else. */
  restartHost?(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

const report = createReporter({ json: false, write: (line) => console.log(line), colours: false });

/**
 * Starts the whole system in a temporary folder. With BASE_URL and ADMIN_CENTER_CONNECTION (the file that
 * `npm run twin` writes) the app on any Functions host is tested instead; proxy and machines are started beside it.
 */
export async function startSystem(): Promise<SystemUnderTest> {
  const baseUrl = process.env['ADMIN_CENTER_BASE_URL'];
  return baseUrl === undefined ? startOwn() : attach(baseUrl);
}

/** The whole system on this computer, whatever runs elsewhere. */
export async function startOwn(
  mode: ClockMode = 'system',
  options: SystemOptions = {},
): Promise<SystemUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'admin-center-'));
  const data = await openDataFolder(folder, { fresh: false });
  await chooseOwnPorts(data);
  setDefaultCACertificates([...getCACertificates('default'), data.root.cert]);
  const system = await startWhole(data, undefined, report, mode, options);
  return {
    ...facesOf(system.connection.api, system.connection),
    machines: system.machines,
    restartHost: (signal) => system.restartHost(signal),
    async stop() {
      await system.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function attach(baseUrl: string): Promise<SystemUnderTest> {
  const file = process.env['ADMIN_CENTER_CONNECTION'];
  if (!file) throw new Error('BASE_URL needs ADMIN_CENTER_CONNECTION, the path of connection.json');
  const connection = JSON.parse(readFileSync(file, 'utf8')) as Connection;
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(connection.caFile, 'utf8')]);
  const data = await openDataFolder(dirname(file), { fresh: false });
  const edge = await startEdge(data, connection, report);
  return { ...facesOf(baseUrl, connection), machines: edge.machines, stop: () => edge.stop() };
}

function facesOf(baseUrl: string, connection: Connection) {
  return {
    baseUrl,
    connection,
    accounts: sample.accounts,
    async as(role: string) {
      const account = sample.accounts.find(({ displayName }) => displayName === role);
      if (!account) throw new Error(`there is no sample account ${role}`);
      const token = await signIn(connection.entra.origin, account.userPrincipalName);
      return { ...createApiClient(baseUrl, token), token };
    },
  };
}

/** The machine at this place in the list, which is there. */
export function machineAt(system: SystemUnderTest, index: number): StartedMachine {
  const machine = system.machines[index];
  if (!machine) throw new Error(`there is no sample machine ${index}`);
  return machine;
}
