import type { LeaseReply } from '#shared/protocol/lease-api.ts';
import { programName } from '../about.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { Failure, failureOf } from '../failure.ts';
import { findMachineId } from '../find-machine.ts';
import type { Reply } from '../http-client.ts';
import { describeStanding, renderLease, renderLeases } from '../text/lease.ts';
import { plain } from '../text/plain.ts';
import { parseService, serviceOption } from './connect.ts';
import {
  leaseArguments,
  minutesOption,
  parseMinutes,
  parsePurpose,
  parseTime,
  purposeOption,
} from './lease-arguments.ts';
import { machineArgument } from './machine-argument.ts';

/** Between two looks at a request that waits for a person, when the service does not say. */
const lookAgainMs = 3_000;
/** How many looks in a row may fail; the request itself goes on. */
const patience = 5;

/** Asks until somebody has decided. Throws `lease_not_given` when it was not given. */
async function untilDecided(context: CommandContext, first: Reply<LeaseReply>): Promise<Reply<LeaseReply>> {
  const { api, output, wait } = context;
  const { machineId, id } = first.value;
  let last = first;
  let failed = 0;
  try {
    while (last.value.state === 'requested') {
      output.live(describeStanding(last.value, Date.now()));
      await wait((last.retryAfterMs ?? lookAgainMs) * (failed + 1));
      try {
        last = await api.getLease(machineId, id);
        failed = 0;
      } catch (error) {
        failed += 1;
        if (!(error instanceof Failure) || !error.facts.retryable || failed >= patience) throw error;
      }
    }
  } catch (error) {
    output.note(`The request stays: ${programName} lease show ${plain(first.value.machine)} ${id}`);
    throw error;
  } finally {
    output.live(undefined);
  }
  const { state, decision, failure } = last.value;
  if (state === 'approved' || state === 'active') return last;
  const why = failure?.detail ?? decision?.reason;
  throw failureOf(
    'lease_not_given',
    `${decision ? `${state} by ${decision.by.name}` : state}${why ? `: ${why}` : ''}`,
  );
}

const showLease = ({ output }: CommandContext, { value, json }: Reply<LeaseReply>): void =>
  output.result(json, () => renderLease(value, Date.now()));

export const requestLease = defineCommand({
  words: 'lease request',
  summary: 'ask for access to a machine for a time and a purpose; somebody else approves it',
  arguments: machineArgument,
  options: {
    minutes: minutesOption,
    purpose: purposeOption,
    reference: { value: 'ID', meaning: 'number of a ticket or a change' },
    service: serviceOption,
    'not-before': { value: 'TIME', meaning: 'the earliest start, in UTC (at once when it is approved)' },
  },
  flags: { wait: 'until somebody has decided; 1 when it is not given' },
  notes: [
    '--minutes and --purpose are needed. The same request again, while it waits, is the same lease.',
    'Whoever may assign roles on the machine decides, and nobody on a request of his own.',
  ],
  examples: [
    'lease request server-01 --minutes 60 --purpose patching --reference CHG-1234',
    'lease request server-01 --minutes 120 --purpose patching --not-before 2026-01-31T18:00 --wait',
  ],
  async run(context, given) {
    const words = 'lease request';
    const { options } = given;
    const notBefore = parseTime('not-before', options['not-before'], words);
    const request = {
      service: parseService(options.service, words),
      minutes: parseMinutes(options.minutes, words),
      purpose: parsePurpose(options.purpose, words),
      ...(options.reference !== undefined && { reference: options.reference }),
      ...(notBefore !== undefined && { notBefore }),
    };
    const machineId = await findMachineId(context.api, given.arguments.machine);
    const reply = await context.api.requestLease(machineId, request);
    showLease(context, given.flags.wait ? await untilDecided(context, reply) : reply);
  },
});

export const listLeases = defineCommand({
  words: 'lease list',
  summary: 'your leases, those of a machine, or those that wait for you',
  arguments: {},
  optional: machineArgument,
  options: {},
  flags: { waiting: 'those that wait for your decision' },
  notes: ['Of a machine: your own, and everybody’s where you decide.'],
  examples: ['lease list', 'lease list --waiting', 'lease list server-01'],
  async run({ api, output }, given) {
    const { machine } = given.optional;
    const isWaiting = given.flags.waiting === true;
    const reply =
      machine === undefined
        ? await api.listOwnLeases({ waiting: isWaiting ? 'true' : undefined })
        : await api.listLeases(await findMachineId(api, machine));
    // What waits is asked for everywhere; of one machine it is picked from its list.
    const isPicked = machine !== undefined && isWaiting;
    const leases = reply.value.value.filter(({ may }) => !isPicked || may.decide);
    if (leases.length === 0 && !output.isJson)
      return output.note(
        isWaiting
          ? 'Nothing waits for your decision.'
          : `There is no lease. Ask for one: ${programName} lease request <machine> --minutes N --purpose TEXT`,
      );
    output.result(isPicked ? { value: leases } : reply.json, () =>
      renderLeases(leases, { nowMs: Date.now(), room: output.room }),
    );
  },
});

export const showOneLease = defineCommand({
  words: 'lease show',
  summary: 'one lease: who, what for, how it stands, and what you may do with it',
  arguments: leaseArguments,
  options: {},
  flags: {},
  examples: ['lease show server-01 abcdefghijklmnop'],
  async run(context, given) {
    const machineId = await findMachineId(context.api, given.arguments.machine);
    showLease(context, await context.api.getLease(machineId, given.arguments['lease id']));
  },
});

export const extendLease = defineCommand({
  words: 'lease extend',
  summary: 'ask for more time; it goes on to its present end meanwhile',
  arguments: leaseArguments,
  options: { minutes: minutesOption, purpose: purposeOption },
  flags: {},
  notes: ['--minutes and --purpose are needed. Somebody else decides, as on the request.'],
  examples: ['lease extend server-01 abcdefghijklmnop --minutes 30 --purpose reboot'],
  async run(context, given) {
    const words = 'lease extend';
    const minutes = parseMinutes(given.options.minutes, words);
    const purpose = parsePurpose(given.options.purpose, words);
    const machineId = await findMachineId(context.api, given.arguments.machine);
    const leaseId = given.arguments['lease id'];
    showLease(context, await context.api.extendLease(machineId, leaseId, { minutes, purpose }));
  },
});

export const endLease = defineCommand({
  words: 'lease end',
  summary: 'end a lease: withdraw your request, give it back, or revoke it; its sessions are cut',
  arguments: leaseArguments,
  options: {},
  flags: {},
  examples: ['lease end server-01 abcdefghijklmnop'],
  async run(context, given) {
    const machineId = await findMachineId(context.api, given.arguments.machine);
    showLease(context, await context.api.endLease(machineId, given.arguments['lease id']));
  },
});
