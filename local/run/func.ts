import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, cp } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '#local/kit/free-port.ts';
import type { Reporter } from '#local/main-job/reporter.ts';
import { build } from '#tools/build.ts';
import { startChild } from './child-process.ts';
import type { DataFolder } from './data-folder.ts';
import { startEdge, startStandIns } from './system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const howToGetFunc = `Core Tools' \`func\` is not on the PATH, and this command runs the app on it.
Get it with your package manager (azure-functions-core-tools, version 4) or: npm install --global azure-functions-core-tools@4
Everything else runs without it: npm start.`;

/** Azurite is large and only this command needs it: it gets a folder of its own, and a pin that its tree lacks. */
const azurite = {
  name: 'azurite-for-func',
  private: true,
  dependencies: { azurite: '3.37.0' },
  overrides: { applicationinsights: '3.16.0' },
};

async function installAzurite(data: DataFolder, report: Reporter): Promise<string> {
  const folder = data.file('azurite');
  mkdirSync(folder, { recursive: true });
  writeFileSync(data.file('azurite', 'package.json'), JSON.stringify(azurite, null, 2));
  report.note('installing Azurite (once)');
  const installed = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (installed.status !== 0) throw new Error('Azurite could not be installed; npm says why above');
  return data.file('azurite', 'node_modules', 'azurite', 'dist', 'src', 'azurite.js');
}

/** The same build on Microsoft's own host: Core Tools with Azurite, against the stand-ins. Answers an exit code. */
export async function runFunc(data: DataFolder, port: number | undefined, report: Reporter): Promise<number> {
  if (spawnSync('func', ['--version']).error) {
    console.error(howToGetFunc);
    return 2;
  }
  await build();
  const standing = await startStandIns(data, port, report);
  const entry = await installAzurite(data, report);
  const [blob, queue, table] = [await freePort(), await freePort(), await freePort()];
  const account = 'admincenter';
  const storage = await startChild({
    name: 'azurite',
    args: [
      entry,
      '--silent',
      '--location',
      data.file('azurite', 'data'),
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--blobPort',
      String(blob),
      '--queuePort',
      String(queue),
      '--tablePort',
      String(table),
    ],
    env: { ...process.env, AZURITE_ACCOUNTS: `${account}:${data.secret('azurite')}` },
    cwd: root,
    logFile: data.file('logs', 'azurite.log'),
    ready: /Table service is successfully listening/,
  });
  const app = data.file('func-app');
  await cp(`${root}/dist`, app, { recursive: true });
  await copyFile(`${root}/local/kit/preload.mjs`, `${app}/preload.mjs`);
  const address = `AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==`;
  const settings = {
    ...standing.connection.appSettings,
    AzureWebJobsStorage: `DefaultEndpointsProtocol=http;${address};BlobEndpoint=http://127.0.0.1:${blob}/${account};QueueEndpoint=http://127.0.0.1:${queue}/${account};TableEndpoint=http://127.0.0.1:${table}/${account};`,
    NODE_EXTRA_CA_CERTS: data.caFile,
    AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'AzureStorage',
    languageWorkers__node__arguments: `--import file://${app}/preload.mjs`,
  };
  writeFileSync(
    `${app}/local.settings.json`,
    JSON.stringify({ IsEncrypted: false, Values: settings }, null, 2),
    { mode: 0o600 },
  );
  const func = spawn('func', ['start', '--port', new URL(standing.connection.api).port], {
    cwd: app,
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  const ended = new Promise<number>((resolve) => func.once('exit', (status) => resolve(status ?? 1)));
  const edge = await Promise.race([whenHealthy(standing.connection.api), ended]).then((answer) =>
    answer === undefined ? startEdge(data, standing.connection, report) : undefined,
  );
  const code = await ended;
  await edge?.stop();
  await storage.stop();
  await standing.stop();
  return code;
}

/** Core Tools takes its time to load extensions; it says what it does meanwhile. */
async function whenHealthy(api: string): Promise<void> {
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    const answer = await fetch(`${api}/api/health`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(500);
  }
  throw new Error('func start does not answer after three minutes');
}
