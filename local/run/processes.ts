import { fileURLToPath } from 'node:url';
import * as sample from '#local/samples/sample-data.ts';
import { type Child, startChild } from './child-process.ts';
import type { Connection } from './connection.ts';
import type { DataFolder } from './data-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const preload = ['--import', new URL('../kit/preload.mjs', import.meta.url).href];

/** What our children need of our own environment, and nothing else of it. */
function baseEnvironment(data: DataFolder, { clock }: Connection): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LANG', 'TZ'];
  const inherited = Object.fromEntries(kept.map((name) => [name, process.env[name]]));
  return {
    ...inherited,
    ADMIN_CENTER_LOCAL_CA_FILE: data.caFile,
    NODE_NO_WARNINGS: '1',
    ...(clock && { LOCAL_RUN_CLOCK: clock.file }),
  };
}

const log = (data: DataFolder, name: string) => data.file('logs', `${name}.log`);

/** The embedded Functions host with the built app. */
export function startHost(data: DataFolder, connection: Connection): Promise<Child> {
  return startChild({
    name: 'functions host',
    args: [
      ...preload,
      'local/functions-host/main.ts',
      '--app',
      'dist',
      '--port',
      new URL(connection.api).port,
      '--state',
      data.file('state', 'functions-host.sqlite'),
      // As under Core Tools: on a developer's loopback the admin routes need no key.
      '--no-admin-key',
    ],
    env: { ...baseEnvironment(data, connection), ...connection.appSettings },
    cwd: root,
    logFile: log(data, 'functions-host'),
    ready: /^ready /,
  });
}

export function startProxy(data: DataFolder, connection: Connection): Promise<Child> {
  return startChild({
    name: 'proxy',
    args: [...preload, 'dist/proxy/main.js'],
    env: {
      ...baseEnvironment(data, connection),
      ADMIN_CENTER_API_URL: connection.api,
      ADMIN_CENTER_API_AUDIENCE: `api://${sample.apiClientId}`,
      ADMIN_CENTER_RELAY_HOST: connection.relay.host,
      ADMIN_CENTER_SERVICE_BUS_HOST: connection.serviceBus.host,
      ADMIN_CENTER_SERVICE_BUS_ENDPOINT: connection.serviceBus.endpoint,
      ADMIN_CENTER_PROXY_LISTEN: `127.0.0.1:${connection.sessionPort}`,
      IDENTITY_ENDPOINT: connection.managedIdentity.endpoint,
      IDENTITY_HEADER: connection.managedIdentity.headers.proxy,
    },
    cwd: root,
    logFile: log(data, 'proxy'),
    ready: /"event":"proxy.listened"/,
  });
}

export interface StartedMachine extends sample.SampleMachine {
  child: Child;
  /** Port of its web application. */
  port: number;
  /** Where the agent keeps its certificates, a file a machine name. */
  agentCertificates: string;
}

/** One sample machine: its extension host, which starts an agent once the extension is there, and its web application. */
export async function startMachine(
  data: DataFolder,
  connection: Connection,
  machine: sample.SampleMachine,
): Promise<StartedMachine> {
  const port = await data.port(`machine-${machine.name}`, machine.preferredPort);
  const folder = ['machines', machine.name];
  data.writeJson(`${machine.name}.json`, {
    name: machine.name,
    machineId: machine.resourceId,
    armEndpoint: connection.resourceManager.endpoint,
    dataDirectory: data.file(...folder),
    appPort: port,
    ...(machine.isAppBehind && { isAppBehind: true }),
    agentEntry: fileURLToPath(new URL('../../dist/agent/main.js', import.meta.url)),
    deployment: { controlPlane: connection.api, audience: sample.apiClientId },
  });
  const child = await startChild({
    name: machine.name,
    args: [...preload, 'local/sample-machine/main.ts', '--config', data.file(`${machine.name}.json`)],
    env: {
      ...baseEnvironment(data, connection),
      IDENTITY_ENDPOINT: connection.managedIdentity.endpoint,
      IDENTITY_HEADER: data.secret(`identity-${machine.name}`),
    },
    cwd: root,
    logFile: log(data, machine.name),
    ready: /ready/,
  });
  return { ...machine, child, port, agentCertificates: data.file(...folder, 'agent', 'certificates') };
}
