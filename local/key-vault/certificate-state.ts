import type { CertificatePolicy } from './certificate-policy.ts';
import type { IssuanceFailure } from './issuance.ts';

/** What a version of a certificate holds beside its attributes. */
export interface CertificateBody {
  /** Base64 DER, the leaf first; empty until the certificate is issued. */
  chain: readonly string[];
  /** Leave the chain as it came, instead of in order of issue. */
  preserveOrder: boolean;
}

/** The last operation on a name; there is one at most, and it stays to be read after it ended. */
export interface CertificateOperation {
  requestId: string;
  /** The version that it makes. */
  version: string;
  issuerName: string;
  /** PKCS#10, base64 DER. */
  csr: string;
  status: 'inProgress' | 'completed' | 'cancelled' | 'failed';
  cancellationRequested?: boolean;
  /** What the issuer does with it, and when (milliseconds since the epoch); absent where nobody does. */
  issuance?: { at: number; failure?: IssuanceFailure };
  /** Whether the version is to be enabled once it is issued. */
  enabled: boolean;
}

/** What all versions of a certificate share. */
export interface CertificateDetail {
  policy: CertificatePolicy;
  created: number;
  updated: number;
  operation?: CertificateOperation;
}
