import type { Reporter } from '#local/main-job/reporter.ts';
import { startManagement } from '#local/management/management.ts';
import { createTimeMachine, offsetOf, type TimeMachine } from '#local/management/time-machine.ts';
import * as sample from '#local/samples/sample-data.ts';
import { startTwin, type Twin, type TwinOptions } from '#local/twin.ts';
import type { Child } from './child-process.ts';
import { type Connection, describeConnection } from './connection.ts';
import { createSdkCredential } from './credential.ts';
import type { DataFolder } from './data-folder.ts';
import { type StartedMachine, startHost, startMachine, startProxy } from './processes.ts';
import { provision } from './provision.ts';

export interface StandingTwin {
  twin: Twin;
  connection: Connection;
  /** Only under the manual clock. */
  timeMachine: TimeMachine | undefined;
  stop(): Promise<void>;
}

export type ClockMode = 'system' | 'manual';

/** What stands between the app and the people: one proxy and the sample machines. */
export interface Edge {
  proxy: Child;
  machines: readonly StartedMachine[];
  stop(): Promise<void>;
}

export interface LocalSystem extends StandingTwin, Edge {
  /** Calls back when a process ends that nobody asked to end. */
  onUnexpectedEnd(callback: (name: string, how: string) => void): void;
  /** Ends the host as it stands (a crash when the signal is SIGKILL) and starts it anew on its state. */
  restartHost(signal: NodeJS.Signals): Promise<void>;
}

const seconds = (since: number) => (performance.now() - since) / 1000;

/** Stored times must not lie in the future of a run: a folder that was ahead stays on the manual clock. */
async function openTimeMachine(data: DataFolder, mode: ClockMode): Promise<TimeMachine | undefined> {
  const file = data.file('clock.json');
  if (mode === 'manual') return createTimeMachine(file, await data.port('clock'));
  if (offsetOf(file) === 0) return undefined;
  throw new Error(
    `${data.path} is ahead of real time: it was advanced. Go on with --clock manual, or begin anew with --fresh.`,
  );
}

/** The stand-ins with what a deployment makes in them, their management port, and `connection.json` in the data folder. */
export async function startStandIns(
  data: DataFolder,
  wantedPort: number | undefined,
  report: Reporter,
  mode: ClockMode = 'system',
  options: Omit<TwinOptions, 'clock'> = {},
): Promise<StandingTwin> {
  const began = performance.now();
  const timeMachine = await openTimeMachine(data, mode);
  const port =
    wantedPort === undefined ? await data.port('api', 7071) : await data.exactPort('api', wantedPort);
  const api = `http://localhost:${port}`;
  const sessionPort = await data.port('proxy', 8443);
  const twin = await startTwin(data, api, { ...options, clock: timeMachine?.clock });
  const { relayKey } = await provision({
    addresses: twin.addresses,
    credential: createSdkCredential(twin.addresses.identityEndpoint, data.secret('identity-deployment')),
    cosmosKey: data.secret('cosmos-master-key'),
  });
  // What the deployment asked for is not what somebody who looks inside is looking for.
  for (const { calls } of twin.standIns) calls.reset();
  const token = data.secret('management-token');
  const management = await startManagement({
    port: await data.port('management'),
    token,
    standIns: twin.standIns,
    timeMachine,
  });
  const connection = describeConnection(
    data,
    twin.addresses,
    { api, sessionPort },
    { relayKey, management: { url: management.url, token }, clockFile: timeMachine?.file },
  );
  data.writeJson('connection.json', connection);
  report.step(`${twin.standIns.length} stand-ins of Azure services`, seconds(began));
  return {
    twin,
    connection,
    timeMachine,
    async stop() {
      await management.close();
      await twin.close();
      await timeMachine?.close();
    },
  };
}

/** Starts what needs a control plane that answers already. */
export async function startEdge(
  data: DataFolder,
  connection: Connection,
  report: Reporter,
  samples: readonly sample.SampleMachine[] = sample.sampleMachines,
): Promise<Edge> {
  const began = performance.now();
  const started = await Promise.allSettled([
    startProxy(data, connection),
    ...samples.map((machine) => startMachine(data, connection, machine)),
  ]);
  const children = started.flatMap((one) =>
    one.status === 'fulfilled' ? ['child' in one.value ? one.value.child : one.value] : [],
  );
  const stop = async () => {
    await Promise.all(children.map((child) => child.stop()));
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const values = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const machines = values.flatMap((one) => ('child' in one ? [one] : []));
  const [proxy] = values.flatMap((one) => ('child' in one ? [] : [one]));
  if (!proxy) throw new Error('there is no proxy');
  report.step(`one proxy and ${machines.length} sample machines`, seconds(began));
  return { proxy, machines, stop };
}

export interface SystemOptions {
  /** The samples of Arc machines unless told. */
  machines?: readonly sample.SampleMachine[] | undefined;
  /** Settings of the app that differ from those of a local run. */
  settings?: Readonly<Record<string, string>> | undefined;
}

/** Everything: stand-ins, the app on the embedded host, one proxy, the sample machines. */
export async function startSystem(
  data: DataFolder,
  wantedPort: number | undefined,
  report: Reporter,
  mode: ClockMode = 'system',
  { machines: samples, settings }: SystemOptions = {},
): Promise<LocalSystem> {
  const standing = await startStandIns(data, wantedPort, report, mode);
  const appSettings = { ...standing.connection.appSettings, ...settings };
  const connection = { ...standing.connection, appSettings };
  let host: Child | undefined;
  let edge: Edge | undefined;
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    await edge?.stop();
    await host?.stop();
    await standing.stop();
  };
  try {
    const began = performance.now();
    host = await startHost(data, connection);
    report.step('the app on the embedded Functions host', seconds(began));
    edge = await startEdge(data, connection, report, samples);
    return {
      ...standing,
      ...edge,
      stop,
      onUnexpectedEnd(callback) {
        const watch = async (child: Child) => {
          const how = await child.ended;
          if (!isStopping) callback(child.name, how);
        };
        const machines = edge?.machines.map(({ child }) => child) ?? [];
        for (const child of [host, edge?.proxy, ...machines]) if (child) void watch(child);
      },
      async restartHost(signal) {
        host?.kill(signal);
        await host?.ended;
        host = await startHost(data, connection);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
