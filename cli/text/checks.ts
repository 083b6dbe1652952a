import type { z } from 'zod';
import type { extensionReply } from '#shared/protocol/api.ts';
import type { Output } from '../output.ts';
import { renderFields, renderTable } from './columns.ts';

type ExtensionReply = z.output<typeof extensionReply>;
type Check = NonNullable<ExtensionReply['detailedStatus']['checks']>[number];

/** What it is about, as a person says it. */
const subjects: Readonly<Record<Check['id'], string>> = {
  service: 'service',
  localhost: 'local page',
  process: 'process',
  installation: 'installation',
  ports: 'allowed ports',
  outbound: 'outbound',
  'manual-install': 'other install',
  listener: 'direct listener',
};

const words = { true: 'good', false: 'bad', null: 'unknown' } as const;

const checksOf = ({ detailedStatus: { checks = [] } }: ExtensionReply): readonly Check[] => checks;

/** One sentence for each check that failed. */
export const failedChecks = (extension: ExtensionReply): string[] =>
  checksOf(extension).flatMap(({ id, ok, found }) => (ok === false ? [`${subjects[id]}: ${found}`] : []));

/** What the platform says of the extension, then what the agent found, in the documented order. */
export function renderChecks(extension: ExtensionReply, paint: Output['paint']): string {
  const { state, port, detailedStatus } = extension;
  const head = renderFields([
    ['extension', port === null ? state : `${state}, port ${port}`],
    ['platform', detailedStatus.provisioningState],
    ['version', detailedStatus.version],
    ['message', detailedStatus.message],
  ]);
  const checks = checksOf(extension);
  if (checks.length === 0) return `${head}\n\nThe agent has not reported its checks yet.`;
  const table = renderTable(
    ['check', 'is', 'found', 'next'],
    checks.map(({ id, ok, found, next = '' }) => [subjects[id], words[`${ok}`], found, next]),
  );
  const failed = failedChecks(extension).length;
  const verdict = failed === 0 ? paint('good', 'no check failed') : paint('bad', `${failed} failed`);
  return `${head}\n\n${table}\n\n${verdict}`;
}
