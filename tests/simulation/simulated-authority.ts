import type { RateLimit } from '#shared/domain/budget.ts';
import type { KeyCustody } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type {
  CertificateAuthority,
  DnsChallenge,
  OrderProgress,
  OrderRequest,
} from '#shared/ports/certificate-authority.ts';
import { decodeChain, encodeChain } from '../support/memory-certificate-chain.ts';
import type { CountedOrder, Referee } from './referee.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { VirtualTime } from './virtual-time.ts';

const hourMs = 60 * 60_000;

interface Order {
  hostNames: readonly string[];
  counted: CountedOrder;
  replaces: string | undefined;
  challenges: DnsChallenge[];
  answered: Set<string>;
  /** When its proofs are looked at, when its leaf is made. */
  readyAt: number;
  validAt: number;
  state: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  chain?: string;
}

interface KnownLeaf {
  account: string;
  issuedAt: number;
  notBefore: number;
  notAfter: number;
  isReplaced: boolean;
  isRevoked: boolean;
}

export interface SimulatedAuthorityOptions {
  name: string;
  limits: readonly RateLimit[];
  referee: Referee;
  time: VirtualTime;
  random: SeededRandom;
  /** Whether it suggests windows (RFC 9773). */
  hasWindows: boolean;
  /** Whether an order that replaces is exempt from its limits. */
  exemptsReplacements: boolean;
  lifetimeOf(hostNames: readonly string[]): number;
  /** The TXT values that the world sees at an absolute name. */
  textValues(name: string): ReadonlySet<string>;
  /** Told of each refusal for a limit that nobody provoked. */
  onLimit(sentence: string): void;
}

/** Ways in which `replaces` is refused, and what they say. */
const refusals = [
  'alreadyReplaced (409)',
  'unauthorized (403): of another account',
  'malformed (400): no such certificate',
  'notFound (404)',
  'orderNotReady (403): too early to replace it',
] as const;

const isFast = 10 * 24 * hourMs;

/**
 * An authority that takes its time, counts by its own rules and has troubles that a story switches on and off. Its
 * figures are what it says itself; nothing in them comes from our records.
 */
export function createSimulatedAuthority(options: SimulatedAuthorityOptions) {
  const { name, referee, time, random } = options;
  const url = `https://${name}.test`;
  const orders = new Map<string, Order>();
  const leaves = new Map<string, KnownLeaf>();
  const settings = {
    account: `${url}/account/1`,
    isOut: false,
    refusesReplacements: false,
    /** Its servers see another DNS than everybody else. */
    seesNothing: false,
    /** The share of a lifetime by which all windows come earlier. */
    windowsEarlier: 0,
    /** Refusals for limits are provoked: lowered behind our back. */
    isProvoked: false,
  };
  const figures = {
    asked: 0,
    orders: 0,
    certificates: 0,
    exempt: 0,
    refusedReplacements: 0,
    invalid: 0,
    tooMany: 0,
    provoked: 0,
    revoked: 0,
    polls: 0,
  };
  let numbers = 0;

  function requireAwake(): void {
    if (settings.isOut) throw new AppError('certificate_authority_unavailable', `${name} answers 503`);
  }

  function keepTo(waitMs: number | undefined, what: string): void {
    if (waitMs === undefined) return;
    if (settings.isProvoked) figures.provoked += 1;
    else {
      figures.tooMany += 1;
      options.onLimit(`${name} answers 429 to ${what}`);
    }
    throw new AppError('certificate_rate_limited', `${name} answers 429`, { retryAfterMs: waitMs });
  }

  function orderAt(orderUrl: string): Order {
    const order = orders.get(orderUrl);
    if (!order) throw new AppError('certificate_order_refused', `no order ${orderUrl}`);
    return order;
  }

  function requireReplaceable(replaces: string): void {
    const leaf = leaves.get(replaces);
    const isFine = leaf && leaf.account === settings.account && !leaf.isReplaced;
    if (isFine && !settings.refusesReplacements) return;
    figures.refusedReplacements += 1;
    const way = refusals[Math.floor(random.next() * refusals.length)] ?? refusals[0];
    throw new AppError('certificate_replacement_refused', way);
  }

  function issue(order: Order): void {
    const { hostNames, counted, replaces } = order;
    const notBefore = time.now() - hourMs;
    const notAfter = notBefore + options.lifetimeOf(hostNames);
    const serialNumber = `${name}-${(figures.certificates += 1)}`;
    const known = replaces === undefined ? undefined : leaves.get(replaces);
    if (known) known.isReplaced = true;
    leaves.set(serialNumber, {
      account: counted.account,
      issuedAt: time.now(),
      notBefore,
      notAfter,
      isReplaced: false,
      isRevoked: false,
    });
    referee.issue(counted);
    order.chain = encodeChain({
      ...decodeChain(order.chain ?? ''),
      serialNumber,
      notBefore: new Date(notBefore).toISOString(),
      notAfter: new Date(notAfter).toISOString(),
    });
  }

  function progressOf(order: Order): OrderProgress {
    const now = time.now();
    if (order.state === 'pending' && order.readyAt <= now) {
      const isProven =
        !settings.seesNothing &&
        order.challenges.every(({ recordName, recordValue }) =>
          options.textValues(recordName).has(recordValue),
        );
      order.state = isProven ? 'ready' : 'invalid';
      if (!isProven) {
        figures.invalid += 1;
        // Base name and wildcard are one name to it, and two failures.
        for (const _ of order.challenges) referee.fail(order.counted);
      }
    }
    if (order.state === 'processing' && order.validAt <= now) order.state = 'valid';
    if (order.state === 'invalid')
      throw new AppError('certificate_challenge_failed', 'the TXT values are not there');
    if (order.state === 'valid') return { state: 'valid' };
    return { state: order.state, retryAfterMs: order.state === 'ready' ? 0 : 3_000 };
  }

  return {
    name,
    authority: `${url}/directory`,
    vaultIssuer: 'Unknown',
    custodies: ['vault', 'machine'] as readonly KeyCustody[],
    limits: options.limits,
    settings,
    figures,
    leaves,
    referee,
    async ensureAccount() {
      requireAwake();
      return settings.account;
    },
    async caaIdentities() {
      requireAwake();
      return [`${name}.test`];
    },
    async createOrder({ hostNames, replaces }: OrderRequest) {
      requireAwake();
      figures.asked += 1;
      if (replaces !== undefined) requireReplaceable(replaces);
      const counted: CountedOrder = {
        account: settings.account,
        names: hostNames.join(),
        isExempt: replaces !== undefined && options.exemptsReplacements,
      };
      keepTo(referee.order(counted), `an order for ${counted.names}`);
      figures.orders += 1;
      if (counted.isExempt) figures.exempt += 1;
      const number = (numbers += 1);
      const orderUrl = `${url}/order/${number}`;
      const challenges = hostNames.map((hostName, index) => ({
        recordName: `_acme-challenge.${hostName.replace('*.', '')}`,
        recordValue: `value-${name}-${number}-${index}`,
        authorizationUrl: `${url}/authorization/${number}-${index}`,
        challengeUrl: `${orderUrl}/challenge/${index}`,
      }));
      orders.set(orderUrl, {
        hostNames,
        counted,
        replaces,
        challenges,
        answered: new Set(),
        readyAt: Number.POSITIVE_INFINITY,
        validAt: Number.POSITIVE_INFINITY,
        state: 'pending',
      });
      return { orderUrl, challenges };
    },
    async answerChallenge(challengeUrl: string) {
      requireAwake();
      const order = orderAt(challengeUrl.split('/challenge/')[0] ?? '');
      if (order.answered.has(challengeUrl)) return;
      keepTo(referee.challenge(order.counted.account), challengeUrl);
      order.answered.add(challengeUrl);
      if (order.answered.size === order.challenges.length)
        order.readyAt = time.now() + random.between(1_000, 5_000);
    },
    async readOrder(orderUrl: string) {
      requireAwake();
      return progressOf(orderAt(orderUrl));
    },
    async finalizeOrder(orderUrl: string, request: Uint8Array) {
      requireAwake();
      const order = orderAt(orderUrl);
      if (order.state === 'ready') {
        order.state = 'processing';
        order.validAt = time.now() + random.between(500, 3_000);
        order.chain = encodeChain({
          serialNumber: 'serial',
          hostNames: [...order.hostNames],
          notBefore: '',
          notAfter: '',
          request: Buffer.from(request).toString('base64'),
        });
        issue(order);
      }
      return progressOf(order);
    },
    async downloadChain(orderUrl: string) {
      requireAwake();
      const { state, chain } = orderAt(orderUrl);
      if (state !== 'valid' || chain === undefined)
        throw new AppError('certificate_authority_unavailable', `the order is ${state}`);
      orders.delete(orderUrl);
      return { chainPem: chain, renewalId: decodeChain(chain).serialNumber };
    },
    /** Around two thirds of a long lifetime, the half of a short one; asked for again each day. */
    async renewalAdvice(renewalId: string) {
      requireAwake();
      figures.polls += 1;
      const leaf = leaves.get(renewalId);
      if (!leaf || !options.hasWindows) return undefined;
      const lifetimeMs = leaf.notAfter - leaf.notBefore;
      const from = (lifetimeMs < isFast ? 0.5 : 0.65) - settings.windowsEarlier;
      const at = (part: number) => new Date(leaf.notBefore + part * lifetimeMs).toISOString();
      return { window: { start: at(from), end: at(from + 0.05) }, retryAfterMs: 24 * hourMs };
    },
    async revoke(chain: string) {
      requireAwake();
      const leaf = leaves.get(decodeChain(chain).serialNumber);
      if (!leaf) throw new AppError('certificate_revocation_refused', 'no such certificate');
      if (!leaf.isRevoked) figures.revoked += 1;
      leaf.isRevoked = true;
    },
  } satisfies CertificateAuthority & Record<string, unknown>;
}

export type SimulatedAuthority = ReturnType<typeof createSimulatedAuthority>;
