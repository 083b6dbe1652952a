import type { z } from 'zod';
import { fleetInstallRequest } from '#shared/protocol/fleet-api.ts';
import type { CommandContext, Given, Option } from '../command.ts';
import { reasonOf, UsageError } from '../failure.ts';
import { keysOption, parseKeys } from './certificates.ts';

export const fleetOptions = {
  group: { value: 'ID', meaning: 'every machine of this resource group: /subscriptions/…/resourceGroups/…' },
  tag: { value: 'NAME=VALUE', meaning: 'every machine with this tag; needs --subscription' },
  subscription: { value: 'ID', meaning: 'the subscription that --tag looks in' },
  file: { value: 'PATH', meaning: 'machines by resource id, one a line; - for standard input' },
  concurrency: { value: 'N', meaning: 'machines that are worked on at a time, 1 to 100 (20)' },
  port: { value: 'N', meaning: 'port of the web application on the machine (6516)' },
  keys: keysOption,
} as const satisfies Record<string, Option>;

export const fleetFlags = {
  consent: 'replace a Windows Admin Center that was installed by hand: what it holds is lost',
} as const satisfies Record<string, string>;

export type FleetRequest = z.input<typeof fleetInstallRequest>;
type FleetGiven = Pick<Given<never, keyof typeof fleetOptions, 'consent', never>, 'options'> & {
  flags: { consent?: boolean };
};

/** One id a line; what follows a number sign is a remark. */
const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/^\uFEFF/, '')
        .replace(/#.*/, '')
        .trim(),
    )
    .filter((line) => line !== '');

function parseWhole(text: string | undefined, option: string, most: number, command: string) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > most)
    throw new UsageError(`--${option} must be a whole number from 1 to ${most}`, command);
  return number;
}

function parseTag(tag: string, subscription: string | undefined, command: string) {
  const at = tag.indexOf('=');
  if (at < 1) throw new UsageError('--tag must be NAME=VALUE', command);
  if (subscription === undefined) throw new UsageError('--tag needs --subscription', command);
  return { subscriptionId: subscription, name: tag.slice(0, at), value: tag.slice(at + 1) };
}

async function readIds({ readText }: CommandContext, path: string, command: string): Promise<string[]> {
  let ids: string[];
  try {
    ids = linesOf(await readText(path));
  } catch (error) {
    throw new UsageError(`--file: ${reasonOf(error)}`, command);
  }
  if (ids.length === 0) throw new UsageError('--file has no resource id', command);
  return ids;
}

/** Throws `UsageError` for what cannot be asked for, before anything is sent. */
export async function parseFleetRequest(
  context: CommandContext,
  { options, flags }: FleetGiven,
  command: string,
): Promise<FleetRequest> {
  const { group, tag, file, subscription } = options;
  if ([group, tag, file].filter((one) => one !== undefined).length !== 1)
    throw new UsageError('give one of --group, --tag and --file', command);
  if (subscription !== undefined && tag === undefined)
    throw new UsageError('--subscription needs --tag', command);
  const concurrency = parseWhole(options.concurrency, 'concurrency', 100, command);
  const port = parseWhole(options.port, 'port', 65_535, command);
  const keys = parseKeys(options.keys, command);
  const request: FleetRequest = {
    select: {
      ...(group !== undefined && { resourceGroup: group }),
      ...(tag !== undefined && { tag: parseTag(tag, subscription, command) }),
      ...(file !== undefined && { resourceIds: await readIds(context, file, command) }),
    },
    install: {
      ...(port !== undefined && { port }),
      ...(keys && { keys }),
      ...(flags.consent && { consent: true }),
    },
    ...(concurrency !== undefined && { concurrency }),
  };
  const [issue] = fleetInstallRequest.safeParse(request).error?.issues ?? [];
  if (!issue) return request;
  const [, , line] = issue.path;
  const where = typeof line === 'number' ? `--file, machine ${line + 1}: ` : '';
  throw new UsageError(`${where}${issue.message}`, command);
}
