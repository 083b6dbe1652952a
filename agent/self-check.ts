import type { HostCheck } from '#shared/domain/host-check.ts';
import { hostCheckTextLimit } from '#shared/domain/host-check.ts';
import { addPortCommand, arcLines } from './arc-configuration.ts';
import { bad, good, type Outcome, untold } from './check-outcome.ts';
import {
  type ArcConfiguration,
  type HostChecks,
  processName,
  type Reading,
  type ServiceState,
  serviceName,
} from './host-checks.ts';
import type { LocalPolicy } from './local-policy.ts';
import { checkManualInstall, type ManualFinding } from './manual-install.ts';

/** What was tried outbound, `host:port` each, and what of it was not reached. */
export interface Outbound {
  hosts: readonly string[];
  unreachable: readonly { host: string; reason: string }[];
}

/** Everything that the checks look at, read at one time. */
interface Findings {
  isWindows: boolean;
  /** The port that the extension was installed with, where its service listens, and how that speaks. */
  port: number;
  localPort: number;
  scheme: 'http' | 'https';
  service: Reading<ServiceState>;
  isProcessRunning: Reading<boolean>;
  registeredPort: Reading<number | undefined>;
  status: Reading<number>;
  arc: Reading<ArcConfiguration | undefined>;
  policy: Reading<LocalPolicy>;
}

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
  const { scheme, localPort: port, status, registeredPort, isWindows } = findings;
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
function checkPorts({ port, localPort, arc, policy }: Findings): Outcome {
  if ('unknown' in policy) return bad(policy.unknown, 'mend local-policy.json: until then nothing is let in');
  const disabled = 'incomingconnections.enabled is false: nothing is let in';
  const { enabled, ports } = policy.known;
  if (!enabled) return bad(disabled, 'local-policy.json: set incomingconnections.enabled true');
  const own = `incomingconnections.ports of this agent: ${[...ports].join(',')}`;
  const missing = [port, localPort].find((one) => !ports.has(one));
  if (missing !== undefined)
    return bad(own, `local-policy.json: add ${missing} to incomingconnections.ports`);
  if ('unknown' in arc)
    return bad(arc.unknown, 'until the agent can read the configuration of azcmagent nothing is let in');
  if (!arc.known) return good(own);
  if (!arc.known.enabled) return bad(disabled, 'azcmagent config set incomingconnections.enabled true');
  const found = arcLines(arc.known.ports);
  return arc.known.ports.includes(port) ? good(found) : bad(found, commandFor(arc.known.ports, port));
}

/** Undefined before a first try. */
function checkOutbound({ outbound }: Pick<Changing, 'outbound'>): Outcome {
  if (!outbound || outbound.hosts.length === 0) return untold('nothing was tried yet');
  const { hosts, unreachable } = outbound;
  if (unreachable.length === 0) return good(`reached ${hosts.join(', ')}`);
  const found = unreachable.map(({ host, reason }) => `${host}: ${reason}`).join('; ');
  return bad(`not reached: ${found}`, 'allow these outbound');
}

/** Direct mode: where the agent itself is to listen, and why it does not. */
export interface ListenerFinding {
  /** `address:port`. */
  at: string;
  failure?: string;
}

function checkListener(listener: ListenerFinding | undefined): Outcome | undefined {
  if (!listener) return undefined;
  const { at, failure } = listener;
  return failure === undefined
    ? good(`the agent listens on ${at}`)
    : bad(`the agent cannot listen on ${at}: ${failure}`, 'free the port, or install again with another');
}

/** What changes between two checks, as it is now. */
export interface Changing {
  outbound: Outbound | undefined;
  manual: ManualFinding;
  /** undefined where the agent does not listen. */
  listener: ListenerFinding | undefined;
}

const documented = [
  ['service', checkService],
  ['localhost', checkLocalhost],
  ['process', checkProcess],
  ['installation', checkInstallation],
  ['ports', checkPorts],
] as const satisfies readonly [HostCheck['id'], (findings: Findings) => Outcome][];

const cut = (text: string): string =>
  text.length > hostCheckTextLimit ? `${text.slice(0, hostCheckTextLimit - 3)}...` : text;

const bounded = (id: HostCheck['id'], { ok, found, next }: Outcome): HostCheck => ({
  id,
  ok,
  found: cut(found),
  ...(next !== undefined && { next: cut(next) }),
});

/** The sixth of the documented ones, and what there is to tell of beside them. */
function judgeChanging({ outbound, manual, listener }: Changing): HostCheck[] {
  const outcomes = [
    ['outbound', checkOutbound({ outbound })],
    ['manual-install', checkManualInstall(manual)],
    ['listener', checkListener(listener)],
  ] as const;
  return outcomes.flatMap(([id, outcome]) => (outcome ? [bounded(id, outcome)] : []));
}

/** The same checks with what was found since. */
export const withLatest = (made: readonly HostCheck[], latest: Changing): HostCheck[] => {
  const changing = judgeChanging(latest);
  const stays = documented.map(([id]): HostCheck['id'] => id);
  return [...made.filter(({ id }) => stays.includes(id)), ...changing];
};

export interface SelfCheckOptions {
  host: HostChecks;
  /** By which the service is reached, and where it listens. */
  port: number;
  localPort: number;
  scheme: 'http' | 'https';
  readPolicy(): Promise<LocalPolicy>;
  /** Tries what this machine needs outbound. */
  tryOutbound(): Promise<Outbound | undefined>;
  findManual(): Promise<ManualFinding>;
  listener(): ListenerFinding | undefined;
}

/** Looks at everything once. Never rejects. */
export async function runSelfCheck(options: SelfCheckOptions): Promise<HostCheck[]> {
  const { host, port, localPort, scheme } = options;
  const [service, isProcessRunning, registeredPort, status, arc, policy, outbound, manual] =
    await Promise.all([
      host.serviceState(),
      host.isProcessRunning(),
      host.registeredPort(),
      host.localStatus(scheme, localPort),
      host.arcConfiguration(),
      options.readPolicy().then(
        (known) => ({ known }),
        () => ({ unknown: 'local-policy.json is damaged' }),
      ),
      options.tryOutbound(),
      options.findManual(),
    ]);
  const findings: Findings = {
    isWindows: host.isWindows,
    port,
    localPort,
    scheme,
    service,
    isProcessRunning,
    registeredPort,
    status,
    arc,
    policy,
  };
  return [
    ...documented.map(([id, check]) => bounded(id, check(findings))),
    ...judgeChanging({ outbound, manual, listener: options.listener() }),
  ];
}
