import { auditExportQuery } from '#shared/protocol/audit-api.ts';
import type { Api } from '../api.ts';
import { readNotedHead } from '../audit-note.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, reasonOf, UsageError } from '../failure.ts';
import { findAuditedId } from '../find-machine.ts';
import { describeBreak, renderVerdict } from '../text/audit.ts';
import { plainLines } from '../text/fleet.ts';
import { auditOptions, parameterOf, parseAuditQuestion } from './audit-question.ts';
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

/** The parts of an export as they come; put together they are the whole. */
async function* exportParts(
  { api, output }: CommandContext,
  machineId: string,
  question: Parameters<Api['exportAudit']>[1],
): AsyncGenerator<string> {
  let after: string | undefined;
  try {
    do {
      const { value, next } = await api.exportAudit(machineId, { ...question, after });
      yield value;
      const last = after;
      after = parameterOf(next, 'after');
      // An answer that leads to itself would never end.
      if (after === last) return;
      output.live(after === undefined ? undefined : `${after} records`);
    } while (after !== undefined);
  } finally {
    output.live(undefined);
  }
}

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
    'audit export server-01 --format csv --from 2026-01-01 --to 2026-01-31',
  ],
  async run(context, given) {
    const { api, output } = context;
    const { options } = given;
    const format = options.format?.toLowerCase() ?? 'jsonl';
    if (!formats.some((one) => one === format))
      throw new UsageError(`--format must be ${formats.join(' or ')}`, 'audit export');
    const question = parseAuditQuestion(options, 'audit export');
    const machineId = await findAuditedId(api, given.arguments.machine);
    const path = options.output;
    const parts: string[] = [];
    for await (const part of exportParts(context, machineId, { ...question, format })) {
      if (path !== undefined) parts.push(part);
      // The last line break is that of every result.
      else output.text(output.isWatched ? plainLines(part) : part.replace(/\r?\n$/, ''));
    }
    if (path === undefined) return;
    const whole = parts.join('');
    await write(context, path, whole);
    output.result({ file: path, bytes: Buffer.byteLength(whole) }, () => `written to ${path}`);
  },
});
