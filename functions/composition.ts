import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { createArmClient } from '#shared/adapters/azure/arm-client.ts';
import { createArmHybridConnectivity } from '#shared/adapters/azure/arm-hybrid-connectivity.ts';
import { createArmMachineDirectory } from '#shared/adapters/azure/arm-machine-directory.ts';
import { createArmMachineExtension } from '#shared/adapters/azure/arm-machine-extension.ts';
import { createArmMachineNetwork } from '#shared/adapters/azure/arm-machine-network.ts';
import { createArmRelayNamespace } from '#shared/adapters/azure/arm-relay-namespace.ts';
import { createArmResourceManager } from '#shared/adapters/azure/arm-resource-manager.ts';
import { createArmRoleAssigner } from '#shared/adapters/azure/arm-role-assigner.ts';
import { createArmRolePeople } from '#shared/adapters/azure/arm-role-people.ts';
import { createArmRoleReader } from '#shared/adapters/azure/arm-role-reader.ts';
import { createAzureDnsZone } from '#shared/adapters/azure/azure-dns-zone.ts';
import { createCosmosBudgetStore } from '#shared/adapters/azure/cosmos-budget-store.ts';
import { createCosmosMachineStore } from '#shared/adapters/azure/cosmos-machine-store.ts';
import { createGraphPrincipalNames } from '#shared/adapters/azure/graph-principal-names.ts';
import { createKeyVaultCertificateVault } from '#shared/adapters/azure/key-vault-certificate-vault.ts';
import { createKeyVaultSecretStore } from '#shared/adapters/azure/key-vault-secret-store.ts';
import { createKeyVaultSigningKey } from '#shared/adapters/azure/key-vault-signing-key.ts';
import { createServiceBusMessageBus } from '#shared/adapters/azure/service-bus-message-bus.ts';
import { createPublicDns } from '#shared/adapters/dns/public-dns.ts';
import { createTlsSessionProbe } from '#shared/adapters/tls/tls-session-probe.ts';
import { encodeBase32 } from '#shared/domain/base32.ts';
import { keyNames } from '#shared/protocol/resource-names.ts';
import { composeAuthorities } from './compose-authorities.ts';
import { deliveryOf } from './delivery-settings.ts';
import { createCallerVerifier } from './http/authorization.ts';
import { createRateLimiter, limitsOf } from './http/rate-limit.ts';
import type { AppPorts, PortsProvider } from './ports.ts';
import { rememberExtensionGate } from './remembered-extension-gate.ts';
import { rememberFacts } from './remembered-facts.ts';
import { rememberMachines } from './remembered-machines.ts';
import { rememberRoles } from './remembered-roles.ts';
import { leaseRulesOf, policyOf, readSettings, type Settings } from './settings.ts';

/** The app's own identity; its library is loaded when the first token is needed. */
function lazyCredential(): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      credential ??= import('@azure/identity').then(
        ({ DefaultAzureCredential }) => new DefaultAzureCredential(),
      );
      return (await credential).getToken(scopes, options);
    },
  };
}

/** The only place that builds adapters. Settings are read at once, so that a bad deployment does not start. */
export function compose(env: NodeJS.ProcessEnv): PortsProvider {
  const settings = readSettings(env);
  let ports: AppPorts | undefined;
  return () => (ports ??= build(settings));
}

function build(settings: Settings): AppPorts {
  const credential = lazyCredential();
  const now = () => new Date();
  const nowMs = () => Date.now();
  const vaultUrl = settings.ADMIN_CENTER_VAULT_URL;
  const arm = createArmClient({
    endpoint: settings.ADMIN_CENTER_ARM_ENDPOINT,
    audience: settings.ADMIN_CENTER_ARM_AUDIENCE,
    credential,
  });
  const dns = createAzureDnsZone({
    endpoint: settings.ADMIN_CENTER_ARM_ENDPOINT,
    audience: settings.ADMIN_CENTER_ARM_AUDIENCE,
    zoneId: settings.ADMIN_CENTER_DNS_ZONE_ID,
    credential,
    now,
  });
  const resources = createArmResourceManager({ arm });
  const secrets = createKeyVaultSecretStore({ vaultUrl, credential });
  const cosmos = { endpoint: settings.ADMIN_CENTER_COSMOS_ENDPOINT, credential };
  const store = createCosmosMachineStore(cosmos);
  const extension = createArmMachineExtension({ arm, delivery: deliveryOf(settings) });
  return {
    settings,
    now,
    newId: () => encodeBase32(randomBytes(10)),
    random: Math.random,
    callers: createCallerVerifier(settings, now),
    limits: createRateLimiter(limitsOf(settings), nowMs),
    store,
    machines: rememberMachines(store, nowMs),
    budgets: createCosmosBudgetStore(cosmos),
    secrets,
    vault: createKeyVaultCertificateVault({ vaultUrl, credential }),
    ticketKey: createKeyVaultSigningKey({ vaultUrl, credential, keyName: keyNames.sessionTicket }),
    authorities: composeAuthorities(settings.ADMIN_CENTER_CERTIFICATE_AUTHORITIES, {
      vaultUrl,
      credential,
      secrets,
      now: nowMs,
    }),
    dns,
    publicDns: createPublicDns({
      resolvers: settings.ADMIN_CENTER_DNS_RESOLVERS,
      serverPort: settings.ADMIN_CENTER_DNS_SERVER_PORT,
      now,
    }),
    resources,
    facts: rememberFacts(resources, nowMs),
    policy: policyOf(settings),
    leases: leaseRulesOf(settings),
    directory: createArmMachineDirectory({ arm }),
    recordsPerMinute: settings.ADMIN_CENTER_DNS_RECORDS_PER_MINUTE,
    roles: rememberRoles(createArmRoleReader({ arm }), nowMs),
    roleAssigner: createArmRoleAssigner({ arm }),
    roleDirectory: createArmRolePeople({ arm }),
    principals: createGraphPrincipalNames({
      endpoint: settings.ADMIN_CENTER_GRAPH_ENDPOINT,
      credential,
      now: nowMs,
    }),
    connectivity: createArmHybridConnectivity({ arm }),
    extension,
    extensionGate: rememberExtensionGate(extension, nowMs),
    network: createArmMachineNetwork({ arm, now: nowMs }),
    relay: createArmRelayNamespace({
      arm,
      namespaceId: settings.ADMIN_CENTER_RELAY_NAMESPACE_ID,
      host: settings.ADMIN_CENTER_RELAY_HOST,
      now,
    }),
    bus: createServiceBusMessageBus({
      host: settings.ADMIN_CENTER_SERVICE_BUS_HOST,
      endpoint: settings.ADMIN_CENTER_SERVICE_BUS_ENDPOINT,
      credential,
      now,
    }),
    probe: createTlsSessionProbe(),
    zone: dns.zone,
    proxyTarget: settings.ADMIN_CENTER_PROXY_TARGET,
    sessionPort: settings.ADMIN_CENTER_SESSION_PORT,
    controlPlane: settings.ADMIN_CENTER_API_URL,
  };
}
