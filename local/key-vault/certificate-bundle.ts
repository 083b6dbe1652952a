import { createHash } from 'node:crypto';
import { renderAttributes } from './attributes.ts';
import type { CertificateDetail, CertificateOperation } from './certificate-state.ts';
import type { Collection } from './collection.ts';
import type { VaultCall } from './vault-call.ts';
import type { StoredObject, StoredVersion } from './vault-store.ts';

type Certificate = StoredObject<'certificates'>;
type CertificateVersion = StoredVersion<'certificates'>;

const idOf = (call: VaultCall, { name }: Certificate) => `${call.baseUrl}/certificates/${name}`;

/** `x5t`: SHA-1 of the leaf in base64url (RFC 7515 section 4.1.7), `cer`: the leaf in base64; absent until issued. */
function leafMembers({ body }: CertificateVersion) {
  const [cer] = body.chain;
  if (cer === undefined) return {};
  return { x5t: createHash('sha1').update(Buffer.from(cer, 'base64')).digest('base64url'), cer };
}

export const renderPolicy = (call: VaultCall, certificate: Certificate) => {
  const { policy, created, updated } = certificate.detail;
  return {
    id: `${idOf(call, certificate)}/policy`,
    ...policy,
    attributes: { enabled: true, created, updated },
  };
};

const statusDetails: Readonly<Record<CertificateOperation['status'], string | undefined>> = {
  inProgress:
    'Pending certificate created. Certificate request is in progress. This may take some time based on the ' +
    'issuer provider. Please check again later.',
  completed: undefined,
  cancelled: 'The certificate operation was cancelled by the user.',
};

export function renderOperation(
  call: VaultCall,
  certificate: Certificate,
  operation: NonNullable<CertificateDetail['operation']>,
) {
  const { issuerName, csr, status, requestId } = operation;
  return {
    id: `${idOf(call, certificate)}/pending`,
    issuer: { name: issuerName },
    csr,
    cancellation_requested: status === 'cancelled',
    status,
    ...(statusDetails[status] && { status_details: statusDetails[status] }),
    ...(status === 'completed' && { target: idOf(call, certificate) }),
    request_id: requestId,
  };
}

export const certificateCollection: Collection<'certificates'> = {
  kind: 'certificates',
  noun: 'Certificate',
  bundle(_context, call, object, version) {
    const { policy, operation } = object.detail;
    const id = (kind: string) => `${call.baseUrl}/${kind}/${object.name}/${version.version}`;
    return {
      id: id('certificates'),
      kid: id('keys'),
      sid: id('secrets'),
      ...leafMembers(version),
      contentType: policy.secret_props.contentType,
      attributes: renderAttributes(version),
      tags: version.tags,
      policy: renderPolicy(call, object),
      ...(version.body.preserveOrder && { preserveCertOrder: true }),
      ...(operation && { pending: { id: `${idOf(call, object)}/pending` } }),
    };
  },
  item(id, _object, version) {
    const { x5t } = leafMembers(version);
    return { id, ...(x5t && { x5t }), attributes: renderAttributes(version), tags: version.tags };
  },
};
