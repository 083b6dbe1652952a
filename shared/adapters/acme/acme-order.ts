import { Buffer } from 'node:buffer';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateOrder, DnsChallenge, OrderProgress } from '#shared/ports/certificate-authority.ts';
import type { AcmeAccount } from './acme-account.ts';
import { type AcmeReply, parseReply } from './acme-exchange.ts';
import { AcmeProblem, type ProblemDocument } from './acme-problem.ts';
import {
  type AcmeAuthorization,
  type AcmeChallenge,
  type AcmeOrder,
  authorizationShape,
  challengeShape,
  orderShape,
} from './acme-shapes.ts';
import type { AcmeTransport } from './acme-transport.ts';
import { textValueOf } from './key-authorization.ts';

/** Where the authority names no wait. Validation by a real one takes one to five seconds. */
const unnamedWaitMs = 500;

/** The steps of one order (RFC 8555 section 7.4), each repeatable. */
export interface AcmeOrders {
  create(hostNames: readonly string[]): Promise<CertificateOrder>;
  answer(challengeUrl: string): Promise<void>;
  read(orderUrl: string): Promise<OrderProgress>;
  finalize(orderUrl: string, request: Uint8Array): Promise<OrderProgress>;
  download(orderUrl: string): Promise<string>;
}

interface ReadOrder {
  order: AcmeOrder;
  reply: AcmeReply;
}

const unproven = (detail: string): ProblemDocument => ({ type: 'dns', detail, subproblems: [] });

export function createAcmeOrders(transport: AcmeTransport, account: AcmeAccount): AcmeOrders {
  const readOrder = async (url: string): Promise<ReadOrder> => {
    const reply = await account.post(url, undefined);
    return { reply, order: parseReply(orderShape, reply, url) };
  };

  const readAuthorization = async (url: string): Promise<AcmeAuthorization> =>
    parseReply(authorizationShape, await account.post(url, undefined), url);

  /** Why an order is invalid: its own word, else the errors of its challenges (some authorities give only these). */
  const faultOf = async ({ error, authorizations }: AcmeOrder): Promise<AcmeProblem> => {
    if (error) return new AcmeProblem(0, error);
    const read = await Promise.all(authorizations.map(readAuthorization));
    const subproblems = read.flatMap(({ identifier, challenges }) =>
      challenges.flatMap((challenge) => (challenge.error ? [{ ...challenge.error, identifier }] : [])),
    );
    const [first] = subproblems;
    return new AcmeProblem(0, {
      ...(first ?? unproven('the order became invalid and the authority does not say why')),
      subproblems,
    });
  };

  const progressOf = async ({ order, reply }: ReadOrder): Promise<OrderProgress> => {
    if (order.status === 'valid') return { state: 'valid' };
    if (order.status === 'invalid') throw await faultOf(order);
    const waitMs = order.status === 'ready' ? 0 : (reply.retryAfterMs ?? unnamedWaitMs);
    return { state: order.status, retryAfterMs: waitMs };
  };

  const challengeOf = async (url: string): Promise<DnsChallenge | undefined> => {
    const { status, identifier, challenges } = await readAuthorization(url);
    if (status === 'valid') return undefined;
    const challenge = challenges.find(({ type }) => type === 'dns-01');
    if (status !== 'pending' || challenge?.token === undefined) {
      const problem = challenge?.error ?? unproven(`the authority offers no DNS-01 challenge (${status})`);
      throw new AcmeProblem(0, { ...problem, subproblems: [{ ...problem, identifier }] });
    }
    const { publicKey } = await account.signer();
    return {
      recordName: `_acme-challenge.${identifier.value}`,
      recordValue: textValueOf(challenge.token, publicKey),
      authorizationUrl: url,
      challengeUrl: challenge.url,
    };
  };

  const readChallenge = async (url: string, payload: object | undefined): Promise<AcmeChallenge> =>
    parseReply(challengeShape, await account.post(url, payload), url);

  return {
    async create(hostNames) {
      const { newOrder } = await transport.directory();
      const identifiers = hostNames.map((value) => ({ type: 'dns', value }));
      const reply = await account.post(newOrder, { identifiers });
      const location = reply.headers.get('location');
      if (location === null) {
        throw new AppError('certificate_authority_unavailable', `${newOrder} named no order`);
      }
      const order = parseReply(orderShape, reply, newOrder);
      const challenges = await Promise.all(order.authorizations.map(challengeOf));
      return {
        orderUrl: new URL(location, newOrder).href,
        challenges: challenges.filter((challenge) => challenge !== undefined),
      };
    },

    async answer(challengeUrl) {
      let challenge: AcmeChallenge;
      try {
        challenge = await readChallenge(challengeUrl, {});
      } catch (error) {
        // Some authorities refuse a second answer: what became of the first one decides.
        if (!(error instanceof AcmeProblem) || error.status >= 500 || error.status === 429) throw error;
        challenge = await readChallenge(challengeUrl, undefined).catch(() => Promise.reject(error));
        if (challenge.status === 'pending') throw error;
      }
      if (challenge.status === 'invalid') {
        throw new AcmeProblem(0, challenge.error ?? unproven('the challenge failed'));
      }
    },

    read: async (orderUrl) => progressOf(await readOrder(orderUrl)),

    async finalize(orderUrl, request) {
      const current = await readOrder(orderUrl);
      if (current.order.status !== 'ready') return progressOf(current);
      const csr = Buffer.from(request).toString('base64url');
      try {
        const reply = await account.post(current.order.finalize, { csr });
        return await progressOf({ reply, order: parseReply(orderShape, reply, current.order.finalize) });
      } catch (error) {
        // A twin of this call came first.
        if (!(error instanceof AcmeProblem) || error.type !== 'orderNotReady') throw error;
        return progressOf(await readOrder(orderUrl));
      }
    },

    async download(orderUrl) {
      const current = await readOrder(orderUrl);
      const progress = await progressOf(current);
      const { certificate } = current.order;
      if (progress.state !== 'valid' || certificate === undefined) {
        const options = progress.state === 'valid' ? {} : { retryAfterMs: progress.retryAfterMs };
        throw new AppError(
          'certificate_authority_unavailable',
          `the order is ${progress.state} and has no certificate yet`,
          options,
        );
      }
      const { text } = await account.post(certificate, undefined);
      if (!text.includes('-----BEGIN CERTIFICATE-----')) {
        throw new AppError('certificate_authority_unavailable', `${certificate} is not a PEM chain`);
      }
      return text;
    },
  };
}
