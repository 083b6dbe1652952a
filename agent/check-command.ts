import { join } from 'node:path';
import { addressOf, writeHost } from '#shared/domain/egress.ts';
import type { HostCheck } from '#shared/domain/host-check.ts';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import { createClock } from './clock.ts';
import { createControlPlane } from './control-plane.ts';
import { readIfPresent } from './durable-file.ts';
import { checkEgress } from './egress-check.ts';
import type { HostChecks } from './host-checks.ts';
import { openIdentity } from './identity.ts';
import { readPolicy } from './local-policy.ts';
import { findManualInstall } from './manual-install.ts';
import { type Outbound, runSelfCheck } from './self-check.ts';
import { type AgentSettings, installedPortsOf, localPortOf } from './settings.ts';

/** Each host has a few seconds, and all of them together this long. */
const outboundMs = 30_000;

/** What the control plane tells this machine to reach; nothing before it has enrolled, or while that is away. */
async function hostsOfState({
  dataDirectory,
  controlPlane: origin,
  resourceId,
}: AgentSettings): Promise<string[]> {
  if ((await readIfPresent(join(dataDirectory, 'identity.json'))) === undefined) return [];
  const { signingKey } = await openIdentity(dataDirectory);
  const controlPlane = createControlPlane({
    origin,
    machineId: machineIdOf(resourceId),
    signingKey,
    clock: createClock(),
    signal: AbortSignal.timeout(10_000),
    onClockChange: () => undefined,
  });
  return (await controlPlane.readState()).egress ?? [];
}

/** Tries what this machine connects to, as far as it is known. */
export async function tryOutbound(settings: AgentSettings): Promise<Outbound> {
  const { controlPlane } = settings;
  const others = await hostsOfState(settings).catch(() => []);
  const hosts = [...new Set([writeHost(addressOf(controlPlane)), ...others])];
  const signal = AbortSignal.timeout(outboundMs);
  return { hosts, unreachable: await checkEgress(hosts, { controlPlane, signal }) };
}

/** The checks of the installed agent, made by a process of its own: the agent need not run. */
export async function checkMachine(
  settings: AgentSettings,
  host: HostChecks,
  outbound: () => Promise<Outbound> = () => tryOutbound(settings),
): Promise<HostCheck[]> {
  return runSelfCheck({
    host,
    port: Number(settings.port),
    localPort: localPortOf(settings),
    scheme: settings.targetScheme,
    readPolicy: () => readPolicy(settings.dataDirectory, installedPortsOf(settings)),
    tryOutbound: outbound,
    findManual: () => findManualInstall(host, settings.dataDirectory),
    // The agent listens, and this is another process: what it says is in its reports.
    listener: () => undefined,
  });
}
