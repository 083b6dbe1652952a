import type { Story } from './story.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
const percent = (part: number | undefined): string =>
  part === undefined ? '-' : `${(100 * part).toFixed(1)} %`;

/** What a story came to, as a table. */
export function summaryOf(
  { world, authorities }: Story,
  { seed, machines, days, wallMs }: { seed: number; machines: number; days: number; wallMs: number },
) {
  const { watch, time } = world;
  const orders = sum(authorities.map(({ figures }) => figures.orders));
  const certificates = sum(authorities.map(({ figures }) => figures.certificates));
  const ordersPerCertificate = orders / certificates;
  const rows = authorities.map(({ name, figures }) => {
    const renewed = watch.renewals.get(name);
    return [
      name,
      figures.orders,
      figures.exempt,
      figures.certificates,
      figures.tooMany,
      figures.provoked,
      figures.refusedReplacements,
      figures.invalid,
      figures.revoked,
      figures.polls,
      percent(renewed && renewed.sum / renewed.count),
      percent(renewed?.latest),
    ];
  });
  const head = [
    'authority',
    'orders',
    'exempt',
    'issued',
    '429',
    'provoked',
    'replaces refused',
    'invalid',
    'revoked',
    'polls',
    'renewed at (mean)',
    'latest',
  ];
  const table = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  const { endedWhileOff, endedAfterReturn, longestRecoveryMs, audits, postponed } = watch.figures;
  const failures = [...watch.failures].map(([code, count]) => `${code} ${count}`).join(', ') || 'none';
  const text = [
    `seed ${seed}: ${machines} machines, ${days} days, ${time.count} happenings in ${(wallMs / 1000).toFixed(1)} s`,
    ...lines,
    `orders per certificate ${ordersPerCertificate.toFixed(4)}; postponed ${postponed}; moves audited ${audits}; broken ${watch.broken.length}`,
    `ended while off ${endedWhileOff}, within an hour of coming back ${endedAfterReturn}; longest way back to a good one ${(longestRecoveryMs / 60_000).toFixed(1)} min`,
    `failed operations: ${failures}`,
  ].join('\n');
  return { text, ordersPerCertificate };
}
