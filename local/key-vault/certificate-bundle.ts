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

const waitsForIssuer =
  'Pending certificate created. Certificate request is in progress. This may take some time based on the ' +
  'issuer provider. Please check again later.';
const waitsForMerge = 'Pending certificate created. Please Perform Merge to complete the request.';

function statusDetails({ status, issuerName }: CertificateOperation): string | undefined {
  if (status === 'inProgress') return issuerName === 'Unknown' ? waitsForMerge : waitsForIssuer;
  if (status === 'cancelled') return 'The certificate operation was cancelled by the user.';
  return status === 'failed' ? '' : undefined;
}

export function renderOperation(
  call: VaultCall,
  certificate: Certificate,
  operation: NonNullable<CertificateDetail['operation']>,
) {
  const { issuerName, csr, status, requestId, issuance } = operation;
  const details = statusDetails(operation);
  return {
    id: `${idOf(call, certificate)}/pending`,
    issuer: { name: issuerName },
    csr,
    cancellation_requested: operation.cancellationRequested ?? false,
    status,
    ...(details !== undefined && { status_details: details }),
    ...(status === 'failed' && { error: issuance?.failure }),
    ...(status === 'completed' && { target: idOf(call, certificate) }),
    request_id: requestId,
  };
}

export const certificateCollection: Collection<'certificates'> = {
  kind: 'certificates',
  noun: 'Certificate',
  bundle(context, call, object, version) {
    const { policy, operation } = object.detail;
    const id = (kind: string) => `${call.baseUrl}/${kind}/${object.name}/${version.version}`;
    return {
      id: id('certificates'),
      kid: id('keys'),
      sid: id('secrets'),
      ...leafMembers(version),
      contentType: policy.secret_props.contentType,
      attributes: renderAttributes(context, call.vault, version),
      tags: version.tags,
      policy: renderPolicy(call, object),
      ...(version.body.preserveOrder && { preserveCertOrder: true }),
      ...(operation && { pending: { id: `${idOf(call, object)}/pending` } }),
    };
  },
  item(context, id, { vault }, version) {
    const { x5t } = leafMembers(version);
    const attributes = renderAttributes(context, vault, version);
    return { id, ...(x5t && { x5t }), attributes, tags: version.tags };
  },
};
