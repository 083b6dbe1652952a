import type { AuditRecord } from '#shared/protocol/audit-api.ts';
import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { UsageError } from '../failure.ts';
import { findAuditedId } from '../find-machine.ts';
import { renderAudit } from '../text/audit.ts';
import { renderTable } from '../text/columns.ts';
import { plain } from '../text/plain.ts';
import { auditOptions, parameterOf, parseAuditQuestion } from './audit-question.ts';
import { machineArgument } from './machine-argument.ts';

const usualLimit = 50;
/** Records in one answer of the API. */
const pageSize = 500;

function parseLimit(text: string | undefined): number {
  if (text === undefined) return usualLimit;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new UsageError('--limit must be a whole number from 1 to 999999', 'audit list');
}

export const listAudit = defineCommand({
  words: 'audit list',
  summary: 'who did what to a machine, from where, and with which outcome, the newest first',
  arguments: machineArgument,
  options: {
    ...auditOptions,
    limit: { value: 'N', meaning: `at most so many records (${usualLimit})` },
  },
  flags: {},
  notes: [
    'For readers of the audit (the app role Audit.Read), and for those who may assign roles on the machine.',
    'With --json there is a line for each page of up to 500 records, as it comes.',
  ],
  examples: [
    'audit list server-01',
    'audit list server-01 --action session --outcome refused --from 2026-01-31',
  ],
  async run({ api, output }, given) {
    const limit = parseLimit(given.options.limit);
    const question = parseAuditQuestion(given.options, 'audit list');
    const machineId = await findAuditedId(api, given.arguments.machine);
    const records: AuditRecord[] = [];
    let before: string | undefined;
    do {
      const { value, json } = await api.listAudit(machineId, {
        ...question,
        top: String(Math.min(pageSize, limit - records.length)),
        before,
      });
      if (output.isJson) output.result(json, () => '');
      records.push(...value.value);
      // A page may be empty while there is more: the service looks through so many at a time.
      const next = parameterOf(value.nextLink, 'before');
      before = next === before ? undefined : next;
    } while (before !== undefined && records.length < limit);
    if (output.isJson) return;
    if (records.length === 0) return output.note('There is no such record.');
    output.result(undefined, () => renderAudit(records, output.room));
    if (before !== undefined)
      output.note(`There are older ones: --limit ${limit * 10}, or ${programName} audit export`);
  },
});

export const listAuditedMachines = defineCommand({
  words: 'audit machines',
  summary: 'the machines whose audit you may read',
  arguments: {},
  options: {},
  flags: {},
  examples: ['audit machines'],
  async run({ api, output }) {
    const { value, json } = await api.listAuditedMachines();
    if (value.value.length === 0 && !output.isJson)
      return output.note('There is no machine whose audit you may read.');
    output.result(json, () =>
      renderTable(
        ['name', 'id', 'resource'],
        value.value.map(({ name, machineId, resourceId }) => [plain(name), machineId, resourceId]),
        { room: output.room, whole: ['id'] },
      ),
    );
  },
});
