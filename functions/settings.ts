import { z } from 'zod';
import { arcAgentVersions } from '#shared/domain/agent-versions.ts';
import { oldestExtension } from '#shared/domain/extension-versions.ts';
import type { PreconditionPolicy } from '#shared/domain/precondition-rules.ts';
import { isVersion } from '#shared/domain/version.ts';
import { parseEnvironment } from '#shared/runtime/config.ts';
import { authorityList } from './authority-settings.ts';
import { platformHostList, serviceAddressList } from './egress-settings.ts';
import { list } from './list-setting.ts';

const regions = list
  .transform((names) => names.map((name) => name.toLowerCase().replace(/\s/g, '')))
  .refine((names) => names.length > 0, 'must name at least one region');
const guid = z.guid();
const resourceId = z.string().startsWith('/subscriptions/');
const perMinute = (fallback: number) => z.coerce.number().int().min(1).max(1_000_000_000).default(fallback);

/** Every setting of the app. The same in every environment: only the values differ. */
export const settingsSchema = z.object({
  /** Entra tenant of the deployment. */
  ADMIN_CENTER_TENANT_ID: guid,
  /** Where access tokens come from, `https://login.microsoftonline.com`, without a final slash. */
  ADMIN_CENTER_AUTHORITY: z.url(),
  /** Client id of this API's app registration: the audience of access tokens. */
  ADMIN_CENTER_API_AUDIENCE: guid,
  /** Client id of the portal's app registration, a single-page application. */
  ADMIN_CENTER_PORTAL_CLIENT_ID: guid,
  /** Client id of the command line's app registration: a public client with the redirect `http://localhost/signed-in`. */
  ADMIN_CENTER_COMMAND_LINE_CLIENT_ID: guid,
  /** Origin of this API as agents, proxies and the portal reach it. */
  ADMIN_CENTER_API_URL: z.url(),
  /** Object ids of the identities that proxies run as. */
  ADMIN_CENTER_PROXY_PRINCIPALS: list,

  /** Azure Resource Manager. */
  ADMIN_CENTER_ARM_ENDPOINT: z.url().default('https://management.azure.com'),
  /** Audience of the tokens for it. */
  ADMIN_CENTER_ARM_AUDIENCE: z.url().default('https://management.azure.com'),
  /** Microsoft Graph, which says the names of people and groups (docs/access.md). */
  ADMIN_CENTER_GRAPH_ENDPOINT: z.url().default('https://graph.microsoft.com'),
  /** Account of Cosmos DB, `https://<account>.documents.azure.com`. */
  ADMIN_CENTER_COSMOS_ENDPOINT: z.url(),
  /** Key Vault, `https://<vault>.vault.azure.net`. */
  ADMIN_CENTER_VAULT_URL: z.url(),
  /** Fully qualified namespace of Service Bus. */
  ADMIN_CENTER_SERVICE_BUS_HOST: z.string(),
  /** Another address and port of that namespace, where they differ. */
  ADMIN_CENTER_SERVICE_BUS_ENDPOINT: z.string().optional(),
  /** Resource id of the DNS zone of the machines' names. */
  ADMIN_CENTER_DNS_ZONE_ID: resourceId,
  /** New record sets that the zone takes a minute: installs on many machines keep to it. */
  ADMIN_CENTER_DNS_RECORDS_PER_MINUTE: z.coerce.number().int().min(1).default(200),
  /** Resolvers to ask instead of the system's, `address:port` each. */
  ADMIN_CENTER_DNS_RESOLVERS: list.default([]),
  /** Port of authoritative name servers. */
  ADMIN_CENTER_DNS_SERVER_PORT: z.coerce.number().int().min(1).max(65_535).default(53),
  /** Resource id of the relay namespace. */
  ADMIN_CENTER_RELAY_NAMESPACE_ID: resourceId,
  /** Host of the relay namespace, with a port where it is not 443. */
  ADMIN_CENTER_RELAY_HOST: z.string(),
  /** Certificate authorities in order of preference, JSON: see docs/certificates.md. */
  ADMIN_CENTER_CERTIFICATE_AUTHORITIES: authorityList,

  /** Regions whose machines are served, `westeurope,northeurope`; every region of the public cloud where absent. */
  ADMIN_CENTER_REGIONS: regions.optional(),
  /** The oldest Azure Connected Machine agent that is accepted. */
  ADMIN_CENTER_ARC_AGENT_MINIMUM: z
    .string()
    .refine(isVersion, 'must be dotted numbers, like 1.13.21320.014')
    .default(arcAgentVersions.minimum.version),

  /** Host name or address of the proxies, at which machine names point. */
  ADMIN_CENTER_PROXY_TARGET: z.string(),
  /** The port there. */
  ADMIN_CENTER_SESSION_PORT: z.coerce.number().int().min(1).max(65_535).default(443),
  /** Addresses and networks of this service as machines reach it, for rules of networks (requirements 34 and 35). */
  ADMIN_CENTER_SERVICE_ADDRESSES: serviceAddressList.default([]),
  /** Hosts that the platform's own agent needs (requirements 30 and 31): `host`, or `region=host` for one region. */
  ADMIN_CENTER_PLATFORM_HOSTS: platformHostList.default([]),
  /** Machines that were deleted in Azure: told, or cleaned up after as well. */
  ADMIN_CENTER_ORPHANS: z.enum(['report', 'remove']).default('remove'),
  /** How long they may be gone before that. */
  ADMIN_CENTER_ORPHAN_GRACE_HOURS: z.coerce.number().min(0).max(8760).default(72),
  /** Percent of all machines that may be gone at once; when more are, nothing is removed. 100 believes everything. */
  ADMIN_CENTER_ORPHAN_SHARE: z.coerce.number().min(1).max(100).default(20),
  /** How long the certificate of a name that was given up can be brought back, before it is purged. */
  ADMIN_CENTER_CERTIFICATE_GRACE_DAYS: z.coerce.number().min(0).max(365).default(7),
  /** How the agent gets onto machines: by its own handler, or by a script of the platform's (docs/delivery.md). */
  ADMIN_CENTER_EXTENSION_DELIVERY: z.enum(['handler', 'custom-script', 'run-command']).default('handler'),
  /** Publisher of the handler that brings the agent. */
  ADMIN_CENTER_EXTENSION_PUBLISHER: z.string().min(1).default('Microsoft.AdminCenter'),
  /** Its type. */
  ADMIN_CENTER_EXTENSION_TYPE: z.string().min(1).default('AdminCenter'),
  /** The oldest version of the documented handler that an install leaves as it is. */
  ADMIN_CENTER_EXTENSION_MINIMUM: z
    .string()
    .refine(isVersion, 'must be dotted numbers, like 0.0.0.169')
    .default(oldestExtension),
  /** Folder of the agent package, from the app's root. */
  ADMIN_CENTER_AGENT_PACKAGE_DIRECTORY: z.string().default('agent-package'),

  /** Whether every connect needs a lease beside the role, or those alone whose machine says so (docs/leases.md). */
  ADMIN_CENTER_LEASES: z.enum(['optional', 'required']).default('optional'),
  /** Whether an approved lease also gives the role in Azure for its time, to those who have none. */
  ADMIN_CENTER_LEASE_GRANTS: z.enum(['off', 'role']).default('off'),

  /** Requests a minute that each instance takes from one caller, on each of these alone: what he reads. */
  ADMIN_CENTER_RATE_LIMIT_READS: perMinute(6000),
  /** What he changes. */
  ADMIN_CENTER_RATE_LIMIT_CHANGES: perMinute(600),
  /** Connects. */
  ADMIN_CENTER_RATE_LIMIT_CONNECTS: perMinute(120),
  /** Explanations of access, checks of an audit, exports and reports. */
  ADMIN_CENTER_RATE_LIMIT_EXPORTS: perMinute(120),
  /** Refused sign-ins from one address, before they are answered 429; who has a good token is let in all the same. */
  ADMIN_CENTER_RATE_LIMIT_FAILURES: perMinute(300),
  /** Calls of one agent. */
  ADMIN_CENTER_RATE_LIMIT_AGENTS: perMinute(300),
  /** Calls of the proxies that share an identity. */
  ADMIN_CENTER_RATE_LIMIT_PROXIES: perMinute(1200),

  /** Folder of the portal's static files, from the app's root. */
  ADMIN_CENTER_PORTAL_DIRECTORY: z.string().default('portal'),
});

export type Settings = ReturnType<typeof readSettings>;

/** Settings of other programs and of the local run that may stand in the same environment. */
const known = ['ADMIN_CENTER_LOCAL_CA_FILE', 'ADMIN_CENTER_ENVIRONMENT', 'ADMIN_CENTER_LOG_LEVEL'];

/** Throws `configuration_incomplete` with every fault at once. */
export const readSettings = (env: NodeJS.ProcessEnv) =>
  parseEnvironment(settingsSchema, env, 'ADMIN_CENTER_', known);

/** What a connect needs of leases. */
export const leaseRulesOf = (settings: Settings) => ({
  areRequired: settings.ADMIN_CENTER_LEASES === 'required',
  giveRole: settings.ADMIN_CENTER_LEASE_GRANTS === 'role',
});

export const policyOf = (settings: Settings): PreconditionPolicy => ({
  arcAgentMinimum: settings.ADMIN_CENTER_ARC_AGENT_MINIMUM,
  regions: settings.ADMIN_CENTER_REGIONS,
  serviceAddresses: settings.ADMIN_CENTER_SERVICE_ADDRESSES,
});
