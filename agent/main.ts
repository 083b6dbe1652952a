import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { createRelayListener } from '#shared/adapters/relay/relay-tunnel-listener.ts';
import { createLogger } from '#shared/runtime/logger.ts';
import { runAgent } from './agent.ts';
import { arcProgram } from './arc-configuration.ts';
import { checkMachine } from './check-command.ts';
import { writeChecks } from './check-page.ts';
import { type BundleWishes, readCommand, usage } from './command-line.ts';
import { ensurePrivateDirectory } from './durable-file.ts';
import { forgetVisitors } from './forget-command.ts';
import { checkUnixHookFile, createWindowsHookCheck } from './hook-file.ts';
import { nothingToControl } from './host-control.ts';
import { createIdentityHook, type RunHook } from './identity-hook.ts';
import { readMachineToken } from './machine-identity.ts';
import { openRecentEvents, type RecentEvents } from './recent-events.ts';
import { runTool } from './run-tool.ts';
import { type AgentSettings, readSettings } from './settings.ts';
import { createUnixHostChecks } from './unix-host-checks.ts';
import { agentVersion } from './version.ts';
import { createWindowsHostChecks } from './windows-host-checks.ts';
import { createWindowsHostControl } from './windows-host-control.ts';

/** The last report has this long; the platform ends a service that takes longer to stop. */
const stopMs = 3_000;

/** Adds roots to those that every TLS client of this process trusts. */
function trust(caFile: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(caFile, 'utf8')]);
}

async function open(file: string): Promise<AgentSettings> {
  const settings = await readSettings(file);
  if (settings.caFile !== undefined) trust(settings.caFile);
  return settings;
}

const host =
  process.platform === 'win32'
    ? createWindowsHostChecks({ run: runTool, environment: process.env })
    : createUnixHostChecks(runTool, process.env);

const control =
  process.platform === 'win32'
    ? createWindowsHostControl({ run: runTool, environment: process.env })
    : nothingToControl;

const checkHookFile =
  process.platform === 'win32' ? createWindowsHookCheck(runTool, process.env) : checkUnixHookFile;

const hookOf = ({ dataDirectory, identityHook: name }: AgentSettings): RunHook | undefined =>
  name === undefined
    ? undefined
    : createIdentityHook({ dataDirectory, name, checkFile: checkHookFile, environment: process.env });

/** Runs until it is told to stop; it logs how it ends. */
function run(configFile: string): void {
  let recent: RecentEvents | undefined;
  const logger = createLogger({
    write(line) {
      process.stdout.write(line);
      recent?.add(line);
    },
    level: process.env['ADMIN_CENTER_LOG_LEVEL'] === 'debug' ? 'debug' : 'info',
    now: Date.now,
  });
  const stopping = new AbortController();

  function end(code: number): void {
    logger.log('process.stopped', { code });
    process.exit(code);
  }

  function fail(error: unknown): void {
    logger.log('process.failed', { error });
    process.exit(1);
  }

  function stop(): void {
    stopping.abort();
    setTimeout(end, stopMs, 0);
  }

  async function work(): Promise<void> {
    const settings = await open(configFile);
    await ensurePrivateDirectory(settings.dataDirectory);
    recent = openRecentEvents(settings.dataDirectory);
    logger.log('process.started', { program: 'agent', version: agentVersion });
    await runAgent({
      settings,
      logger,
      signal: stopping.signal,
      host,
      control,
      runHook: hookOf(settings),
      readMachineToken,
      openTunnel: (relay, token, now) => createRelayListener({ ...relay, token, now, random: Math.random }),
    });
  }

  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  work().then(() => end(0), fail);
}

/** Prints what it found. Exit code 0: nothing is amiss; 1: a check failed, or the settings could not be read. */
async function check(configFile: string, isJson: boolean): Promise<void> {
  try {
    const checks = await checkMachine(await open(configFile), host);
    process.stdout.write(isJson ? `${JSON.stringify({ checks }, null, 2)}\n` : writeChecks(checks));
    process.exitCode = checks.some(({ ok }) => ok === false) ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** Writes the support bundle and says what is in it and what is not. Exit code 0, or 1 when it could not be written. */
async function bundle(configFile: string, { out, azcmagent, keepsUsers }: BundleWishes): Promise<void> {
  try {
    const settings = await open(configFile);
    const { writeBundle } = await import('./bundle-command.ts');
    const { file, bytes, names, leftOut } = await writeBundle({
      settings,
      host,
      run: runTool,
      ...(azcmagent && { arcProgram: arcProgram(process.platform, process.env) }),
      keepsUsers,
      ...(out !== undefined && { out }),
      now: new Date(),
    });
    const lines = [
      '',
      'In it:',
      ...names.map((name) => `  ${name}`),
      '',
      'Left out:',
      ...leftOut.map((one) => `  ${one}`),
    ];
    process.stdout.write(
      `Wrote ${file}, ${Math.ceil(bytes / 1024)} KB.\n${lines.join('\n')}\n\nLook through it before you share it.\n`,
    );
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** Removes the accounts of visitors. Exit code 0, or 1 when one of them is left. */
async function forget(configFile: string): Promise<void> {
  try {
    const settings = await open(configFile);
    const failures = await forgetVisitors(settings, hookOf(settings));
    for (const failure of failures) process.stderr.write(`${failure}\n`);
    process.exitCode = failures.length > 0 ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function main(args: string[]): void {
  const command = readCommand(args);
  if (command?.name === 'run') run(command.config);
  else if (command?.name === 'check') void check(command.config, command.isJson);
  else if (command?.name === 'forget') void forget(command.config);
  else if (command?.name === 'bundle') void bundle(command.config, command);
  else {
    process.stderr.write(usage);
    process.exitCode = 2;
  }
}

main(process.argv.slice(2));
