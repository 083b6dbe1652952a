import { z } from 'zod';
import { page, pageOf } from './collection.ts';
import type { StoredIssuer } from './issuer-store.ts';
import { nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { badParameter, VaultError } from './vault-error.ts';

const text = z.string().max(255).nullish();

/** Field names as the REST reference has them (IssuerCredentials, OrganizationDetails). */
const issuerParameters = z.object({
  provider: text,
  credentials: z.object({ account_id: text, pwd: text }).nullish(),
  org_details: z
    .object({
      id: text,
      admin_details: z
        .array(z.object({ first_name: text, last_name: text, email: text, phone: text }))
        .max(20)
        .nullish(),
    })
    .nullish(),
  attributes: z.object({ enabled: z.boolean().nullish() }).nullish(),
});
type IssuerParameters = z.infer<typeof issuerParameters>;

/** Whether the provider knows its customers by an organisation. */
const providers: ReadonlyMap<string, boolean> = new Map([
  ['DigiCert', true],
  ['GlobalSign', false],
  ['OneCertV2-PublicCA', false],
  ['Test', false],
]);

const notFound = () => new VaultError(404, 'CertificateIssuerNotFound', 'Issuer not found');

const nameOf = ({ parameters }: VaultCall) => parameters['name'] ?? '';

function requireIssuer({ issuers }: VaultContext, call: VaultCall): StoredIssuer {
  const issuer = issuers.find(call.vault, nameOf(call));
  if (!issuer) throw notFound();
  return issuer;
}

/** The issuer that a policy names; the service's own words for one that is not there are not published. */
export function requireUsableIssuer({ issuers }: VaultContext, vault: string, name: string): StoredIssuer {
  const issuer = issuers.find(vault, name);
  if (!issuer) throw badParameter(`policy.issuer.name: Issuer not found: ${name}`);
  if (!issuer.enabled) throw badParameter(`policy.issuer.name: the issuer ${issuer.name} is disabled`);
  return issuer;
}

const idOf = (call: VaultCall, name: string) => `${call.baseUrl}/certificates/issuers/${name}`;

function reply(call: VaultCall, issuer: StoredIssuer) {
  const { name, provider, accountId, organization, enabled, created, updated } = issuer;
  const body = {
    id: idOf(call, name),
    provider,
    ...(accountId && { credentials: { account_id: accountId } }),
    ...(organization && { org_details: { zip: 0, ...organization } }),
    attributes: { enabled, created, updated },
  };
  return { status: 200, body };
}

/** What is wanted over what was; a provider that is not known or lacks what it needs is a 400. */
function merged(context: VaultContext, call: VaultCall, wanted: IssuerParameters, before?: StoredIssuer) {
  const provider = wanted.provider ?? before?.provider;
  if (!provider || !providers.has(provider))
    throw badParameter(`The issuer provider ${provider ?? '(none)'} is not one of ${[...providers.keys()]}`);
  const accountId = wanted.credentials?.account_id ?? before?.accountId;
  const organization = wanted.org_details ?? before?.organization;
  if (providers.get(provider) && !organization?.['id'])
    throw badParameter('Id in organization details is not set');
  const now = nowSeconds(context);
  return {
    vault: call.vault,
    name: before?.name ?? nameOf(call),
    provider,
    ...(accountId && { accountId }),
    ...(organization && { organization }),
    enabled: wanted.attributes?.enabled ?? before?.enabled ?? true,
    created: before?.created ?? now,
    updated: now,
  };
}

const save = (context: VaultContext, call: VaultCall, issuer: StoredIssuer) => {
  context.issuers.save(issuer);
  return reply(call, issuer);
};

/** Before `/certificates/{name}/{version}`, which would take them. */
export const certificateIssuerRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/certificates/issuers',
    operation: 'GetCertificateIssuers',
    handle({ issuers }, call) {
      const { limit, after } = pageOf(call);
      const found = issuers.list(call.vault, after, limit + 1);
      return page(
        call,
        '/certificates/issuers',
        found,
        limit,
        ({ name }) => name,
        ({ name, provider }) => ({ id: idOf(call, name), provider }),
      );
    },
  },
  {
    method: 'GET',
    path: '/certificates/issuers/{name}',
    operation: 'GetCertificateIssuer',
    handle: (context, call) => reply(call, requireIssuer(context, call)),
  },
  {
    method: 'PUT',
    path: '/certificates/issuers/{name}',
    operation: 'SetCertificateIssuer',
    handle: (context, call) => save(context, call, merged(context, call, parseBody(call, issuerParameters))),
  },
  {
    method: 'PATCH',
    path: '/certificates/issuers/{name}',
    operation: 'UpdateCertificateIssuer',
    handle: (context, call) =>
      save(
        context,
        call,
        merged(context, call, parseBody(call, issuerParameters), requireIssuer(context, call)),
      ),
  },
  {
    method: 'DELETE',
    path: '/certificates/issuers/{name}',
    operation: 'DeleteCertificateIssuer',
    handle(context, call) {
      const issuer = requireIssuer(context, call);
      context.issuers.remove(call.vault, issuer.name);
      return reply(call, issuer);
    },
  },
];
