import type { z } from 'zod';
import type { fleetInstallChange } from '#shared/protocol/fleet-api.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { describeFleet } from '../text/fleet.ts';

export const fleetArgument = { id: 'as `fleet install` printed it, or of `fleet list`' };

async function change(
  { api, output }: CommandContext,
  id: string,
  status: z.input<typeof fleetInstallChange>['status'],
): Promise<void> {
  const { value, json } = await api.changeFleetInstall(id, status);
  output.result(json, () => describeFleet(value, Date.now()));
}

export const pauseFleet = defineCommand({
  words: 'fleet pause',
  summary: 'begin no further machine; what runs comes to its end',
  arguments: fleetArgument,
  options: {},
  flags: {},
  examples: ['fleet pause aaaaaaaaaaaaaaaa'],
  run: (context, given) => change(context, given.arguments.id, 'paused'),
});

export const resumeFleet = defineCommand({
  words: 'fleet resume',
  summary: 'go on with what was paused',
  arguments: fleetArgument,
  options: {},
  flags: {},
  examples: ['fleet resume aaaaaaaaaaaaaaaa'],
  run: (context, given) => change(context, given.arguments.id, 'running'),
});

export const cancelFleet = defineCommand({
  words: 'fleet cancel',
  summary: 'call off what has not begun, for good; asks first',
  arguments: fleetArgument,
  options: {},
  flags: { yes: 'do not ask' },
  notes: ['What is installed stays, and what runs comes to its end.'],
  examples: ['fleet cancel aaaaaaaaaaaaaaaa --yes'],
  async run(context, given) {
    const { id } = given.arguments;
    if (!given.flags.yes) {
      if (!context.isAttended)
        throw new UsageError('without a terminal nobody can be asked: use --yes', 'fleet cancel');
      const { value } = await context.api.getFleetInstall(id);
      const { waiting } = value.counts;
      if (!(await context.confirm(`Call off the ${waiting} machines that wait? Type yes to go on: `)))
        throw failureOf('not_confirmed', 'the fleet install goes on');
    }
    await change(context, id, 'cancelled');
  },
});
