import { type CommandContext, defineCommand, type Given } from '../command.ts';
import { UsageError } from '../failure.ts';
import { findMachine, findMachineId } from '../find-machine.ts';
import { renderLease, renderPolicy } from '../text/lease.ts';
import { leaseArguments, messageOption } from './lease-arguments.ts';
import { machineArgument } from './machine-argument.ts';

async function decide(
  { api, output }: CommandContext,
  given: Given<'machine' | 'lease id', 'message', never, never>,
  approve: boolean,
): Promise<void> {
  const reason = given.options.message;
  const machineId = await findMachineId(api, given.arguments.machine);
  const { value, json } = await api.decideLease(machineId, given.arguments['lease id'], {
    approve,
    ...(reason !== undefined && { reason }),
  });
  output.result(json, () => renderLease(value, Date.now()));
}

const whatWaits = 'The request itself, or the extension that waits. Nobody decides on a request of his own.';

export const approveLease = defineCommand({
  words: 'lease approve',
  summary: 'give what somebody else asked for',
  arguments: leaseArguments,
  options: { message: messageOption },
  flags: {},
  notes: [whatWaits],
  examples: ['lease approve server-01 abcdefghijklmnop'],
  run: (context, given) => decide(context, given, true),
});

export const denyLease = defineCommand({
  words: 'lease deny',
  summary: 'refuse what somebody else asked for',
  arguments: leaseArguments,
  options: { message: messageOption },
  flags: {},
  notes: [whatWaits],
  examples: ['lease deny server-01 abcdefghijklmnop --message frozen'],
  run: (context, given) => decide(context, given, false),
});

const policies = { on: true, off: false } as const;

export const leasePolicy = defineCommand({
  words: 'lease policy',
  summary: 'whether a connect to a machine needs a lease; with --required it is set',
  arguments: machineArgument,
  options: {
    required: { value: 'STATE', meaning: 'on or off: from now on', choices: Object.keys(policies) },
  },
  flags: {},
  notes: ['Whoever may assign roles on the machine sets it.'],
  examples: ['lease policy server-01', 'lease policy server-01 --required on'],
  async run({ api, output }, given) {
    const wanted = given.options.required?.toLowerCase();
    const required = Object.entries(policies).find(([name]) => name === wanted)?.[1];
    if (wanted !== undefined && required === undefined)
      throw new UsageError(`--required must be ${Object.keys(policies).join(' or ')}`, 'lease policy');
    const { value: machine } = await findMachine(api, given.arguments.machine);
    const { value, json } =
      required === undefined
        ? await api.getLeasePolicy(machine.id)
        : await api.setLeasePolicy(machine.id, { required });
    output.result(json, () => renderPolicy(value, machine.name));
  },
});
