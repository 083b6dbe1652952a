import type { Child } from './child-process.ts';
import { type Connection, describeConnection } from './connection.ts';
import { createSdkCredential } from './credential.ts';
import type { DataFolder } from './data-folder.ts';
import { type StartedMachine, startHost, startMachine, startProxy } from './processes.ts';
import { provision } from './provision.ts';
import type { Reporter } from './reporter.ts';
import * as sample from './sample-data.ts';
import { startTwin, type Twin } from './twin.ts';

export interface StandingTwin {
  twin: Twin;
  connection: Connection;
  hostPort: number;
  stop(): Promise<void>;
}

export interface LocalSystem extends StandingTwin {
  host: Child;
  proxy: Child;
  machines: readonly StartedMachine[];
  /** Ends the host as it stands (a crash when the signal is SIGKILL) and starts it anew on its state. */
  restartHost(signal: NodeJS.Signals): Promise<void>;
}

const seconds = (since: number) => (performance.now() - since) / 1000;

/** The stand-ins with what a deployment makes in them, and `connection.json` in the data folder. */
export async function startStandIns(
  data: DataFolder,
  wantedPort: number | undefined,
  report: Reporter,
): Promise<StandingTwin> {
  const began = performance.now();
  const hostPort = await data.port('api', wantedPort ?? 7071);
  const sessionPort = await data.port('proxy', 8443);
  const api = `http://localhost:${hostPort}`;
  const twin = await startTwin(data, api);
  await provision({
    addresses: twin.addresses,
    credential: createSdkCredential(twin.addresses.identityEndpoint, data.secret('identity-deployment')),
    cosmosKey: data.secret('cosmos-master-key'),
  });
  const connection = describeConnection(data, twin.addresses, { api, sessionPort });
  data.writeJson('connection.json', connection);
  report.step(`${twin.standIns.length} stand-ins of Azure services`, seconds(began));
  return { twin, connection, hostPort, stop: () => twin.close() };
}

/** Everything: stand-ins, the app on the embedded host, one proxy, the sample machines. */
export async function startSystem(
  data: DataFolder,
  wantedPort: number | undefined,
  report: Reporter,
): Promise<LocalSystem> {
  const standing = await startStandIns(data, wantedPort, report);
  const { twin, connection, hostPort } = standing;
  const children: Child[] = [];
  const stop = async () => {
    await Promise.all(children.toReversed().map((child) => child.stop()));
    await standing.stop();
  };
  try {
    const launchHost = async () => {
      const host = await startHost(data, hostPort, connection.appSettings);
      children.push(host);
      return host;
    };
    const began = performance.now();
    let host = await launchHost();
    report.step('the app on the embedded Functions host', seconds(began));
    const beganRest = performance.now();
    const [proxy, ...machines] = await Promise.all([
      startProxy(data, twin.addresses, connection.api, connection.sessionPort),
      ...sample.sampleMachines.map((machine) => startMachine(data, twin.addresses, machine)),
    ]);
    children.push(proxy, ...machines.map(({ child }) => child));
    report.step(`one proxy and ${machines.length} sample machines`, seconds(beganRest));
    return {
      ...standing,
      get host() {
        return host;
      },
      proxy,
      machines,
      stop,
      async restartHost(signal) {
        children.splice(children.indexOf(host), 1);
        host.kill(signal);
        await host.ended;
        host = await launchHost();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
