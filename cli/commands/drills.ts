import type { DrillReply } from '#shared/protocol/certificate-api.ts';
import { programName } from '../about.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import type { Reply } from '../http-client.ts';
import { describeDrill, renderDrills } from '../text/drill.ts';
import { parseReason, reasonOption } from './certificates.ts';

/** Between two looks when the service does not say. */
const lookAgainMs = 5_000;

const follow = { follow: 'go on until it has ended' };
const yes = { yes: 'do not ask' };

async function requireYes(
  context: CommandContext,
  isGiven: boolean | undefined,
  command: string,
  question: string,
) {
  if (isGiven) return;
  if (!context.isAttended) throw new UsageError('without a terminal nobody can be asked: use --yes', command);
  if (!(await context.confirm(`${question} Type yes to go on: `)))
    throw failureOf('not_confirmed', 'every certificate stays as it is');
}

/** Shows each change until it has ended; Ctrl-C ends the watching and nothing else. */
async function followDrill({ api, output, wait }: CommandContext, first: Reply<DrillReply>): Promise<void> {
  let last: string | undefined;
  for (let reply = first; ; ) {
    const { value, json, retryAfterMs } = reply;
    const text = describeDrill(value, Date.now());
    const told = JSON.stringify([value.status, value.replaced, value.estimatedEnd]);
    if (told !== last) output.result(json, () => text);
    last = told;
    if (value.status !== 'running') return;
    await wait(retryAfterMs ?? lookAgainMs);
    reply = await api.getDrill(value.id);
  }
}

/** The one that runs, else the newest. */
async function findDrill({ api }: CommandContext): Promise<DrillReply | undefined> {
  const { value } = (await api.listDrills()).value;
  return value.find(({ status }) => status === 'running') ?? value[0];
}

export const startDrill = defineCommand({
  words: 'drill start',
  summary: 'replace the certificates of all machines where you may install; asks first',
  arguments: {},
  options: {
    reason: reasonOption,
    'issued-by': { value: 'NAME', meaning: 'only what this authority issued' },
  },
  flags: { revoke: 'revoke each old certificate when its replacement is in service', ...yes, ...follow },
  notes: [
    'Without --revoke it is an exercise: the old certificates stay valid until their end.',
    'It goes on without us, within the limits of the authorities.',
  ],
  examples: ['drill start --follow', 'drill start --reason keyCompromise --revoke'],
  async run(context, given) {
    const reason = parseReason(given.options.reason ?? 'unspecified', 'drill start');
    const revoke = given.flags.revoke ?? false;
    const issuedBy = given.options['issued-by'];
    const which = issuedBy === undefined ? 'every certificate' : `every certificate by ${issuedBy}`;
    await requireYes(
      context,
      given.flags.yes,
      'drill start',
      revoke
        ? `Replace and REVOKE ${which}? A revocation cannot be taken back.`
        : `Replace ${which}? New installs and regular renewals may have to wait.`,
    );
    const started = await context.api.startDrill({
      reason,
      revoke,
      ...(issuedBy !== undefined && { issuedBy }),
    });
    if (given.flags.follow) return followDrill(context, started);
    context.output.result(started.json, () => describeDrill(started.value, Date.now()));
    context.output.note(`It goes on without us: ${programName} drill status --follow`);
  },
});

export const showDrill = defineCommand({
  words: 'drill status',
  summary: 'show how far the replacement that runs is, or how the last one ended',
  arguments: {},
  options: {},
  flags: follow,
  async run(context, given) {
    const { api, output } = context;
    const found = await findDrill(context);
    if (!found) return output.note(`There was none yet: ${programName} drill start`);
    const reply = await api.getDrill(found.id);
    if (given.flags.follow) return followDrill(context, reply);
    output.result(reply.json, () => describeDrill(reply.value, Date.now()));
  },
});

export const cancelDrill = defineCommand({
  words: 'drill cancel',
  summary: 'call off what is not ordered yet; asks first',
  arguments: {},
  options: {},
  flags: yes,
  async run(context, given) {
    const { api, output } = context;
    if (!given.flags.yes && !context.isAttended)
      throw new UsageError('without a terminal nobody can be asked: use --yes', 'drill cancel');
    const found = await findDrill(context);
    if (found?.status !== 'running')
      throw failureOf('drill_not_running', 'no replacement of certificates runs');
    await requireYes(
      context,
      given.flags.yes,
      'drill cancel',
      `Cancel the rest? ${found.replaced} of ${found.total} are replaced and stay so.`,
    );
    const { json, value } = await api.cancelDrill(found.id);
    output.result(json, () => `drill ${value.id} is being cancelled`);
  },
});

export const listDrills = defineCommand({
  words: 'drill list',
  summary: 'list the last replacements of all certificates, the newest first',
  arguments: {},
  options: {},
  flags: {},
  async run({ api, output }) {
    const { value, json } = await api.listDrills();
    output.result(json, () => renderDrills(value.value));
  },
});
