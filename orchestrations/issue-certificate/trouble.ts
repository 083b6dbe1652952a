import type { Closure } from '#shared/domain/budget.ts';
import type { AppError } from '#shared/domain/error.ts';

/**
 * What a failed order means for the choice of the authority.
 *
 * - a closure's reason: nobody orders there for a while, and the next authority is asked;
 * - `refusal`: it does not want this order: the next is asked, the others go on there;
 * - `replacement`: it does not accept what is replaced: the order is repeated without that;
 * - `order`: another authority would fail the same way. Of a proof that is believed at first; one that failed the
 *   last time too may be the authority's own view of the DNS.
 */
export type Trouble = Closure['reason'] | 'refusal' | 'replacement' | 'order';

export function troubleOf({ code }: AppError, proofFailedBefore: boolean): Trouble {
  switch (code) {
    case 'certificate_replacement_refused':
      return 'replacement';
    case 'certificate_rate_limited':
      return 'rate-limited';
    case 'certificate_authority_unavailable':
    case 'certificate_order_timeout':
      return 'outage';
    case 'certificate_authority_forbidden':
      return 'forbidden by CAA';
    case 'certificate_order_refused':
      return 'refusal';
    case 'certificate_challenge_failed':
      return proofFailedBefore ? 'refusal' : 'order';
    default:
      return 'order';
  }
}
