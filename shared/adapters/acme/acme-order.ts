import { Buffer } from 'node:buffer';
import { AppError } from '#shared/domain/error.ts';
import type {
  CertificateOrder,
  DnsChallenge,
  OrderProgress,
  OrderRequest,
} from '#shared/ports/certificate-authority.ts';
import type { AcmeAccount } from './acme-account.ts';
import { type AcmeReply, locationOf, parseReply } from './acme-exchange.ts';
import { AcmeProblem, isRefusal, type ProblemDocument, refusalOf, type Subproblem } from './acme-problem.ts';
import {
  type AcmeAuthorization,
  type AcmeChallenge,
  type AcmeDirectory,
  type AcmeOrder,
  authorizationShape,
  challengeShape,
  orderShape,
} from './acme-shapes.ts';
import type { AcmeTransport } from './acme-transport.ts';
import { textValueOf } from './key-authorization.ts';
import { createSeenOrders } from './seen-orders.ts';

/** Where the authority names no wait. Validation by a real one takes one to five seconds. */
const unnamedWaitMs = 500;

/** The steps of one order (RFC 8555 section 7.4), each repeatable. */
export interface AcmeOrders {
  create(request: OrderRequest): Promise<CertificateOrder>;
  answer(challengeUrl: string): Promise<void>;
  read(orderUrl: string): Promise<OrderProgress>;
  finalize(orderUrl: string, request: Uint8Array): Promise<OrderProgress>;
  /** Where the chain of a valid order is. */
  certificateUrl(orderUrl: string): Promise<string>;
}

export interface AcmeOrdersOptions {
  transport: AcmeTransport;
  account: AcmeAccount;
  /** draft-ietf-acme-profiles; undefined leaves the choice to the authority. */
  profile: string | undefined;
}

interface ReadOrder {
  order: AcmeOrder;
  reply: AcmeReply;
}

/** RFC 8555 section 7.4, with RFC 9773 section 5 and profiles. */
interface NewOrder {
  identifiers: { type: string; value: string }[];
  profile?: string;
  replaces?: string;
}

const unproven = (detail: string): ProblemDocument => ({ type: 'dns', detail, subproblems: [] });

function requireProfile(profile: string, { newOrder, meta }: AcmeDirectory): void {
  if (Object.hasOwn(meta.profiles, profile)) return;
  const offered = Object.keys(meta.profiles).toSorted();
  const list = offered.length > 0 ? offered.join(', ') : 'none';
  throw new AppError(
    'configuration_incomplete',
    `${new URL(newOrder).host} has no profile ${profile}; it offers ${list}`,
    { facts: { profile, offered } },
  );
}

export function createAcmeOrders({ transport, account, profile }: AcmeOrdersOptions): AcmeOrders {
  const seen = createSeenOrders();

  /** The order in an answer to a request to `url`. */
  const orderIn = (reply: AcmeReply, url: string, orderUrl: string): ReadOrder => {
    const order = parseReply(orderShape, reply, url);
    seen.note(orderUrl, order);
    return { reply, order };
  };

  const readOrder = async (url: string): Promise<ReadOrder> =>
    orderIn(await account.post(url, undefined), url, url);

  const readAuthorization = async (url: string): Promise<AcmeAuthorization> =>
    parseReply(authorizationShape, await account.post(url, undefined), url);

  /** What the challenges of an order failed of: not every authority says in the order which name it was. */
  const faultsOfNames = async ({ authorizations }: AcmeOrder): Promise<Subproblem[]> => {
    const read = await Promise.all(authorizations.map(readAuthorization));
    return read.flatMap(({ identifier, challenges }) =>
      challenges.flatMap(({ error }) =>
        error ? [{ type: error.type, detail: error.detail, identifier }] : [],
      ),
    );
  };

  /** Why an order is invalid: its own word, else that of its challenges (some authorities give only these). */
  const faultOf = async (order: AcmeOrder): Promise<AcmeProblem> => {
    const { error } = order;
    const named = error?.subproblems ?? [];
    const subproblems = named.length > 0 ? named : await faultsOfNames(order);
    const { type, detail } =
      error ?? subproblems[0] ?? unproven('the order became invalid and the authority does not say why');
    return new AcmeProblem(0, { type, detail, subproblems });
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
      recordName: `_acme-challenge.${identifier.value.replace(/^\*\./, '')}`,
      recordValue: textValueOf(challenge.token, publicKey),
      authorizationUrl: url,
      challengeUrl: challenge.url,
    };
  };

  const readChallenge = async (url: string, payload: object | undefined): Promise<AcmeChallenge> =>
    parseReply(challengeShape, await account.post(url, payload), url);

  /** An order that names what it replaces may be refused for that alone, in as many ways as there are authorities. */
  const post = async (newOrder: string, payload: NewOrder): Promise<AcmeReply> => {
    try {
      return await account.post(newOrder, payload);
    } catch (error) {
      if (payload.replaces === undefined || !isRefusal(error)) throw error;
      throw refusalOf(error, 'certificate_replacement_refused');
    }
  };

  return {
    async create({ hostNames, replaces }) {
      const directory = await transport.directory();
      const { newOrder, renewalInfo } = directory;
      if (profile !== undefined) requireProfile(profile, directory);
      // RFC 9773 section 5: only to an authority that has renewal information.
      const named = renewalInfo === undefined ? undefined : replaces;
      const reply = await post(newOrder, {
        identifiers: hostNames.map((value) => ({ type: 'dns', value })),
        ...(profile !== undefined && { profile }),
        ...(named !== undefined && { replaces: named }),
      });
      const orderUrl = locationOf(reply, newOrder);
      const order = parseReply(orderShape, reply, newOrder);
      const challenges = await Promise.all(order.authorizations.map(challengeOf));
      return {
        orderUrl,
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
      let finalizeUrl = seen.takeFinalize(orderUrl);
      if (finalizeUrl === undefined) {
        const current = await readOrder(orderUrl);
        if (current.order.status !== 'ready') return progressOf(current);
        finalizeUrl = current.order.finalize;
      }
      const csr = Buffer.from(request).toString('base64url');
      try {
        return await progressOf(orderIn(await account.post(finalizeUrl, { csr }), finalizeUrl, orderUrl));
      } catch (error) {
        // A twin of this call came first.
        if (!(error instanceof AcmeProblem) || error.type !== 'orderNotReady') throw error;
        return progressOf(await readOrder(orderUrl));
      }
    },

    async certificateUrl(orderUrl) {
      const known = seen.takeCertificate(orderUrl);
      if (known !== undefined) return known;
      const current = await readOrder(orderUrl);
      const progress = await progressOf(current);
      const { certificate } = current.order;
      if (progress.state === 'valid' && certificate !== undefined) return certificate;
      const options = progress.state === 'valid' ? {} : { retryAfterMs: progress.retryAfterMs };
      throw new AppError(
        'certificate_authority_unavailable',
        `the order is ${progress.state} and has no certificate yet`,
        options,
      );
    },
  };
}
