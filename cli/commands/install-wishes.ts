import type { z } from 'zod';
import { type SignIn, signIns } from '#shared/domain/machine.ts';
import { directRequest, type installRequest } from '#shared/protocol/install-api.ts';
import type { Given, Option } from '../command.ts';
import { UsageError } from '../failure.ts';
import { keysOption, parseKeys } from './certificates.ts';

export type InstallWishes = z.input<typeof installRequest>;
type Direct = z.input<typeof directRequest>;

export const installOptions = {
  port: { value: 'N', meaning: 'port of the web application on the machine (6516)' },
  keys: keysOption,
  'sign-in': {
    value: 'WHO',
    meaning: `who the service takes a visitor for: ${signIns.join(' or ')} (docs/sign-in.md)`,
  },
  direct: {
    value: 'ADDRESS',
    meaning: 'straight to this address of an Azure virtual machine: it is published in DNS',
  },
} as const satisfies Record<string, Option>;

export const installFlags = {
  'new-name': 'give the machine a new name in DNS; the old one is withdrawn',
  reverse: 'through the proxy again, after an install with --direct',
  'open-to-anyone': 'with --direct: open the port to everybody, for trying out; asks first',
  consent: 'replace a Windows Admin Center that was installed by hand: what it holds is lost',
  yes: 'do not ask',
} as const satisfies Record<string, string>;

export const installLists = {
  source: {
    value: 'CIDR',
    meaning: 'with --direct: open the port to this address or network; `me` is your own; may be repeated',
  },
} as const satisfies Record<string, Option>;

export type InstallGiven = Given<
  'machine',
  keyof typeof installOptions,
  keyof typeof installFlags,
  keyof typeof installLists
>;

const refuse = (sentence: string): UsageError => new UsageError(sentence, 'install');

/** Throws `UsageError` for what is no port. */
export function parsePort(text: string | undefined, command: string): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new UsageError('--port must be a whole number from 1 to 65535', command);
  return port;
}

function parseSignIn(text: string | undefined): SignIn | undefined {
  const found = signIns.find((one) => one === text?.toLowerCase());
  if (text !== undefined && !found) throw refuse(`--sign-in must be ${signIns.join(' or ')}`);
  return found;
}

/** The API's own rules, in the words of the command line. */
const optionOf = (path: readonly PropertyKey[]): string =>
  ({ address: '--direct', sources: '--source', openToAnyone: '--open-to-anyone' })[String(path[0])] ??
  '--direct';

/** `me` among the sources stands for the address that the API sees. */
function parseDirect(
  address: string | undefined,
  sources: readonly string[],
  openToAnyone: boolean,
): Direct | undefined {
  if (address === undefined) {
    if (sources.length > 0) throw refuse('--source needs --direct');
    if (openToAnyone) throw refuse('--open-to-anyone needs --direct');
    return undefined;
  }
  const direct: Direct = {
    address,
    ...(sources.length > 0 && { sources: [...sources] }),
    ...(openToAnyone && { openToAnyone }),
  };
  const named = sources.filter((source) => source !== 'me');
  const { sources: _, ...bare } = direct;
  const parsed = directRequest.safeParse({ ...bare, ...(named.length > 0 && { sources: named }) });
  const [issue] = parsed.error?.issues ?? [];
  if (issue) throw refuse(`${optionOf(issue.path)} ${issue.message}`);
  if (openToAnyone && sources.length > 0) throw refuse('--open-to-anyone cannot go together with --source');
  return direct;
}

/** Throws `UsageError` for what cannot be asked for. */
export function parseWishes({ options, flags, lists }: InstallGiven): InstallWishes {
  const port = parsePort(options.port, 'install');
  const keys = parseKeys(options.keys, 'install');
  const signIn = parseSignIn(options['sign-in']);
  const direct = parseDirect(options.direct, lists.source, flags['open-to-anyone'] === true);
  if (direct && flags.reverse) throw refuse('--reverse cannot go together with --direct');
  return {
    ...(port !== undefined && { port }),
    ...(keys && { keys }),
    ...(signIn && { signIn }),
    ...(flags['new-name'] && { newName: true }),
    ...(direct && { direct }),
    ...(flags.reverse && { direct: null }),
    ...(flags.consent && { consent: true }),
  };
}
