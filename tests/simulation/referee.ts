/** What an authority is asked for that some limit counts. */
export interface CountedOrder {
  account: string;
  /** The set of names. */
  names: string;
  /** It replaces a certificate of the same account, and the authority exempts such orders. */
  isExempt: boolean;
}

/** The authority's own count. Answers are milliseconds until it would be allowed; undefined: allowed and counted. */
export interface Referee {
  order(order: CountedOrder): number | undefined;
  issue(order: CountedOrder): void;
  challenge(account: string): number | undefined;
  /** A name was not proven. */
  fail(order: CountedOrder): void;
  /** From now on it allows only this part of what is known of it. */
  lowerTo(part: number): void;
}

interface BucketRule {
  count: number;
  windowMs: number;
  /** What shares a bucket. */
  of: 'account' | 'zone' | 'names';
  /** An order for names that were issued before is no news to it. */
  exemptsSameNames: boolean;
  /** Let's Encrypt looks at every limit when an order is made, and takes some of them only when it issues. */
  takenAt: 'order' | 'issue' | 'failure';
}

const keyOf = ({ of }: BucketRule, { account, names }: CountedOrder): string =>
  of === 'zone' ? '' : of === 'account' ? account : names;

/** Levels that rise steadily to the count and fall by one each time. */
function createBucketReferee(now: () => number, rules: readonly BucketRule[]): Referee {
  const levels = rules.map(() => new Map<string, { level: number; at: number }>());
  const issued = new Set<string>();
  let part = 1;

  function levelOf(rule: BucketRule, index: number, order: CountedOrder): number {
    const most = Math.max(1, rule.count * part);
    const known = levels[index]?.get(keyOf(rule, order));
    if (!known) return most;
    return Math.min(most, known.level + ((now() - known.at) * rule.count * part) / rule.windowMs);
  }

  const isFree = (rule: BucketRule, { names }: CountedOrder) => rule.exemptsSameNames && issued.has(names);

  function take(order: CountedOrder, at: BucketRule['takenAt']): void {
    for (const [index, rule] of rules.entries()) {
      if (rule.takenAt !== at || isFree(rule, order)) continue;
      levels[index]?.set(keyOf(rule, order), { level: levelOf(rule, index, order) - 1, at: now() });
    }
  }

  return {
    order(order) {
      const waits = rules.map((rule, index) => {
        // Who fails to prove a name has to wait, whatever he replaces.
        if ((order.isExempt && rule.takenAt !== 'failure') || isFree(rule, order)) return 0;
        // A millionth for the sums of fractions.
        const missing = 1 - 1e-6 - levelOf(rule, index, order);
        return missing <= 0 ? 0 : (missing * rule.windowMs) / (rule.count * part);
      });
      const longest = Math.max(...waits);
      if (longest > 0) return Math.ceil(longest) + 1_000;
      if (!order.isExempt) take(order, 'order');
      return undefined;
    },
    issue(order) {
      if (!order.isExempt) take(order, 'issue');
      issued.add(order.names);
    },
    challenge: () => undefined,
    fail: (order) => take(order, 'failure'),
    lowerTo(allowed) {
      part = allowed;
      // What was missing for the lower count alone is there again.
      if (allowed === 1) for (const each of levels) each.clear();
    },
  };
}

/** So many in any window, of orders or of challenges, by account. */
function createWindowReferee(
  now: () => number,
  { count, windowMs, of }: { count: number; windowMs: number; of: 'order' | 'challenge' },
): Referee {
  const seen = new Map<string, number[]>();
  let part = 1;

  function allow(account: string): number | undefined {
    const times = (seen.get(account) ?? []).filter((at) => at > now() - windowMs);
    const [oldest = 0] = times;
    const isFull = times.length >= Math.max(1, count * part);
    if (!isFull) times.push(now());
    seen.set(account, times);
    return isFull ? oldest + windowMs - now() : undefined;
  }

  return {
    order: ({ account }) => (of === 'order' ? allow(account) : undefined),
    issue() {},
    fail() {},
    challenge: (account) => (of === 'challenge' ? allow(account) : undefined),
    lowerTo(allowed) {
      part = allowed;
    },
  };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const weekMs = 7 * 24 * hourMs;

/** What the authorities publish, in their own numbers; nothing here comes from the planner. */
export const referees = {
  letsEncrypt: (now: () => number) =>
    createBucketReferee(now, [
      { count: 300, windowMs: 3 * hourMs, of: 'account', exemptsSameNames: true, takenAt: 'order' },
      { count: 50, windowMs: weekMs, of: 'zone', exemptsSameNames: true, takenAt: 'issue' },
      { count: 5, windowMs: weekMs, of: 'names', exemptsSameNames: false, takenAt: 'issue' },
      { count: 5, windowMs: hourMs, of: 'names', exemptsSameNames: false, takenAt: 'failure' },
    ]),
  google: (now: () => number) => createWindowReferee(now, { count: 30, windowMs: minuteMs, of: 'challenge' }),
  zerossl: (now: () => number) => createWindowReferee(now, { count: 20, windowMs: minuteMs, of: 'order' }),
} as const;
