import type { z } from 'zod';
import { revocationReason } from '#shared/protocol/certificate-api.ts';
import { keyCustody } from '#shared/protocol/install-api.ts';
import { defineCommand } from '../command.ts';
import { failureOf, UsageError } from '../failure.ts';
import { findMachine, findMachineId } from '../find-machine.ts';
import { followOperation } from '../follow-operation.ts';
import { renderCertificate } from '../text/certificate.ts';
import { renderForecast } from '../text/forecast.ts';
import { plain } from '../text/plain.ts';
import { machineArgument } from './machine-argument.ts';

export const keysOption = {
  value: 'HOLDER',
  meaning: 'who holds the private key: vault or machine',
  choices: keyCustody.options,
};
export const reasonOption = {
  value: 'REASON',
  meaning: revocationReason.options.join(', '),
  choices: revocationReason.options,
};

/** Throws `UsageError` for what nobody can hold a key with. */
export function parseKeys(
  text: string | undefined,
  command: string,
): z.output<typeof keyCustody> | undefined {
  if (text === undefined) return undefined;
  const parsed = keyCustody.safeParse(text.toLowerCase());
  if (parsed.success) return parsed.data;
  throw new UsageError(`--keys must be ${keyCustody.options.join(' or ')}`, command);
}

/** In any case of letters. Throws `UsageError`. */
export function parseReason(text: string, command: string): z.output<typeof revocationReason> {
  const found = revocationReason.options.find((reason) => reason.toLowerCase() === text.toLowerCase());
  if (found) return found;
  throw new UsageError(`--reason must be one of ${revocationReason.options.join(', ')}`, command);
}

export const showCertificate = defineCommand({
  words: 'certificate',
  summary: 'explain a machine’s certificate and what happens next, with its time line',
  arguments: machineArgument,
  options: {},
  flags: {},
  notes: ['A certificate that is about to be renewed, or waits for its turn, is no failure: it ends with 0.'],
  examples: ['certificate server-01'],
  async run({ api, output }, given) {
    const { value: machine } = await findMachine(api, given.arguments.machine);
    const { value, json } = await api.getCertificate(machine.id);
    output.result(json, () => renderCertificate(machine.name, value, Date.now(), output.paint));
  },
});

export const renewCertificate = defineCommand({
  words: 'certificate renew',
  summary: 'renew a certificate now and follow it until it is in service',
  arguments: machineArgument,
  options: { keys: keysOption },
  flags: {},
  notes: [
    'With --keys the machine changes who holds the private key: that is a renewal with a new key.',
    'The certificate in service stays until the new one is seen in service.',
    'Where the authority allows no more for now, it waits for its turn: that is told with its date.',
  ],
  examples: ['certificate renew server-01', 'certificate renew server-01 --keys machine'],
  async run(context, given) {
    const keys = parseKeys(given.options.keys, 'certificate renew');
    const machineId = await findMachineId(context.api, given.arguments.machine);
    await followOperation(context, await context.api.renew(machineId, keys));
  },
});

const consequences = {
  first:
    'The authority revokes it at once; browsers may refuse the machine until the replacement is in service.',
  last: 'It is replaced first, and revoked when the replacement is in service.',
};

export const revokeCertificate = defineCommand({
  words: 'certificate revoke',
  summary: 'replace a certificate and revoke the old one; asks first',
  arguments: machineArgument,
  options: { reason: reasonOption },
  flags: { yes: 'do not ask' },
  notes: ['--reason is needed. A key that others may know is revoked at once, the others when replaced.'],
  examples: ['certificate revoke server-01 --reason superseded'],
  async run(context, given) {
    if (given.options.reason === undefined) throw new UsageError('--reason is missing', 'certificate revoke');
    const reason = parseReason(given.options.reason, 'certificate revoke');
    if (!given.flags.yes && !context.isAttended)
      throw new UsageError('without a terminal nobody can be asked: use --yes', 'certificate revoke');
    const { value: machine } = await findMachine(context.api, given.arguments.machine);
    const consequence = reason === 'keyCompromise' ? consequences.first : consequences.last;
    const question = `Revoke the certificate of ${plain(machine.name)}? ${consequence} Type yes to go on: `;
    if (!given.flags.yes && !(await context.confirm(question)))
      throw failureOf('not_confirmed', `the certificate of ${plain(machine.name)} stays as it is`);
    await followOperation(context, await context.api.revoke(machine.id, reason));
  },
});

export const showForecast = defineCommand({
  words: 'certificates',
  summary: 'forecast for the fleet: risk, queues and budgets of the authorities, expiries by week',
  arguments: {},
  options: {},
  flags: {},
  examples: ['certificates --json'],
  async run({ api, output }) {
    const { value, json } = await api.getForecast();
    output.result(json, () => renderForecast(value, Date.now(), output.paint));
  },
});
