import { auditExportQuery } from '#shared/protocol/audit-api.ts';
import { readNotedHead } from '../audit-note.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, reasonOf, UsageError } from '../failure.ts';
import { findAuditedId } from '../find-machine.ts';
import { describeBreak, renderVerdict } from '../text/audit.ts';
import { plainLines } from '../text/fleet.ts';
import { auditOptions, parseAuditQuestion } from './audit-question.ts';
import { machineArgument } from './machine-argument.ts';

const formats = auditExportQuery.shape.format.unwrap().options;
const outputOption = { value: 'PATH', meaning: 'write it to this file (mode 0600)', isPath: true };

async function write({ writeText }: CommandContext, path: string, text: string): Promise<void> {
  await writeText(path, text).catch((cause: unknown) => {
    throw failureOf('file_not_written', `${path}: ${reasonOf(cause)}`, cause);
  });
}

export const verifyAudit = defineCommand({
  words: 'audit verify',
  summary: 'check that no record of a machine was changed, removed or put in; 6 when one was',
  arguments: machineArgument,
  options: {
    since: { value: 'PATH', meaning: 'an earlier export or note, - for standard input', isPath: true },
    output: { ...outputOption, meaning: 'note the head of the chain in this file, for the next --since' },
  },
  flags: {},
  notes: [
    'The service checks its own chain. Only a head that was noted outside shows that the whole chain was put back',
    'to an earlier state: keep what --output writes, or an export, where the service cannot write.',
  ],
  examples: [
    'audit verify server-01 --output server-01.head',
    'audit verify server-01 --since server-01.head --output server-01.head',
  ],
  async run(context, given) {
    const { api, output, readText } = context;
    const { since, output: path } = given.options;
    const machineId = await findAuditedId(api, given.arguments.machine);
    const text =
      since === undefined
        ? undefined
        : await readText(since).catch((cause: unknown) => {
            throw failureOf('audit_note_unreadable', `${since}: ${reasonOf(cause)}`, cause);
          });
    const noted = text === undefined ? undefined : readNotedHead(text, machineId);
    const { value, json } = await api.verifyAudit(machineId, {
      sequence: noted?.sequence.toString(),
      mac: noted?.mac,
    });
    const { intact, broken, head } = value;
    if (output.isJson || intact) output.result(json, () => renderVerdict(value, noted, output.paint));
    if (!intact)
      throw failureOf('audit_not_intact', broken ? describeBreak(broken) : 'the service does not say where');
    if (path === undefined) return;
    if (!head) return output.note('There is no record yet: nothing was noted.');
    await write(context, path, `${JSON.stringify({ machineId, head })}\n`);
    output.note(`The head is noted in ${path}.`);
  },
});

export const exportAudit = defineCommand({
  words: 'audit export',
  summary: 'the audit of a machine as a file, the oldest first',
  arguments: machineArgument,
  options: {
    format: { value: 'FORMAT', meaning: 'jsonl (a JSON object a line) or csv (jsonl)', choices: formats },
    output: outputOption,
    ...auditOptions,
  },
  flags: {},
  notes: ['The file is there whole or not at all. Its last record is a note for `audit verify --since`.'],
  examples: [
    'audit export server-01 --output server-01.jsonl',
    'audit export server-01 --format csv --from 2026-01-01 --to 2026-02-01',
  ],
  async run(context, given) {
    const { api, output } = context;
    const { options } = given;
    const format = options.format?.toLowerCase() ?? 'jsonl';
    if (!formats.some((one) => one === format))
      throw new UsageError(`--format must be ${formats.join(' or ')}`, 'audit export');
    const question = parseAuditQuestion(options, 'audit export');
    const machineId = await findAuditedId(api, given.arguments.machine);
    const { value } = await api.exportAudit(machineId, { ...question, format });
    const path = options.output;
    if (path === undefined) {
      // The last line break is that of every result; what is JSON already is not wrapped once more.
      const shown = output.isWatched ? plainLines(value) : value.replace(/\r?\n$/, '');
      return output.text(shown);
    }
    await write(context, path, value);
    output.result({ file: path, bytes: Buffer.byteLength(value) }, () => `written to ${path}`);
  },
});
