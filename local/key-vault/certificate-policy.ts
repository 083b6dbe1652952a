import { z } from 'zod';
import { badParameter, lacking } from './vault-error.ts';

const names = z.array(z.string().min(1).max(255)).max(100).nullish();

const lifetimeAction = z.object({
  trigger: z.object({
    lifetime_percentage: z.int().min(1).max(99).nullish(),
    days_before_expiry: z.int().min(1).max(3240).nullish(),
  }),
  action: z.object({ action_type: z.enum(['EmailContacts', 'AutoRenew']) }),
});
type LifetimeAction = z.infer<typeof lifetimeAction>;

/** Field names and values as the REST reference has them (CertificatePolicy). */
const policySchema = z.object({
  key_props: z
    .object({
      exportable: z.boolean().nullish(),
      kty: z.string().nullish(),
      key_size: z.int().nullish(),
      reuse_key: z.boolean().nullish(),
      crv: z.string().nullish(),
    })
    .nullish(),
  secret_props: z.object({ contentType: z.string().nullish() }).nullish(),
  x509_props: z
    .object({
      subject: z.string().max(1024).nullish(),
      ekus: z.array(z.string().regex(/^\d+(\.\d+)+$/)).nullish(),
      sans: z
        .object({ emails: names, dns_names: names, upns: names, uris: names, ipAddresses: names })
        .nullish(),
      key_usage: z.array(z.string()).nullish(),
      validity_months: z.int().min(1).max(120).nullish(),
    })
    .nullish(),
  lifetime_actions: z.array(lifetimeAction).max(10).nullish(),
  issuer: z
    .object({
      name: z.string().nullish(),
      cty: z.string().nullish(),
      cert_transparency: z.boolean().nullish(),
    })
    .nullish(),
});

export type PolicyParameters = z.infer<typeof policySchema>;
export const policyParameters = policySchema;

type KeyType = 'RSA' | 'EC';

/** A policy with its defaults filled in, field names as on the wire. */
export interface CertificatePolicy {
  key_props: { exportable: boolean; kty: KeyType; key_size: number; reuse_key: boolean; crv?: string };
  secret_props: { contentType: string };
  x509_props: {
    subject: string;
    ekus: readonly string[];
    sans: Readonly<Partial<Record<SubjectNameKind, readonly string[]>>>;
    key_usage: readonly string[];
    validity_months: number;
  };
  lifetime_actions: readonly LifetimeAction[];
  issuer: { name: string; cty?: string; cert_transparency?: boolean };
}

export type SubjectNameKind = 'emails' | 'dns_names' | 'upns' | 'uris' | 'ipAddresses';
const subjectNameKinds: readonly SubjectNameKind[] = ['emails', 'dns_names', 'upns', 'uris', 'ipAddresses'];

export const pemContentType = 'application/x-pem-file';
export const pfxContentType = 'application/x-pkcs12';

const curveSizes: ReadonlyMap<string, number> = new Map([
  ['P-256', 256],
  ['P-384', 384],
  ['P-521', 521],
]);
const rsaSizes = [2048, 3072, 4096];
const serverAndClient = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

function keyProperties(wanted: PolicyParameters['key_props']): CertificatePolicy['key_props'] {
  const exportable = wanted?.exportable ?? true;
  const reuse_key = wanted?.reuse_key ?? false;
  const kty = wanted?.kty ?? (wanted?.crv ? 'EC' : 'RSA');
  if (kty === 'RSA') {
    const key_size = wanted?.key_size ?? 2048;
    if (!rsaSizes.includes(key_size))
      throw badParameter(`policy.key_props.key_size ${key_size} is not one of ${rsaSizes.join(', ')}`);
    return { exportable, kty, key_size, reuse_key };
  }
  if (kty !== 'EC') throw lacking(`certificate keys of type ${kty}`);
  const crv = wanted?.crv ?? 'P-256';
  const key_size = curveSizes.get(crv);
  if (!key_size) throw lacking(`certificate keys on curve ${crv}`);
  return { exportable, kty, key_size, reuse_key, crv };
}

type SubjectNames = CertificatePolicy['x509_props']['sans'];
type WantedNames = { readonly [K in SubjectNameKind]?: readonly string[] | null | undefined };

function subjectNames(wanted: WantedNames | null | undefined): SubjectNames {
  const sans: Partial<Record<SubjectNameKind, readonly string[]>> = {};
  for (const kind of subjectNameKinds) if (wanted?.[kind]?.length) sans[kind] = wanted[kind];
  return sans;
}

/** A vault renews what it can by itself. */
const defaultLifetimeActions = (issuerName: string): readonly LifetimeAction[] => [
  {
    trigger: { lifetime_percentage: 80 },
    action: { action_type: issuerName === 'Unknown' ? 'EmailContacts' : 'AutoRenew' },
  },
];

/** Fills in the service's defaults; what is absent in `wanted` comes from `current` where there is one. */
export function completePolicy(wanted: PolicyParameters, current?: CertificatePolicy): CertificatePolicy {
  const x509 = { ...current?.x509_props, ...wanted.x509_props };
  const issuer = wanted.issuer ?? current?.issuer;
  const contentType = wanted.secret_props?.contentType ?? current?.secret_props.contentType ?? pfxContentType;
  const key_props = keyProperties(wanted.key_props ?? current?.key_props);
  if (!issuer?.name) throw badParameter('policy.issuer.name is required');
  if (contentType !== pemContentType && contentType !== pfxContentType)
    throw badParameter(`policy.secret_props.contentType ${contentType} is not supported`);
  const sans = subjectNames(x509.sans);
  const subject = x509.subject ?? '';
  if (!subject && Object.keys(sans).length === 0)
    throw badParameter('policy.x509_props needs a subject or subject alternative names');
  return {
    key_props,
    secret_props: { contentType },
    x509_props: {
      subject,
      ekus: x509.ekus ?? serverAndClient,
      sans,
      key_usage:
        x509.key_usage ??
        (key_props.kty === 'RSA' ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature']),
      validity_months: x509.validity_months ?? 12,
    },
    lifetime_actions:
      wanted.lifetime_actions ?? current?.lifetime_actions ?? defaultLifetimeActions(issuer.name),
    issuer: {
      name: issuer.name,
      ...(issuer.cty && { cty: issuer.cty }),
      ...(typeof issuer.cert_transparency === 'boolean' && { cert_transparency: issuer.cert_transparency }),
    },
  };
}
