import * as sample from '#local/samples/sample-data.ts';
import type { TwinAddresses } from '#local/twin.ts';
import { containerDefinitions, cosmosNames } from '#shared/protocol/resource-names.ts';
import type { DataFolder } from './data-folder.ts';
import { rootRule } from './provision.ts';

export interface AppAddresses {
  /** Origin of the API. */
  api: string;
  /** Port of the proxy. */
  sessionPort: number;
}

/** What the deployment and the run add to the addresses. */
export interface ConnectionExtras {
  relayKey: string;
  management: { url: string; token: string };
  /** The file that other processes follow, under the manual clock. */
  clockFile?: string | undefined;
}

/** What `connection.json` holds: how any client, and the app on any Functions host, reaches the stand-ins. */
export type Connection = ReturnType<typeof describeConnection>;

export function describeConnection(
  data: DataFolder,
  twin: TwinAddresses,
  app: AppAddresses,
  { relayKey, management, clockFile }: ConnectionExtras,
) {
  const cosmosKey = data.secret('cosmos-master-key');
  const busKey = data.secret('service-bus-root-key');
  return {
    caFile: data.caFile,
    management,
    ...(clockFile !== undefined && { clock: { mode: 'manual', file: clockFile } }),
    tenantId: sample.tenantId,
    subscriptionId: sample.subscriptionId,
    entra: { authority: `${twin.authority}/${sample.tenantId}`, origin: twin.authority },
    managedIdentity: {
      endpoint: twin.identityEndpoint,
      metadataOrigin: twin.metadataOrigin,
      headers: {
        app: data.secret('identity-app'),
        proxy: data.secret('identity-proxy'),
        deployment: data.secret('identity-deployment'),
        ...Object.fromEntries(
          sample.sampleMachines.map(({ name }) => [name, data.secret(`identity-${name}`)]),
        ),
      },
    },
    resourceManager: { endpoint: twin.arm, audience: 'https://management.azure.com' },
    cosmos: {
      endpoint: twin.cosmos,
      key: cosmosKey,
      connectionString: `AccountEndpoint=${twin.cosmos}/;AccountKey=${cosmosKey};`,
      database: cosmosNames.database,
      containers: containerDefinitions.map(({ id }) => id),
    },
    serviceBus: {
      host: twin.serviceBusHost,
      endpoint: twin.serviceBus,
      connectionString: `Endpoint=${twin.serviceBus}/;SharedAccessKeyName=${rootRule};SharedAccessKey=${busKey}`,
    },
    keyVault: { url: twin.vault },
    relay: {
      host: twin.relayHost,
      namespaceId: sample.relayNamespaceId,
      keyName: rootRule,
      key: relayKey,
    },
    dns: { ...twin.dns, zone: sample.zone },
    acme: { directory: twin.acmeDirectory },
    accounts: sample.accounts.map(({ objectId, userPrincipalName, description }) => ({
      objectId,
      userPrincipalName,
      description,
    })),
    signIn: {
      clientId: sample.commandLineClientId,
      redirectUri: sample.commandLineRedirect,
      scope: sample.apiScope,
    },
    machines: sample.sampleMachines.map(({ name, resourceId }) => ({ name, resourceId })),
    api: app.api,
    sessionPort: app.sessionPort,
    /** Every setting of the app, as environment variables of whichever Functions host runs it. */
    appSettings: appSettings(data, twin, app),
  };
}

/** Few people do on one computer what a whole company does: measurements and trials are not to meet the limits. */
const unlimited = Object.fromEntries(
  ['READS', 'CHANGES', 'CONNECTS', 'EXPORTS', 'FAILURES', 'AGENTS', 'PROXIES'].map((name) => [
    `ADMIN_CENTER_RATE_LIMIT_${name}`,
    '1000000',
  ]),
);

function appSettings(data: DataFolder, twin: TwinAddresses, app: AppAddresses): Record<string, string> {
  return {
    ADMIN_CENTER_TENANT_ID: sample.tenantId,
    ADMIN_CENTER_AUTHORITY: twin.authority,
    ADMIN_CENTER_API_AUDIENCE: sample.apiClientId,
    ADMIN_CENTER_PORTAL_CLIENT_ID: sample.portalClientId,
    ADMIN_CENTER_COMMAND_LINE_CLIENT_ID: sample.commandLineClientId,
    ADMIN_CENTER_API_URL: app.api,
    ADMIN_CENTER_PROXY_PRINCIPALS: sample.principals.proxy,
    ...unlimited,
    ADMIN_CENTER_ARM_ENDPOINT: twin.arm,
    ADMIN_CENTER_GRAPH_ENDPOINT: twin.graph,
    ADMIN_CENTER_COSMOS_ENDPOINT: twin.cosmos,
    ADMIN_CENTER_VAULT_URL: twin.vault,
    ADMIN_CENTER_SERVICE_BUS_HOST: twin.serviceBusHost,
    ADMIN_CENTER_SERVICE_BUS_ENDPOINT: twin.serviceBus,
    ADMIN_CENTER_DNS_ZONE_ID: sample.dnsZoneId,
    ADMIN_CENTER_DNS_RESOLVERS: `${twin.dns.host}:${twin.dns.port}`,
    ADMIN_CENTER_DNS_SERVER_PORT: String(twin.dns.port),
    ADMIN_CENTER_RELAY_NAMESPACE_ID: sample.relayNamespaceId,
    ADMIN_CENTER_RELAY_HOST: twin.relayHost,
    ADMIN_CENTER_CERTIFICATE_AUTHORITIES: JSON.stringify([
      { name: 'local', directory: twin.acmeDirectory, limits: twin.acmeLimits },
    ]),
    ADMIN_CENTER_PROXY_TARGET: '127.0.0.1',
    ADMIN_CENTER_SESSION_PORT: String(app.sessionPort),
    ADMIN_CENTER_LOCAL_CA_FILE: data.caFile,
    AdminCenterServiceBus: `Endpoint=${twin.serviceBus}/;SharedAccessKeyName=${rootRule};SharedAccessKey=${data.secret('service-bus-root-key')}`,
    IDENTITY_ENDPOINT: twin.identityEndpoint,
    IDENTITY_HEADER: data.secret('identity-app'),
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    AzureWebJobsDisableHomepage: 'true',
    FUNCTIONS_WORKER_RUNTIME: 'node',
  };
}
