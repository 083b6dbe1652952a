import type { Caller } from '#functions/http/authorization.ts';
import { createRateLimiter, limitsOf } from '#functions/http/rate-limit.ts';
import type { AppPorts } from '#functions/ports.ts';
import { rememberExtensionGate } from '#functions/remembered-extension-gate.ts';
import { rememberFacts } from '#functions/remembered-facts.ts';
import { rememberMachines } from '#functions/remembered-machines.ts';
import { leaseRulesOf, policyOf, readSettings } from '#functions/settings.ts';
import type { Clock } from '#local/kit/clock.ts';
import { AppError } from '#shared/domain/error.ts';
import { secretNames } from '#shared/protocol/resource-names.ts';
import { createMemoryBudgetStore } from './memory-budget-store.ts';
import { createMemoryCertificateAuthority } from './memory-certificate-authority.ts';
import { createMemoryCertificateVault } from './memory-certificate-vault.ts';
import { createMemoryDnsZone } from './memory-dns-zone.ts';
import { createMemoryHybridConnectivity } from './memory-hybrid-connectivity.ts';
import { createMemoryMachineDirectory } from './memory-machine-directory.ts';
import { createMemoryMachineExtension } from './memory-machine-extension.ts';
import { createMemoryMachineNetwork } from './memory-machine-network.ts';
import { createMemoryMachineStore } from './memory-machine-store.ts';
import { createMemoryMessageBus } from './memory-message-bus.ts';
import { createMemoryPrincipalNames } from './memory-principal-names.ts';
import { createMemoryPublicDns } from './memory-public-dns.ts';
import { createMemoryRelayNamespace } from './memory-relay-namespace.ts';
import { createMemoryResourceManager } from './memory-resource-manager.ts';
import { createMemoryRoleAssigner } from './memory-role-assigner.ts';
import { createMemoryRoleDirectory } from './memory-role-directory.ts';
import { createMemoryRoleReader } from './memory-role-reader.ts';
import { createMemorySecretStore } from './memory-secret-store.ts';
import { createMemorySessionProbe } from './memory-session-probe.ts';
import { createMemorySigningKey } from './memory-signing-key.ts';
import { createPortFaults } from './port-faults.ts';

export const tenantId = '00000000-0000-4000-8000-00000000000a';
export const subscriptionId = '00000000-0000-4000-8000-000000000001';
const zone = 'wac.test';
const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-local/providers`;

/** What a deployment's environment looks like; nothing in it is reached. */
export const environment: Readonly<Record<string, string>> = {
  ADMIN_CENTER_TENANT_ID: tenantId,
  ADMIN_CENTER_AUTHORITY: 'https://login.test',
  ADMIN_CENTER_API_AUDIENCE: '00000000-0000-4000-8000-0000000000a1',
  ADMIN_CENTER_PORTAL_CLIENT_ID: '00000000-0000-4000-8000-0000000000a2',
  ADMIN_CENTER_COMMAND_LINE_CLIENT_ID: '00000000-0000-4000-8000-0000000000a3',
  ADMIN_CENTER_API_URL: 'https://api.test',
  ADMIN_CENTER_PROXY_PRINCIPALS: 'proxy-identity',
  ADMIN_CENTER_COSMOS_ENDPOINT: 'https://cosmos.test',
  ADMIN_CENTER_VAULT_URL: 'https://vault.test',
  ADMIN_CENTER_SERVICE_BUS_HOST: 'bus.test',
  ADMIN_CENTER_DNS_ZONE_ID: `${group}/Microsoft.Network/dnszones/${zone}`,
  ADMIN_CENTER_RELAY_NAMESPACE_ID: `${group}/Microsoft.Relay/namespaces/relay`,
  ADMIN_CENTER_RELAY_HOST: 'relay.test',
  ADMIN_CENTER_CERTIFICATE_AUTHORITIES: JSON.stringify([
    { name: 'authority-test', directory: 'https://authority-test.test/directory', limits: 'none' },
  ]),
  ADMIN_CENTER_PROXY_TARGET: 'proxy.test',
};

const ninetyDaysMs = 90 * 24 * 60 * 60 * 1000;

/** Every port in memory with faults in between; the ports without their guards show what they hold. */
export function createMemoryPorts(clock: Clock) {
  const faults = createPortFaults();
  const dns = createMemoryDnsZone(zone, clock.now);
  const textValues = (name: string) => dns.texts.get(name.slice(0, -(zone.length + 1))) ?? new Set<string>();
  const authority = createMemoryCertificateAuthority({
    now: clock.now,
    textValues,
    lifetimeMs: ninetyDaysMs,
  });
  const second = createMemoryCertificateAuthority({
    name: 'second-authority',
    now: clock.now,
    textValues,
    lifetimeMs: ninetyDaysMs,
  });
  const resources = createMemoryResourceManager(tenantId);
  const held = {
    dns,
    store: createMemoryMachineStore(clock.now),
    authority,
    second,
    publicDns: createMemoryPublicDns(dns),
    budgets: createMemoryBudgetStore(clock.now),
    vault: createMemoryCertificateVault(),
    bus: createMemoryMessageBus(),
    relay: createMemoryRelayNamespace(),
    resources,
    roles: createMemoryRoleReader(),
    roleDirectory: createMemoryRoleDirectory(),
    principals: createMemoryPrincipalNames(),
    roleAssigner: createMemoryRoleAssigner(),
    directory: createMemoryMachineDirectory(),
    connectivity: createMemoryHybridConnectivity((subscriptionId) =>
      resources.registered.has(`${subscriptionId} Microsoft.HybridConnectivity`),
    ),
    extension: createMemoryMachineExtension(),
    network: createMemoryMachineNetwork(clock.now),
    secrets: createMemorySecretStore({
      [secretNames.machineNameKey]: ['key of the machine names'],
      [secretNames.sessionLabelKey]: ['an older key of the labels', 'key of the session labels'],
      [secretNames.enrolmentKey]: ['key of the enrolments'],
      [secretNames.auditKey]: ['key of the audit'],
    }),
    probe: createMemorySessionProbe(),
    ticketKey: createMemorySigningKey(),
  };
  /** Callers by access token. */
  const callers = new Map<string, Caller>();
  let ids = 0;
  const guarded = Object.fromEntries(
    Object.entries(held).map(([name, port]) => [name, faults.guard(name, port)]),
  ) as typeof held;
  const { authority: first, second: _, ...others } = guarded;
  /** In order of preference; a test adds the second authority where two are its story. */
  const authorities = [first];
  const settings = readSettings({ ...environment });
  const ports: AppPorts = {
    ...others,
    authorities,
    extensionGate: rememberExtensionGate(guarded.extension, clock.now),
    facts: rememberFacts(guarded.resources, clock.now),
    machines: rememberMachines(guarded.store, clock.now),
    settings,
    policy: policyOf(settings),
    leases: leaseRulesOf(settings),
    recordsPerMinute: settings.ADMIN_CENTER_DNS_RECORDS_PER_MINUTE,
    limits: createRateLimiter(limitsOf(settings), clock.now),
    callers: {
      async verify(token) {
        if (!token) throw new AppError('token_missing', 'the request carries no access token');
        const caller = callers.get(token);
        if (!caller) throw new AppError('token_invalid', 'the access token is not accepted');
        return caller;
      },
    },
    now: () => new Date(clock.now()),
    newId: () => `id${String((ids += 1)).padStart(14, 'a')}`,
    random: () => 0.5,
    zone,
    proxyTarget: 'proxy.test',
    sessionPort: 443,
    controlPlane: 'https://api.test',
  };
  return { ...held, guardedSecond: guarded.second, authorities, ports, faults, callers };
}

export type MemoryPorts = ReturnType<typeof createMemoryPorts>;
