import { programName } from '../about.ts';
import { defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { findMachine, findMachineId } from '../find-machine.ts';
import { plain } from '../text/plain.ts';
import { renderSessions } from '../text/session.ts';
import { machineArgument } from './machine-argument.ts';

export const listSessions = defineCommand({
  words: 'sessions',
  summary: 'live sessions of a machine, or of all: who, since when, from where, how much',
  arguments: {},
  optional: machineArgument,
  options: {},
  flags: { ended: 'those that ended within the last day too' },
  notes: ['Your own, and everybody’s where you install or say who may connect.'],
  examples: ['sessions', 'sessions server-01 --ended'],
  async run({ api, output }, given) {
    const { machine } = given.optional;
    const ended = given.flags.ended ? ('true' as const) : undefined;
    const { value, json } =
      machine === undefined
        ? await api.listAllSessions({ ended })
        : await api.listSessions(await findMachineId(api, machine), { ended });
    if (value.value.length === 0 && !output.isJson)
      return output.note(
        ended
          ? 'There was no session within a day.'
          : `Nobody is connected. Who was: ${programName} sessions --ended`,
      );
    output.result(json, () =>
      renderSessions(value.value, {
        nowMs: Date.now(),
        withMachine: machine === undefined,
        room: output.room,
      }),
    );
  },
});

export const revoke = defineCommand({
  words: 'revoke',
  summary: 'end one session now, or all of a machine; live connections are cut',
  arguments: machineArgument,
  optional: { 'session id': 'as `sessions` lists it' },
  options: {},
  flags: { all: 'every live session of the machine', yes: 'do not ask' },
  notes: ['With --all it asks first; without a terminal it needs --yes.'],
  examples: ['revoke server-01 abcdefghijklmnop', 'revoke server-01 --all --yes'],
  async run({ api, output, confirm, isAttended }, given) {
    const sessionId = given.optional['session id'];
    const isAll = given.flags.all === true;
    if (isAll === (sessionId !== undefined))
      throw new UsageError('name one session, or --all and none', 'revoke');
    if (sessionId !== undefined) {
      const machineId = await findMachineId(api, given.arguments.machine);
      await api.revokeSession(machineId, sessionId);
      return output.result({ sessionId, state: 'revoked' }, () => `session ${plain(sessionId)} is revoked`);
    }
    if (!given.flags.yes && !isAttended)
      throw new UsageError('without a terminal nobody can be asked: use --yes', 'revoke');
    const { value: machine } = await findMachine(api, given.arguments.machine);
    const name = plain(machine.name);
    if (!given.flags.yes) {
      const { value } = await api.listSessions(machine.id, {});
      output.tell(
        value.value.length === 0
          ? `Nobody is connected to ${name} now.`
          : renderSessions(value.value, { nowMs: Date.now(), withMachine: false, room: output.room }),
      );
      if (!(await confirm(`End every session on ${name}? Type yes to go on: `)))
        throw failureOf('not_confirmed', `the sessions on ${name} go on`);
    }
    const { value, json } = await api.revokeSessions(machine.id);
    output.result(json, () =>
      value.ended === 1 ? `1 session on ${name} is ended` : `${value.ended} sessions on ${name} are ended`,
    );
  },
});
