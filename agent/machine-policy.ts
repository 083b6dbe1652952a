import type { ServiceName } from '#shared/domain/machine.ts';
import type { AgentReport } from '#shared/protocol/agent-messages.ts';
import { type ArcReading, watchArcConfiguration } from './arc-watch.ts';
import { type LocalPolicy, type PolicyWatch, watchPolicy } from './local-policy.ts';

/** As many ports as a report tells of. */
const maxToldPorts = 100;

type PolicyRefusal = 'remote_access_disabled' | 'port_not_allowed';

/** The machine's own word from both its sources: each of them says no alone (requirement 39). */
export interface MachinePolicy {
  /** `local-policy.json`. */
  own: LocalPolicy;
  /** The Arc agent's configuration; undefined where there is no Arc agent. */
  arc: LocalPolicy | undefined;
}

const denied: LocalPolicy = { enabled: false, ports: new Set() };
export const nothingAllowed: MachinePolicy = { own: denied, arc: undefined };

/** What cannot be read allows nothing. */
export function policyOf(reading: ArcReading): LocalPolicy | undefined {
  if ('unknown' in reading) return denied;
  return reading.known && { enabled: reading.known.enabled, ports: new Set(reading.known.ports) };
}

/**
 * Why nobody gets to a service that is reached by `port` and listens on `localPort`; undefined when the machine lets
 * people in. The Arc agent knows of the first port alone.
 */
export function policyRefusal(
  { own, arc }: MachinePolicy,
  port: number,
  localPort = port,
): PolicyRefusal | undefined {
  if (!own.enabled || arc?.enabled === false) return 'remote_access_disabled';
  const isListed = own.ports.has(port) && own.ports.has(localPort) && (arc?.ports.has(port) ?? true);
  return isListed ? undefined : 'port_not_allowed';
}

/** Both sources together, as reports tell it. */
export function summaryOf({ own, arc }: MachinePolicy): NonNullable<AgentReport['policy']> {
  const ports = [...own.ports].filter((port) => arc?.ports.has(port) ?? true);
  return {
    enabled: own.enabled && (arc?.enabled ?? true),
    ports: ports.toSorted((left, right) => left - right).slice(0, maxToldPorts),
  };
}

export interface MachinePolicyOptions {
  dataDirectory: string;
  installedPorts: readonly number[];
  readArc(): Promise<ArcReading>;
  arcFolder: string;
  onChange(policy: MachinePolicy): void;
  /** One of the two cannot be read, so that nothing is let in. */
  onDamage(error: unknown): void;
}

export interface MachinePolicyWatch {
  current(): MachinePolicy;
  close(): void;
}

/** Reads both sources at once and follows them. */
export async function watchMachinePolicy(options: MachinePolicyOptions): Promise<MachinePolicyWatch> {
  const { dataDirectory, installedPorts, onChange, onDamage } = options;
  const tellDamage = (reading: ArcReading) => {
    if ('unknown' in reading) onDamage(new Error(`the Arc agent’s configuration: ${reading.unknown}`));
  };
  const watched: { own?: PolicyWatch } = {};
  const current = (): MachinePolicy => ({
    own: watched.own?.current() ?? denied,
    arc: policyOf(arc.current()),
  });
  const arc = await watchArcConfiguration({
    read: options.readArc,
    folder: options.arcFolder,
    onChange(reading) {
      tellDamage(reading);
      onChange(current());
    },
  });
  tellDamage(arc.current());
  watched.own = await watchPolicy({
    dataDirectory,
    installedPorts,
    onChange: () => onChange(current()),
    onDamage,
  });
  return {
    current,
    close() {
      watched.own?.close();
      arc.close();
    },
  };
}

/** The configured services that nobody gets to. */
export const blockedBy = (
  policy: MachinePolicy,
  services: readonly { name: ServiceName; port: number }[],
  localPortOf: (service: string, port: number) => number,
): ServiceName[] =>
  services
    .filter(({ name, port }) => policyRefusal(policy, port, localPortOf(name, port)) !== undefined)
    .map(({ name }) => name);
