import { type CommandContext, defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { findMachine, findMachineId } from '../find-machine.ts';
import { plain } from '../text/plain.ts';
import { parseService, serviceOption } from './connect.ts';
import { parsePort } from './install-wishes.ts';
import { machineArgument } from './machine-argument.ts';

/** Throws `UsageError`, or `not_confirmed`. */
async function requireYes(
  { confirm, isAttended }: CommandContext,
  { yes, question, stays, command }: { yes: boolean; question: string; stays: string; command: string },
): Promise<void> {
  if (yes) return;
  if (!isAttended) throw new UsageError('without a terminal nobody can be asked: use --yes', command);
  if (!(await confirm(`${question} Type yes to go on: `))) throw failureOf('not_confirmed', stays);
}

export const createEndpoint = defineCommand({
  words: 'endpoint create',
  summary: 'say that access to a machine is allowed at all; again is harmless',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: ['Nothing is open by it: a service has to be set too, and a role assigned. `machine` shows both.'],
  examples: ['endpoint create server-01'],
  async run({ api, output }, given) {
    const machineId = await findMachineId(api, given.arguments.machine);
    const { json } = await api.putEndpoint(machineId);
    output.result(json, () => `${plain(given.arguments.machine)} has an endpoint`);
  },
});

export const deleteEndpoint = defineCommand({
  words: 'endpoint delete',
  summary: 'take the endpoint away, once no service uses it; asks first',
  arguments: machineArgument,
  options: {},
  flags: { yes: 'do not ask' },
  examples: ['endpoint delete server-01'],
  async run(context, given) {
    const { api, output } = context;
    const { value: machine } = await findMachine(api, given.arguments.machine);
    const name = plain(machine.name);
    await requireYes(context, {
      yes: given.flags.yes === true,
      question: `Take the endpoint of ${name} away?`,
      stays: `${name} keeps its endpoint`,
      command: 'endpoint delete',
    });
    await api.deleteEndpoint(machine.id);
    output.result({ machineId: machine.id, endpoint: null }, () => `${name} has no endpoint`);
  },
});

export const setService = defineCommand({
  words: 'service set',
  summary: 'say to which port of a machine a service may be reached',
  arguments: machineArgument,
  options: { service: serviceOption, port: { value: 'N', meaning: 'port on the machine' } },
  flags: {},
  notes: ['--port is needed. `install` sets WAC by itself.'],
  examples: ['service set server-01 --service SSH --port 22'],
  async run({ api, output }, given) {
    const service = parseService(given.options.service, 'service set');
    const port = parsePort(given.options.port, 'service set');
    if (port === undefined) throw new UsageError('--port is missing', 'service set');
    const machineId = await findMachineId(api, given.arguments.machine);
    const { json } = await api.putService(machineId, service, port);
    output.result(json, () => `${service} of ${plain(given.arguments.machine)} is port ${port}`);
  },
});

export const deleteService = defineCommand({
  words: 'service delete',
  summary: 'close a service of a machine: its live sessions are cut; asks first',
  arguments: machineArgument,
  options: { service: serviceOption },
  flags: { yes: 'do not ask' },
  examples: ['service delete server-01 --service SSH --yes'],
  async run(context, given) {
    const { api, output } = context;
    const service = parseService(given.options.service, 'service delete');
    const { value: machine } = await findMachine(api, given.arguments.machine);
    const name = plain(machine.name);
    await requireYes(context, {
      yes: given.flags.yes === true,
      question: `Close ${service} of ${name}, and cut whoever uses it?`,
      stays: `${service} of ${name} stays as it is`,
      command: 'service delete',
    });
    await api.deleteService(machine.id, service);
    output.result({ machineId: machine.id, service, port: null }, () => `${service} of ${name} is closed`);
  },
});
