import { X509Certificate } from 'node:crypto';
import { type RevocationReason, revocationReasons } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type { IssuedChain, RenewalAdvice } from '#shared/ports/certificate-authority.ts';
import type { AcmeAccount } from './acme-account.ts';
import { isIssuedUnder, parseChain } from './acme-chain.ts';
import { type AcmeReply, parseReply } from './acme-exchange.ts';
import { AcmeProblem, isRefusal, refusalOf } from './acme-problem.ts';
import { renewalInfoShape } from './acme-shapes.ts';
import type { AcmeTransport } from './acme-transport.ts';
import { linksTo } from './link-header.ts';
import { renewalIdOf } from './renewal-id.ts';

/** Authorities offer one or two. */
const mostAlternates = 8;

/** What there is to do with a certificate once it is issued. */
export interface AcmeCertificates {
  download(certificateUrl: string): Promise<IssuedChain>;
  advise(renewalId: string): Promise<RenewalAdvice | undefined>;
  revoke(chainPem: string, reason: RevocationReason): Promise<void>;
}

export interface AcmeCertificatesOptions {
  transport: AcmeTransport;
  account: AcmeAccount;
  /** Common name of an issuer; a chain below it is taken where one is offered (RFC 8555 section 7.4.2). */
  preferredChain: string | undefined;
}

export function createAcmeCertificates(options: AcmeCertificatesOptions): AcmeCertificates {
  const { transport, account, preferredChain } = options;

  /** Undefined for a chain that the authority lists and then refuses: a preference is not worth the certificate. */
  const readAlternate = async (url: string): Promise<AcmeReply | undefined> => {
    try {
      return await account.post(url, undefined);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  };

  const preferred = async (reply: AcmeReply, url: string): Promise<string> => {
    const isWanted = ({ text }: AcmeReply, from: string) =>
      preferredChain === undefined || isIssuedUnder(parseChain(text, from), preferredChain);
    if (isWanted(reply, url)) return reply.text;
    const alternates = linksTo('alternate', reply.headers.get('link'), url);
    for (const alternate of alternates.slice(0, mostAlternates)) {
      const other = await readAlternate(alternate);
      if (other && isWanted(other, alternate)) return other.text;
    }
    return reply.text;
  };

  return {
    async download(url) {
      const reply = await account.post(url, undefined);
      parseChain(reply.text, url);
      const chainPem = await preferred(reply, url);
      const renewalId = renewalIdOf(chainPem);
      return { chainPem, ...(renewalId !== undefined && { renewalId }) };
    },

    async advise(renewalId) {
      const { renewalInfo } = await transport.directory();
      if (renewalInfo === undefined) return undefined;
      const url = `${renewalInfo.replace(/\/$/, '')}/${renewalId}`;
      try {
        const reply = await transport.get(url);
        const { suggestedWindow, explanationURL } = parseReply(renewalInfoShape, reply, url);
        return {
          window: suggestedWindow,
          ...(reply.retryAfterMs !== undefined && { retryAfterMs: reply.retryAfterMs }),
          ...(explanationURL !== undefined && { explanationUrl: explanationURL }),
        };
      } catch (error) {
        // An authority that does not know the certificate (it has another issuer now) suggests nothing.
        if (error instanceof AcmeProblem && error.status === 404) return undefined;
        throw error;
      }
    },

    async revoke(chainPem, reason) {
      const { revokeCert } = await transport.directory();
      if (revokeCert === undefined) {
        throw new AppError('certificate_revocation_refused', 'the authority revokes nothing over ACME');
      }
      const certificate = new X509Certificate(chainPem).raw.toString('base64url');
      const code = revocationReasons[reason];
      try {
        // RFC 5280 section 5.3.1: `unspecified` is left out rather than sent.
        await account.post(revokeCert, { certificate, ...(code > 0 && { reason: code }) });
      } catch (error) {
        if (error instanceof AcmeProblem && error.type === 'alreadyRevoked') return;
        throw isRefusal(error) ? refusalOf(error, 'certificate_revocation_refused') : error;
      }
    },
  };
}
