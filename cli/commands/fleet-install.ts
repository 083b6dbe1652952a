import { programName } from '../about.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { followFleet } from '../follow-fleet.ts';
import { renderPlan } from '../text/fleet.ts';
import { fleetFlags, fleetOptions, parseFleetRequest } from './fleet-selection.ts';

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-web';
const subscription = '00000000-0000-4000-8000-000000000001';

export const planFleet = defineCommand({
  words: 'fleet plan',
  summary: 'what an install on many machines would do to each of them, and when; nothing is changed',
  arguments: {},
  options: fleetOptions,
  flags: fleetFlags,
  notes: ['Machines that can be installed are counted; those that cannot are listed with what to mend.'],
  examples: [`fleet plan --group ${group}`, 'fleet plan --file servers.txt --json'],
  async run(context, given) {
    const { api, output } = context;
    const request = await parseFleetRequest(context, given, 'fleet plan');
    const { value, json } = await api.planFleetInstall(request);
    output.result(json, () => renderPlan(value, Date.now()));
  },
});

/** The plan, and then the question. */
async function requireYes(
  { api, output, confirm }: CommandContext,
  request: Awaited<ReturnType<typeof parseFleetRequest>>,
): Promise<void> {
  const { value } = await api.planFleetInstall(request);
  output.tell(renderPlan(value, Date.now()));
  const begins = value.counts.install + value.counts.adopt;
  if (begins === 0)
    throw failureOf('fleet_install_incomplete', 'none of these machines can be installed now');
  if (!(await confirm(`Install on ${begins} machines? Type yes to go on: `)))
    throw failureOf('not_confirmed', 'every machine stays as it is');
}

export const installFleet = defineCommand({
  words: 'fleet install',
  summary: 'install on many machines and follow them to their end; shows the plan and asks first',
  arguments: {},
  options: fleetOptions,
  flags: { ...fleetFlags, yes: 'do not ask' },
  notes: [
    'Ctrl-C ends the watching and not the installs. The same command again watches the one that runs.',
    'A machine that is installed already is passed over; one that fails never stops the others.',
    'It ends with 1 when a machine was not installed: each is listed with why and what to do.',
  ],
  examples: [
    `fleet install --group ${group}`,
    `fleet install --tag role=web --subscription ${subscription} --yes`,
    'fleet install --file servers.txt --concurrency 50',
  ],
  async run(context, given) {
    const isToBeAsked = !given.flags.yes;
    // What stands on standard input is the list, and no answer.
    if (isToBeAsked && (!context.isAttended || given.options.file === '-'))
      throw new UsageError('nobody can be asked: use --yes', 'fleet install');
    const request = await parseFleetRequest(context, given, 'fleet install');
    if (isToBeAsked) await requireYes(context, request);
    const begun = await context.api.beginFleetInstall(request);
    context.output.note(`fleet install ${begun.value.id}: ${programName} fleet status ${begun.value.id}`);
    await followFleet(context, begun);
  },
});
