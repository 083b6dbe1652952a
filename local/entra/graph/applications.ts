import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Application } from '../objects.ts';
import { hashOf } from '../sample-tenant.ts';
import { collection, entity, type GraphCall, type GraphRoute, parseBody } from './graph-call.ts';
import { badRequest, GraphError, requireFound } from './graph-error.ts';

/** https or loopback, as the service wants it of `web` and `spa`; programs may have schemes of their own. */
const redirectUri = z
  .string()
  .max(256)
  .refine((uri) => URL.canParse(uri) && !uri.includes('*') && !uri.includes('#'), 'not a redirect address');
const secureUri = redirectUri.refine(
  (uri) => uri.startsWith('https://') || /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(`${uri}/`),
  'must begin with https:// or be a loopback address',
);
const guid = z.guid();

const parameters = z.strictObject({
  displayName: z.string().min(1).max(256),
  signInAudience: z.enum(['AzureADMyOrg', 'AzureADMultipleOrgs']).optional(),
  identifierUris: z.array(z.string().min(1).max(256)).optional(),
  spa: z.strictObject({ redirectUris: z.array(secureUri) }).optional(),
  web: z.object({ redirectUris: z.array(secureUri).default([]) }).optional(),
  publicClient: z.strictObject({ redirectUris: z.array(redirectUri) }).optional(),
  isFallbackPublicClient: z.boolean().nullish(),
  requiredResourceAccess: z
    .array(
      z.object({
        resourceAppId: guid,
        resourceAccess: z.array(z.object({ id: guid, type: z.enum(['Scope', 'Role']) })),
      }),
    )
    .optional(),
  api: z
    .object({
      requestedAccessTokenVersion: z.union([z.literal(1), z.literal(2)]).nullish(),
      oauth2PermissionScopes: z
        .array(
          z.object({
            id: guid,
            value: z.string().min(1).max(120),
            type: z.enum(['User', 'Admin']).default('User'),
            isEnabled: z.boolean().default(true),
            adminConsentDisplayName: z.string().default(''),
            adminConsentDescription: z.string().default(''),
          }),
        )
        .optional(),
    })
    .optional(),
  appRoles: z
    .array(
      z.object({
        id: guid,
        value: z.string().min(1).max(120),
        displayName: z.string(),
        description: z.string(),
        allowedMemberTypes: z.array(z.enum(['User', 'Application'])).min(1),
        isEnabled: z.boolean().default(true),
      }),
    )
    .optional(),
  keyCredentials: z
    .array(
      z.object({
        type: z.literal('AsymmetricX509Cert'),
        usage: z.literal('Verify'),
        key: z.base64(),
        displayName: z.string().nullish(),
      }),
    )
    .optional(),
});

function keyCredential({
  key,
  displayName = null,
}: {
  key: string;
  displayName?: string | null | undefined;
}) {
  try {
    // What is kept can be read.
    void new X509Certificate(Buffer.from(key, 'base64'));
  } catch {
    throw badRequest(
      "Invalid value specified for property 'keyCredentials' of the resource: no certificate.",
    );
  }
  return { keyId: randomUUID(), displayName, type: 'AsymmetricX509Cert', usage: 'Verify', key } as const;
}

const changes = parameters.partial();

function change(before: Application, wanted: z.infer<typeof changes>): Application {
  const { api, keyCredentials, isFallbackPublicClient: _, ...rest } = wanted;
  return {
    ...before,
    ...(Object.fromEntries(
      Object.entries(rest).filter(([, value]) => value !== undefined),
    ) as Partial<Application>),
    api: {
      requestedAccessTokenVersion: api?.requestedAccessTokenVersion ?? before.api.requestedAccessTokenVersion,
      oauth2PermissionScopes: api?.oauth2PermissionScopes ?? before.api.oauth2PermissionScopes,
    },
    keyCredentials: keyCredentials?.map(keyCredential) ?? before.keyCredentials,
  };
}

function renderApplication(stored: Application) {
  const { isSample, ...application } = stored;
  return {
    ...application,
    tags: isSample ? ['sample'] : [],
    passwordCredentials: application.passwordCredentials.map(({ hash: __, ...shown }) => shown),
    keyCredentials: application.keyCredentials.map(({ key: __, ...shown }) => shown),
  };
}

/** By object id, or by `appId=<client id>` for the key form `applications(appId='...')`. */
function requireApplication({ directory, id }: GraphCall): Application {
  const [, appId] = /^appId=(.+)$/.exec(id) ?? [];
  const found = appId ? directory.findApplication(appId) : directory.objects.find('application', id);
  return requireFound(found, id);
}

function requireFreeUris({ directory }: GraphCall, application: Application): void {
  const taken = application.identifierUris.find((uri) => {
    const owner = directory.findApi(uri);
    return owner !== undefined && owner.id !== application.id;
  });
  if (taken)
    throw badRequest(
      `Another object with the same value for property identifierUris already exists: ${taken}.`,
    );
}

export const applicationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/applications',
    handle: (call) =>
      collection(call, 'applications', call.directory.objects.list('application').map(renderApplication)),
  },
  {
    method: 'POST',
    path: '/applications',
    handle(call) {
      const wanted = parseBody(call, parameters);
      const empty: Application = {
        id: randomUUID(),
        appId: randomUUID(),
        displayName: wanted.displayName,
        createdDateTime: new Date(call.clock.now()).toISOString(),
        signInAudience: 'AzureADMyOrg',
        identifierUris: [],
        api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [] },
        appRoles: [],
        spa: { redirectUris: [] },
        web: { redirectUris: [] },
        publicClient: { redirectUris: [] },
        requiredResourceAccess: [],
        passwordCredentials: [],
        keyCredentials: [],
        isSample: false,
      };
      const application = change(empty, wanted);
      requireFreeUris(call, application);
      call.directory.objects.save('application', application);
      return entity(call, 'applications', renderApplication(application), 201);
    },
  },
  {
    method: 'GET',
    path: '/applications/{id}',
    handle: (call) => entity(call, 'applications', renderApplication(requireApplication(call))),
  },
  {
    method: 'PATCH',
    path: '/applications/{id}',
    handle(call) {
      const application = change(requireApplication(call), parseBody(call, changes));
      requireFreeUris(call, application);
      call.directory.objects.save('application', application);
      return { status: 204 };
    },
  },
  {
    method: 'DELETE',
    path: '/applications/{id}',
    handle(call) {
      const { id, appId } = requireApplication(call);
      const { objects, principalOf } = call.directory;
      const principal = principalOf(appId);
      objects.remove('application', id);
      if (principal) objects.remove('servicePrincipal', principal.id);
      for (const grant of objects.list('permissionGrant'))
        if (grant.clientId === principal?.id || grant.resourceId === principal?.id)
          objects.remove('permissionGrant', grant.id);
      return { status: 204 };
    },
  },
  {
    method: 'POST',
    path: '/applications/{id}/addPassword',
    handle(call) {
      const application = requireApplication(call);
      const shape = z.object({
        passwordCredential: z
          .object({
            displayName: z.string().nullish(),
            endDateTime: z.iso.datetime({ offset: true }).nullish(),
          })
          .nullish(),
      });
      const { passwordCredential } = parseBody(call, shape);
      const secretText = randomBytes(30).toString('base64url');
      const now = call.clock.now();
      const twoYearsMs = 2 * 365 * 86_400_000;
      const shown = {
        keyId: randomUUID(),
        displayName: passwordCredential?.displayName ?? null,
        hint: secretText.slice(0, 3),
        startDateTime: new Date(now).toISOString(),
        endDateTime: passwordCredential?.endDateTime ?? new Date(now + twoYearsMs).toISOString(),
      };
      const passwordCredentials = [
        ...application.passwordCredentials,
        { ...shown, hash: hashOf(secretText) },
      ];
      call.directory.objects.save('application', { ...application, passwordCredentials });
      return { status: 200, body: { ...shown, secretText } };
    },
  },
  {
    method: 'POST',
    path: '/applications/{id}/removePassword',
    handle(call) {
      const application = requireApplication(call);
      const { keyId } = parseBody(call, z.object({ keyId: guid }));
      const left = application.passwordCredentials.filter((one) => one.keyId !== keyId);
      if (left.length === application.passwordCredentials.length)
        throw new GraphError(400, 'Request_BadRequest', `No password credential found with keyId ${keyId}.`);
      call.directory.objects.save('application', { ...application, passwordCredentials: left });
      return { status: 204 };
    },
  },
];
