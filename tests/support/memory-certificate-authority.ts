import type { RateLimit } from '#shared/domain/budget.ts';
import type { KeyCustody, RenewalWindow } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type {
  CertificateAuthority,
  DnsChallenge,
  OrderProgress,
  OrderRequest,
} from '#shared/ports/certificate-authority.ts';
import { decodeChain, encodeChain } from './memory-certificate-chain.ts';

interface Order {
  hostNames: readonly string[];
  replaces?: string;
  at: number;
  state: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  challenges: DnsChallenge[];
  answered: Set<string>;
  chain?: string;
}

export interface MemoryCertificateAuthorityOptions {
  name?: string;
  limits?: readonly RateLimit[];
  now(): number;
  /** The TXT values that the authority sees at an absolute name. */
  textValues(name: string): ReadonlySet<string>;
  lifetimeMs: number;
}

/** What the authority asks its clients to wait between two looks at an order. */
const lookAgainMs = 3_000;

/**
 * An authority in memory that proves names in DNS: an order becomes ready when its challenges are answered and
 * their values are in the zone, invalid when they are not. `issued` has one entry for each certificate.
 */
export function createMemoryCertificateAuthority(options: MemoryCertificateAuthorityOptions) {
  const { name = 'authority-test', limits = [] } = options;
  const url = `https://${name}.test`;
  const orders: Order[] = [];
  const issued: string[][] = [];
  const windows = new Map<string, RenewalWindow>();
  const revoked: { serialNumber: string; reason: string }[] = [];
  const settings = { account: `${url}/account/1`, lifetimeMs: options.lifetimeMs };
  const orderAt = (orderUrl: string): Order => {
    const order = orders[Number(orderUrl.split('/').at(-1))];
    if (!order) throw new AppError('certificate_order_refused', `no order ${orderUrl}`);
    return order;
  };

  function progressOf(order: Order): OrderProgress {
    if (order.state === 'invalid') {
      throw new AppError('certificate_challenge_failed', 'the TXT values are not in the zone');
    }
    if (order.state === 'valid') return { state: 'valid' };
    return { state: order.state, retryAfterMs: lookAgainMs };
  }

  /** Validation and issuance happen between two looks of the client. */
  function moveOn(order: Order): void {
    if (order.state === 'pending' && order.answered.size === order.challenges.length) {
      const isProven = order.challenges.every(({ recordName, recordValue }) =>
        options.textValues(recordName).has(recordValue),
      );
      order.state = isProven ? 'ready' : 'invalid';
    } else if (order.state === 'processing') order.state = 'valid';
  }

  return {
    name,
    authority: `${url}/directory`,
    vaultIssuer: 'Unknown',
    custodies: ['vault', 'machine'] as readonly KeyCustody[],
    limits,
    orders,
    issued,
    revoked,
    /** By leaf serial number. */
    windows,
    /** May be changed while it runs. */
    settings,
    async ensureAccount() {
      return settings.account;
    },
    async caaIdentities() {
      return [`${name}.test`];
    },
    async createOrder({ hostNames, replaces }: OrderRequest) {
      const number = orders.length;
      const challenges = hostNames.map((hostName, index) => ({
        recordName: `_acme-challenge.${hostName.replace('*.', '')}`,
        recordValue: `value-${name}-${number}-${index}`,
        authorizationUrl: `${url}/authorization/${number}-${index}`,
        challengeUrl: `${url}/challenge/${number}/${index}`,
      }));
      orders.push({
        hostNames,
        at: options.now(),
        state: 'pending',
        challenges,
        answered: new Set(),
        ...(replaces !== undefined && { replaces }),
      });
      return { orderUrl: `${url}/order/${number}`, challenges };
    },
    async answerChallenge(challengeUrl: string) {
      const [number] = challengeUrl.split('/').slice(-2);
      orderAt(`order/${number}`).answered.add(challengeUrl);
    },
    async readOrder(orderUrl: string) {
      const order = orderAt(orderUrl);
      const shown = progressOf(order);
      moveOn(order);
      return shown;
    },
    async finalizeOrder(orderUrl: string, request: Uint8Array) {
      const order = orderAt(orderUrl);
      if (order.state === 'ready') {
        order.state = 'processing';
        issued.push([...order.hostNames]);
        order.chain = encodeChain({
          serialNumber: `${name}-0${issued.length}`,
          hostNames: [...order.hostNames],
          notBefore: new Date(options.now()).toISOString(),
          notAfter: new Date(options.now() + settings.lifetimeMs).toISOString(),
          request: Buffer.from(request).toString('base64'),
        });
      }
      return progressOf(order);
    },
    async downloadChain(orderUrl: string) {
      const order = orderAt(orderUrl);
      if (order.state !== 'valid' || order.chain === undefined) {
        throw new AppError('certificate_authority_unavailable', `the order is ${order.state}`);
      }
      return { chainPem: order.chain, renewalId: decodeChain(order.chain).serialNumber };
    },
    async renewalAdvice(renewalId: string) {
      const window = windows.get(renewalId);
      return window && { window };
    },
    async revoke(chain: string, reason: string) {
      const { serialNumber } = decodeChain(chain);
      if (revoked.some((one) => one.serialNumber === serialNumber)) return;
      revoked.push({ serialNumber, reason });
    },
  } satisfies CertificateAuthority & Record<string, unknown>;
}
