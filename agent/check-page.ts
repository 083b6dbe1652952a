import type { HostCheck, HostCheckId } from '#shared/domain/host-check.ts';

const titles: Readonly<Record<HostCheckId, string>> = {
  service: 'service',
  localhost: 'local page',
  process: 'process',
  installation: 'installation',
  ports: 'allowed ports',
  outbound: 'outbound',
  'manual-install': 'earlier install',
  listener: 'listener',
};
const titleWidth = Math.max(...Object.values(titles).map((title) => title.length));

const outcomeOf = ({ ok }: HostCheck): string => (ok === null ? '-' : ok ? 'ok' : 'failed');

function writeCheck(check: HostCheck, index: number): string {
  const start = `${String(index + 1).padStart(2)}  ${outcomeOf(check).padEnd(6)}  ${titles[check.id].padEnd(titleWidth)}  `;
  const [first = '', ...others] = check.found.split('\n');
  const indent = ' '.repeat(start.length);
  return [
    start + first,
    ...others.map((line) => indent + line),
    ...(check.next === undefined ? [] : [`${indent}-> ${check.next}`]),
  ].join('\n');
}

/** The checks for a person at the machine: one line each, and below it what to do. */
export function writeChecks(checks: readonly HostCheck[]): string {
  const failed = checks.filter(({ ok }) => ok === false).length;
  const end = failed === 0 ? 'Nothing is amiss.' : `${failed} failed. Mend the first, then check again.`;
  return `${checks.map(writeCheck).join('\n')}\n\n${end}\n`;
}
