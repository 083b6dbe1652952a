import type { AcmeOrder } from './acme-shapes.ts';

/** More are in work at a time in no process; what is pushed out is read again. */
const mostKept = 500;

/**
 * What orders were seen to be: `ready` with their finalize URL, `valid` with their certificate. Each sight serves one
 * next step without another read; a repeated step, or one in another process, reads.
 */
export interface SeenOrders {
  note(orderUrl: string, order: AcmeOrder): void;
  takeFinalize(orderUrl: string): string | undefined;
  takeCertificate(orderUrl: string): string | undefined;
}

export function createSeenOrders(): SeenOrders {
  const seen = new Map<string, AcmeOrder>();

  const takeWhen = (orderUrl: string, status: AcmeOrder['status']): AcmeOrder | undefined => {
    const order = seen.get(orderUrl);
    if (order?.status !== status) return undefined;
    seen.delete(orderUrl);
    return order;
  };

  return {
    note(orderUrl, order) {
      seen.delete(orderUrl);
      if (order.status !== 'ready' && order.status !== 'valid') return;
      seen.set(orderUrl, order);
      const [oldest] = seen.keys();
      if (seen.size > mostKept && oldest !== undefined) seen.delete(oldest);
    },
    takeFinalize: (orderUrl) => takeWhen(orderUrl, 'ready')?.finalize,
    takeCertificate: (orderUrl) => takeWhen(orderUrl, 'valid')?.certificate,
  };
}
