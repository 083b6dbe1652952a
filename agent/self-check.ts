import type { HostCheck } from '#shared/domain/host-check.ts';
import { hostCheckTextLimit } from '#shared/domain/host-check.ts';
import { addPortCommand, arcLines } from './arc-configuration.ts';
import {
  type ArcConfiguration,
  type HostChecks,
  processName,
  type Reading,
  type ServiceState,
  serviceName,
} from './host-checks.ts';
import type { LocalPolicy } from './local-policy.ts';

/** What was tried outbound, `host:port` each, and what of it was not reached. */
export interface Outbound {
  hosts: readonly string[];
  unreachable: readonly { host: string; reason: string }[];
}

/** Everything that the checks look at, read at one time. */
interface Findings {
  isWindows: boolean;
  /** The port that the extension was installed with, and how its service speaks. */
  port: number;
  scheme: 'http' | 'https';
  service: Reading<ServiceState>;
  isProcessRunning: Reading<boolean>;
  registeredPort: Reading<number | undefined>;
  hasExtensionHandler: Reading<boolean>;
  status: Reading<number>;
  arc: Reading<ArcConfiguration | undefined>;
  policy: Reading<LocalPolicy>;
  /** undefined before a first try. */
  outbound: Outbound | undefined;
}

type Outcome = Omit<HostCheck, 'id'>;

const good = (found: string): Outcome => ({ ok: true, found });
const bad = (found: string, next: string): Outcome => ({ ok: false, found, next });
const untold = (found: string): Outcome => ({ ok: null, found });

/** A page that fails on the server's side has not loaded; a refusal to sign in without credentials has. */
const hasLoaded = ({ status }: Findings): boolean => 'known' in status && status.known < 500;

const notOfThisSystem = untold('only Windows has it');
const reinstall = 'uninstall the extension and install it again';

function checkService(findings: Findings): Outcome {
  const { isWindows, service } = findings;
  if (!isWindows) return notOfThisSystem;
  if ('unknown' in service) return untold(service.unknown);
  const found = `${serviceName} is ${service.known}`;
  if (service.known === 'running') return good(found);
  if (service.known === 'starting') return bad(found, 'wait until it runs, then check again');
  if (service.known === 'stopped') return bad(found, `start the service: sc.exe start ${serviceName}`);
  if (hasLoaded(findings)) return untold(`${found}: another application answers`);
  return bad(found, reinstall);
}

function checkLocalhost(findings: Findings): Outcome {
  const { scheme, port, status, registeredPort, isWindows } = findings;
  const answer = 'known' in status ? `answers ${status.known}` : `does not load: ${status.unknown}`;
  const found = `${scheme}://localhost:${port} ${answer}`;
  if (hasLoaded(findings)) return good(found);
  const registered = 'known' in registeredPort ? registeredPort.known : undefined;
  if (registered !== undefined && registered !== port)
    return bad(`${found}; SmePort is ${registered}`, `install the extension again with port ${registered}`);
  return bad(found, isWindows ? 'see the checks below' : `start the service behind port ${port}`);
}

function checkProcess(findings: Findings): Outcome {
  const { isWindows, isProcessRunning: reading } = findings;
  if (!isWindows) return notOfThisSystem;
  if ('unknown' in reading) return untold(reading.unknown);
  const found = `${processName} ${reading.known ? 'runs' : 'does not run'}`;
  if (hasLoaded(findings) || !reading.known) return good(found);
  return bad(`${found}, and the page does not load`, `end it and try again: taskkill /F /IM ${processName}`);
}

/** The last resort, and only when neither a start of the service nor an end of the process is left to be tried. */
function checkInstallation(findings: Findings): Outcome {
  const { isWindows, service, isProcessRunning, registeredPort } = findings;
  if (!isWindows) return notOfThisSystem;
  if ('unknown' in registeredPort) return untold(registeredPort.unknown);
  if (registeredPort.known === undefined)
    return hasLoaded(findings)
      ? untold('the registry has no SmePort: another application answers')
      : bad('the registry has no SmePort', reinstall);
  const found = `SmePort is ${registeredPort.known}`;
  if (hasLoaded(findings)) return good(found);
  if ('unknown' in service || 'unknown' in isProcessRunning)
    return untold(`${found}; the page does not load, and service and process could not be looked at`);
  if (service.known === 'absent') return bad(`${found}, but the service is absent`, reinstall);
  if (service.known !== 'running' || isProcessRunning.known)
    return untold(`${found}; tell after the checks above`);
  return bad(`${found}; the service runs, and the page does not load`, reinstall);
}

/** Setting the list replaces it (requirement 42): where it is too long to be told whole, it is not told in part. */
function commandFor(ports: readonly number[], port: number): string {
  const command = addPortCommand(ports, port);
  if (command.length <= hostCheckTextLimit) return command;
  return `add ${port} to incomingconnections.ports of azcmagent, and keep the ${ports.length} that are there`;
}

/** Each of the two says no alone (requirement 39): what this agent's own policy says is sure and comes first. */
function checkPorts({ port, arc, policy }: Findings): Outcome {
  if ('unknown' in policy) return bad(policy.unknown, 'mend local-policy.json: until then nothing is let in');
  const disabled = 'incomingconnections.enabled is false: nothing is let in';
  const { enabled, ports } = policy.known;
  if (!enabled) return bad(disabled, 'local-policy.json: set incomingconnections.enabled true');
  const own = `incomingconnections.ports of this agent: ${[...ports].join(',')}`;
  if (!ports.has(port)) return bad(own, `local-policy.json: add ${port} to incomingconnections.ports`);
  if ('unknown' in arc) return untold(arc.unknown);
  if (!arc.known) return good(own);
  if (!arc.known.enabled) return bad(disabled, 'azcmagent config set incomingconnections.enabled true');
  const found = arcLines(arc.known.ports);
  return arc.known.ports.includes(port) ? good(found) : bad(found, commandFor(arc.known.ports, port));
}

function checkOutbound({ outbound }: Pick<Findings, 'outbound'>): Outcome {
  if (!outbound || outbound.hosts.length === 0) return untold('nothing was tried yet');
  const { hosts, unreachable } = outbound;
  if (unreachable.length === 0) return good(`reached ${hosts.join(', ')}`);
  const found = unreachable.map(({ host, reason }) => `${host}: ${reason}`).join('; ');
  return bad(`not reached: ${found}`, 'allow these outbound');
}

/**
 * Requirement 54: service or registry of a Windows Admin Center that no extension brought. Undefined where there is
 * none, or where it cannot be told.
 */
function checkManualInstall({
  isWindows,
  service,
  registeredPort,
  hasExtensionHandler,
}: Findings): Outcome | undefined {
  const isHere =
    ('known' in service && service.known !== 'absent') ||
    ('known' in registeredPort && registeredPort.known !== undefined);
  const isManual = 'known' in hasExtensionHandler && !hasExtensionHandler.known;
  if (!isWindows || !isHere || !isManual) return undefined;
  return untold('a Windows Admin Center that no extension installed: to install one replaces it');
}

const checks = [
  ['service', checkService],
  ['localhost', checkLocalhost],
  ['process', checkProcess],
  ['installation', checkInstallation],
  ['ports', checkPorts],
  ['outbound', checkOutbound],
  ['manual-install', checkManualInstall],
] as const satisfies readonly [HostCheck['id'], (findings: Findings) => Outcome | undefined][];

const cut = (text: string): string =>
  text.length > hostCheckTextLimit ? `${text.slice(0, hostCheckTextLimit - 3)}...` : text;

const bounded = (id: HostCheck['id'], { ok, found, next }: Outcome): HostCheck => ({
  id,
  ok,
  found: cut(found),
  ...(next !== undefined && { next: cut(next) }),
});

/** The documented six in their order (requirements 109-114), and `manual-install` where there is one to tell of. */
function judge(findings: Findings): HostCheck[] {
  return checks.flatMap(([id, check]) => {
    const outcome = check(findings);
    if (!outcome) return [];
    return [bounded(id, outcome)];
  });
}

/** The same checks with what was tried outbound since; that is tried by itself, and more often. */
export const withOutbound = (made: readonly HostCheck[], outbound: Outbound | undefined): HostCheck[] =>
  made.map((check) => (check.id === 'outbound' ? bounded('outbound', checkOutbound({ outbound })) : check));

export interface SelfCheckOptions {
  host: HostChecks;
  port: number;
  scheme: 'http' | 'https';
  readPolicy(): Promise<LocalPolicy>;
  /** Tries what this machine needs outbound. */
  tryOutbound(): Promise<Outbound | undefined>;
}

/** Looks at everything once. Never rejects. */
export async function runSelfCheck(options: SelfCheckOptions): Promise<HostCheck[]> {
  const { host, port, scheme } = options;
  const [service, isProcessRunning, registeredPort, hasExtensionHandler, status, arc, policy, outbound] =
    await Promise.all([
      host.serviceState(),
      host.isProcessRunning(),
      host.registeredPort(),
      host.hasExtensionHandler(),
      host.localStatus(scheme, port),
      host.arcConfiguration(),
      options.readPolicy().then(
        (known) => ({ known }),
        () => ({ unknown: 'local-policy.json is damaged' }),
      ),
      options.tryOutbound(),
    ]);
  return judge({
    isWindows: host.isWindows,
    port,
    scheme,
    service,
    isProcessRunning,
    registeredPort,
    hasExtensionHandler,
    status,
    arc,
    policy,
    outbound,
  });
}
