import type { Calls } from '#local/kit/calls.ts';
import type { Faults } from '#local/kit/faults.ts';
import { createIntermediate, createLocalRoot } from '#local/kit/local-authority.ts';
import type { TlsIdentity } from '#local/kit/stand-in.ts';

/** Not an operation of the service: what the authority behind its issuers does with one request. */
export const issueOperation = 'IssueCertificate';

/** The service's words: the first where the issuer failed, the second where it did not want the request. */
export interface IssuanceFailure {
  code: 'Certificate issuer error' | 'Request rejected';
  message: string;
}

/** What comes of a request, decided when it is made: a restart changes nothing of it. */
interface PlannedIssuance {
  delayMs: number;
  failure?: IssuanceFailure;
}

/** The authority behind all issuers of all vaults. */
export interface Issuance {
  /** Key and certificate that sign; further certificates are sent with each leaf. */
  authority(): Promise<TlsIdentity>;
  plan(): PlannedIssuance;
}

export interface IssuanceOptions {
  /** Absent: an authority of its own, made at the first use, which nobody trusts. */
  authority?: TlsIdentity | undefined;
  /** From the request to the certificate, by the injected clock. */
  delayMs: number;
  now(): number;
  faults: Faults;
  calls: Calls;
}

/** A fault of `IssueCertificate`: `delayMs` comes on top, `status` 4xx is a rejection, 5xx trouble at the issuer. */
export function createIssuance(options: IssuanceOptions): Issuance {
  const { delayMs, now, faults, calls } = options;
  let authority: Promise<TlsIdentity> | undefined;
  const create = async () =>
    createIntermediate(await createLocalRoot(now()), 'Admin Center local issuer', now());

  return {
    authority() {
      authority ??= options.authority ? Promise.resolve(options.authority) : create();
      return authority;
    },
    plan() {
      calls.add(issueOperation);
      // The wildcard is for the operations of the service.
      const fault = faults.list().has(issueOperation) ? faults.take(issueOperation) : undefined;
      const code = fault?.status && fault.status < 500 ? 'Request rejected' : 'Certificate issuer error';
      const message = `The issuer answered ${fault?.status}: fault switched on for ${issueOperation}.`;
      return {
        delayMs: delayMs + (fault?.delayMs ?? 0),
        ...(fault?.status !== undefined && { failure: { code, message } }),
      };
    },
  };
}
