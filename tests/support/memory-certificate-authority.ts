import { AppError } from '#shared/domain/error.ts';
import type { RenewalWindow } from '#shared/domain/renewal.ts';
import type {
  CertificateAuthority,
  DnsChallenge,
  OrderProgress,
} from '#shared/ports/certificate-authority.ts';
import { decodeChain, encodeChain } from './memory-certificate-chain.ts';

interface Order {
  hostNames: string[];
  state: 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';
  challenges: DnsChallenge[];
  answered: Set<string>;
  chain?: string;
}

export interface MemoryCertificateAuthorityOptions {
  now(): number;
  /** The TXT values that the authority sees at an absolute name. */
  textValues(name: string): ReadonlySet<string>;
  lifetimeMs: number;
}

const url = 'https://authority.test';
/** What the authority asks its clients to wait between two looks at an order. */
const lookAgainMs = 3_000;

/**
 * An authority in memory that proves names in DNS: an order becomes ready when its challenges are answered and
 * their values are in the zone, invalid when they are not. `issued` has one entry for each certificate.
 */
export function createMemoryCertificateAuthority(options: MemoryCertificateAuthorityOptions) {
  const orders: Order[] = [];
  const issued: string[][] = [];
  const windows = new Map<string, RenewalWindow>();
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
    authority: `${url}/directory`,
    orders,
    issued,
    /** By leaf serial number. */
    windows,
    async ensureAccount() {
      return `${url}/account/1`;
    },
    async createOrder(hostNames: readonly string[]) {
      const number = orders.length;
      const challenges = hostNames.map((hostName, index) => ({
        recordName: `_acme-challenge.${hostName.replace('*.', '')}`,
        recordValue: `value-${number}-${index}`,
        authorizationUrl: `${url}/authorization/${number}-${index}`,
        challengeUrl: `${url}/challenge/${number}/${index}`,
      }));
      orders.push({ hostNames: [...hostNames], state: 'pending', challenges, answered: new Set() });
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
        issued.push(order.hostNames);
        order.chain = encodeChain({
          serialNumber: `0${issued.length}`,
          hostNames: order.hostNames,
          notBefore: new Date(options.now()).toISOString(),
          notAfter: new Date(options.now() + options.lifetimeMs).toISOString(),
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
      return order.chain;
    },
    async renewalWindow(chain: string) {
      return windows.get(decodeChain(chain).serialNumber);
    },
  } satisfies CertificateAuthority & Record<string, unknown>;
}
