import { createCertificateAuthority } from './certificate-authority/certificate-authority.ts';
import type { Profiles } from './certificate-authority/profiles.ts';
import { letsEncryptRateLimits } from './certificate-authority/rate-limits.ts';
import { createCosmos } from './cosmos/server.ts';
import { createDns } from './dns/dns.ts';
import { createEntra } from './entra/entra.ts';
import { createManagedIdentity, type ManagedIdentityOptions } from './entra/managed-identity.ts';
import { createKeyVault } from './key-vault/key-vault.ts';
import { type Clock, systemClock } from './kit/clock.ts';
import { issueServerIdentity } from './kit/local-authority.ts';
import { refuseProduction, type StandIn } from './kit/stand-in.ts';
import { createTokenVerifier } from './kit/tokens.ts';
import { createRelay } from './relay/relay.ts';
import { createResourceManager } from './resource-manager/resource-manager.ts';
import type { SeedResource } from './resource-manager/seeds.ts';
import type { DataFolder } from './run/data-folder.ts';
import * as sample from './samples/sample-data.ts';
import { seedResources } from './samples/seeds.ts';
import { createServiceBus } from './service-bus/service-bus.ts';

/** Where the stand-ins are, as clients write it. */
export interface TwinAddresses {
  authority: string;
  /** Microsoft Graph. */
  graph: string;
  identityEndpoint: string;
  /** Of the instance metadata service, for clients of virtual machines (AZURE_POD_IDENTITY_AUTHORITY_HOST). */
  metadataOrigin: string;
  arm: string;
  cosmos: string;
  /** Host without port, and `sb://host:port`. */
  serviceBusHost: string;
  serviceBus: string;
  vault: string;
  relayHost: string;
  acmeDirectory: string;
  /** Row of the app's table of limits that the authority keeps to. */
  acmeLimits: 'none' | 'lets-encrypt';
  dns: { host: string; port: number };
}

export interface Twin {
  addresses: TwinAddresses;
  standIns: readonly StandIn[];
  close(): Promise<void>;
}

export interface TwinOptions {
  clock?: Clock | undefined;
  /** Beside the sample's own. */
  resources?: readonly SeedResource[];
  identities?: ManagedIdentityOptions['identities'];
  /** Of the certificate authority; the first is used when an order names none. */
  profiles?: Profiles;
  /** Let's Encrypt's rate limits, and the request units of a small container. Off by default: nothing answers 429. */
  realLimits?: boolean;
}

/** Request units a second of a container at the service's smallest manual setting. */
const smallestThroughput = 400;

const hostNames = ['login', 'graph', 'arm', 'cosmos', 'acme', 'vault', 'servicebus', 'relay'].flatMap(
  (name) => [`${name}.localhost`, `*.${name}.localhost`],
);

/**
 * Starts every stand-in in this process. `apiOrigin` is where the portal will be, for its redirect URI. The stand-ins'
 * own certificate has real dates whatever `clock` says: OpenSSL of the clients reads no other clock.
 */
export async function startTwin(
  data: DataFolder,
  apiOrigin: string,
  { clock = systemClock, resources = [], identities = [], profiles, realLimits = false }: TwinOptions = {},
): Promise<Twin> {
  refuseProduction(process.env);
  const tls = await issueServerIdentity(data.root, ['localhost', ...hostNames], Date.now());
  const standIns: StandIn[] = [];
  const started = <T extends StandIn>(standIn: T): T => {
    standIns.push(standIn);
    return standIn;
  };
  const options = async (name: string) => ({
    clock,
    store: data.store(name),
    port: await data.port(name),
    tls,
  });

  const entra = started(
    await createEntra({
      ...(await options('entra')),
      tenantId: sample.tenantId,
      accounts: sample.accounts,
      groups: sample.groups,
      applications: sample.applicationsFor(apiOrigin),
      servicePrincipals: sample.servicePrincipals,
      appRoleAssignments: sample.appRoleAssignments,
    }),
  );
  const verifyToken = createTokenVerifier({ keys: entra.jwks, issuers: entra.issuers, clock });
  const identity = started(
    await createManagedIdentity({
      ...(await options('identity')),
      issue: entra.mint,
      appRolesOf: entra.appRolesOf,
      identities: [...identitiesOf(data), ...identities],
      // The address of virtual machines knows one machine: the first sample.
      machine: sample.sampleMachines[0]?.principalId ?? '',
    }),
  );
  const relayOptions = await options('relay');
  const relayHost = `${sample.relayNamespace}.relay.localhost:${relayOptions.port}`;
  const resourceManager = started(
    await createResourceManager({
      ...(await options('resource-manager')),
      verifyToken,
      tenantId: sample.tenantId,
      subscriptionId: sample.subscriptionId,
      seed: [...seedResources(), ...resources],
      groupsOf: entra.groupsOf,
      isGroup: entra.isGroup,
      relayHost: () => relayHost,
    }),
  );
  const dns = started(await createDns({ ...(await options('dns')), zones: resourceManager.zones }));
  const keyVault = started(
    await createKeyVault({
      ...(await options('key-vault')),
      verifyToken,
      authority: entra.authority,
      vaults: [sample.vault],
      issuingAuthority: data.issuer,
    }),
  );
  const cosmos = started(
    await createCosmos({
      ...(await options('cosmos')),
      verifyToken,
      masterKey: data.secret('cosmos-master-key'),
      ...(realLimits && { requestUnitsPerSecond: smallestThroughput }),
    }),
  );
  const serviceBus = started(
    await createServiceBus({
      ...(await options('service-bus')),
      verifyToken,
      namespace: 'local',
      rootKey: { name: 'RootManageSharedAccessKey', key: data.secret('service-bus-root-key') },
    }),
  );
  started(
    await createRelay({
      ...relayOptions,
      publicHost: relayHost,
      namespace: sample.relayNamespace,
      hybridConnections: resourceManager.hybridConnections,
      verifyToken,
    }),
  );
  const authority = started(
    await createCertificateAuthority({
      ...(await options('certificate-authority')),
      issuer: data.issuer,
      root: data.root.cert,
      dnsServer: { host: '127.0.0.1', port: dns.port },
      ...(profiles && { profiles }),
      ...(realLimits && { rateLimits: letsEncryptRateLimits }),
    }),
  );

  const serviceBusHost = 'local.servicebus.localhost';
  return {
    standIns,
    addresses: {
      authority: entra.origin,
      graph: `https://graph.localhost:${entra.port}`,
      identityEndpoint: identity.endpoint,
      metadataOrigin: identity.metadataOrigin,
      arm: resourceManager.origin,
      cosmos: `https://cosmos.localhost:${cosmos.port}`,
      serviceBusHost,
      serviceBus: `sb://${serviceBusHost}:${serviceBus.port}`,
      vault: keyVault.urlOf(sample.vault),
      relayHost,
      acmeDirectory: `https://acme.localhost:${authority.port}/directory`,
      acmeLimits: realLimits ? 'lets-encrypt' : 'none',
      dns: { host: '127.0.0.1', port: dns.port },
    },
    async close() {
      for (const standIn of standIns.toReversed()) await standIn.close();
    },
  };
}

/** Each process proves who it is by a header of its own. */
const identitiesOf = (data: DataFolder) => [
  ...(['app', 'proxy', 'deployment'] as const).map((name) => ({
    header: data.secret(`identity-${name}`),
    objectId: sample.principals[name],
    clientId: sample.appIdOf(name),
  })),
  ...sample.allMachines.map((machine) => ({
    header: data.secret(`identity-${machine.name}`),
    objectId: machine.principalId,
    clientId: machine.clientId,
    resourceId: machine.resourceId,
  })),
];
