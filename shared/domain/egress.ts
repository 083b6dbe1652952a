/** Who opens connections: the agent on a machine, a person's browser or command line, or the control plane itself. */
export const egressRoles = ['machine', 'workstation', 'control-plane'] as const;
export type EgressRole = (typeof egressRoles)[number];

/** A host that the platform's own agent needs on a machine, beside ours (requirement 30). */
export interface PlatformHost {
  host: string;
  port: number;
  /** Where it serves one Azure region only. */
  region?: string;
}

/** What of the running configuration leads to hosts. Addresses are with or without a scheme and a port. */
export interface EgressConfiguration {
  /** Origin of the API. */
  api: string;
  /** Where sign-in is, its own path left aside. */
  authority: string;
  serviceBus: string;
  /** Where the bus is reached, if that is elsewhere. */
  serviceBusEndpoint?: string | undefined;
  relay: string;
  zone: string;
  /** What the machines' names point at, and the port there. */
  proxyTarget: string;
  sessionPort: number;
  resourceManager: string;
  cosmos: string;
  vault: string;
  certificateAuthorities: readonly { name: string; directory?: string | undefined }[];
  /** DNS resolvers, `address:port` each. */
  resolvers: readonly string[];
  platformHosts: readonly PlatformHost[];
  /** The Azure regions that are served; none where every region is. */
  regions: readonly string[];
}

export interface Destination {
  role: EgressRole;
  /** A concrete name or address; only session names, which nobody can list beforehand, are a wildcard. */
  host: string;
  port: number;
  protocol: 'https' | 'http' | 'wss' | 'amqps' | 'tls' | 'dns';
  why: string;
  /** Without it nothing of this role works; otherwise `why` says what does not. */
  always: boolean;
  /** The one Azure region that needs it; null: all do. */
  region: string | null;
}

interface Address {
  host: string;
  port: number;
  isPlain: boolean;
}

/** Reads `scheme://host:port/...`, `host:port` or a host; 443 where nothing else is said, 80 for `http:`. */
export function addressOf(text: string, usualPort = 443): Address {
  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)/i.exec(text) ?? [];
  const isPlain = scheme.toLowerCase() === 'http';
  const isBareIpv6 = /^[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*$/i.test(rest);
  const [, host = rest, port] = isBareIpv6 ? [] : (/^(\[[^\]]+\]|[^:]*):(\d+)$/.exec(rest) ?? []);
  return {
    host: host.replace(/^\[|\]$/g, '').toLowerCase(),
    port: port === undefined ? (isPlain ? 80 : usualPort) : Number(port),
    isPlain,
  };
}

type Row = Omit<Destination, 'role' | 'always' | 'region'> & Partial<Destination>;

const web = (text: string, why: string): Row => {
  const { host, port, isPlain } = addressOf(text);
  return { host, port, protocol: isPlain ? 'http' : 'https', why };
};

function ofMachine(configuration: EgressConfiguration): Row[] {
  const { api, serviceBus, serviceBusEndpoint, relay, platformHosts } = configuration;
  const bus = addressOf(serviceBusEndpoint ?? serviceBus);
  const link = addressOf(relay);
  return [
    web(api, 'the service: enrolment, desired state, certificates, and the connectivity test GET /'),
    { host: bus.host, port: bus.port, protocol: 'wss', why: 'events and reports: AMQP over WebSockets' },
    { host: link.host, port: link.port, protocol: 'wss', why: 'sessions: the machine listens on the relay' },
    ...platformHosts.map(({ host, port, region }) => ({
      host: host.toLowerCase(),
      port,
      protocol: 'https' as const,
      why: 'the platform’s own agent: roles, notifications and extensions',
      always: false,
      region: region ?? null,
    })),
  ];
}

function ofWorkstation(configuration: EgressConfiguration): Row[] {
  const { api, authority, zone, proxyTarget, sessionPort } = configuration;
  const session = { port: sessionPort, protocol: 'https' } as const;
  return [
    web(api, 'portal and API'),
    web(authority, 'sign-in'),
    { ...session, host: `*.${zone}`, why: 'sessions: each has a name of its own below the zone' },
    { ...session, host: zone, why: 'the zone itself, which its wildcard does not match', always: false },
    { ...session, host: addressOf(proxyTarget).host, why: 'where the names of sessions lead to' },
  ];
}

function ofControlPlane(configuration: EgressConfiguration): Row[] {
  const { serviceBus, serviceBusEndpoint, resolvers, certificateAuthorities } = configuration;
  const bus = addressOf(serviceBusEndpoint ?? serviceBus, 5671);
  return [
    web(configuration.authority, 'keys of access tokens, tokens of its own identity'),
    web(configuration.resourceManager, 'machines, extensions, roles, DNS records and relay objects'),
    web(configuration.cosmos, 'its data'),
    web(configuration.vault, 'certificates, secrets and keys'),
    { host: bus.host, port: bus.port, protocol: 'amqps', why: 'events to the agents and proxies' },
    ...(serviceBusEndpoint === undefined ? [web(serviceBus, 'queues of agents: made and deleted')] : []),
    {
      host: addressOf(configuration.proxyTarget).host,
      port: configuration.sessionPort,
      protocol: 'tls',
      why: 'Connect tries each new session once',
    },
    ...certificateAuthorities.flatMap(({ name, directory }) =>
      directory === undefined
        ? []
        : [{ ...web(directory, `certificates from the authority ${name}`), always: false }],
    ),
    ...resolvers.map((resolver) => {
      const { host, port } = addressOf(resolver, 53);
      return { host, port, protocol: 'dns' as const, why: 'checks of names and of proofs in DNS' };
    }),
  ];
}

const rowsOf = {
  machine: ofMachine,
  workstation: ofWorkstation,
  'control-plane': ofControlPlane,
} as const satisfies Record<EgressRole, (configuration: EgressConfiguration) => Row[]>;

/** One line for each host and port; what two lines say of it stands in the first. */
function withoutRepetition(rows: readonly Row[]): Row[] {
  const kept = new Map<string, Row>();
  for (const row of rows) {
    const key = `${row.region ?? ''} ${row.host}:${row.port}`;
    const first = kept.get(key);
    const why = first && !first.why.includes(row.why) ? `${first.why}; ${row.why}` : (first?.why ?? row.why);
    const always =
      first === undefined ? (row.always ?? true) : (first.always ?? true) || (row.always ?? true);
    kept.set(key, { ...(first ?? row), why, always });
  }
  return [...kept.values()];
}

/** The Azure regions that this configuration speaks of: served ones, and those that a host serves alone. In order. */
export const regionsOf = ({ platformHosts, regions }: EgressConfiguration): string[] =>
  [...new Set([...regions, ...platformHosts.flatMap(({ region }) => region ?? [])])].toSorted();

/**
 * What each role connects to, as concrete names (conflict C9). With a region only what that region needs: hosts of
 * another region fall out, hosts of none stay.
 */
export function listEgress(
  configuration: EgressConfiguration,
  wanted: { role?: EgressRole | undefined; region?: string | undefined } = {},
): Destination[] {
  return egressRoles
    .filter((role) => wanted.role === undefined || role === wanted.role)
    .flatMap((role) =>
      withoutRepetition(rowsOf[role](configuration)).map((row) => ({
        region: null,
        always: true,
        ...row,
        role,
      })),
    )
    .filter(({ region }) => wanted.region === undefined || region === null || region === wanted.region);
}

/** A host and its port as a machine is told of it; an IPv6 address is in brackets. */
export const writeHost = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Requirement 35: the outbound rule for a network that blocks everything outbound, in the words of its form. */
export interface OutboundRule {
  source: 'VirtualNetwork';
  sourcePortRanges: '*';
  destination: 'IP Addresses';
  destinationAddresses: string[];
  service: 'HTTPS' | 'Custom';
  destinationPorts: number[];
  protocol: 'TCP';
  action: 'Allow';
}

/** Null where the configuration names no addresses: then the host names are all there is. */
export function outboundRule(
  serviceAddresses: readonly string[],
  destinations: readonly Destination[],
): OutboundRule | null {
  if (serviceAddresses.length === 0) return null;
  const ports = destinations.filter(({ role, always }) => role === 'machine' && always);
  const destinationPorts = [...new Set(ports.map(({ port }) => port))].toSorted((one, other) => one - other);
  return {
    source: 'VirtualNetwork',
    sourcePortRanges: '*',
    destination: 'IP Addresses',
    destinationAddresses: [...serviceAddresses],
    service: destinationPorts.join() === '443' ? 'HTTPS' : 'Custom',
    destinationPorts,
    protocol: 'TCP',
    action: 'Allow',
  };
}
