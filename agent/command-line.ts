import { parseArgs } from 'node:util';

export const usage = `usage: agent run --config FILE
       agent check --config FILE [--json]
       agent bundle --config FILE [--out FILE] [--azcmagent] [--keep-users]
       agent forget --config FILE
`;

export type Command =
  | { name: 'run' | 'forget'; config: string }
  | { name: 'check'; config: string; isJson: boolean }
  | ({ name: 'bundle'; config: string } & BundleWishes);

export interface BundleWishes {
  out: string | undefined;
  /** With what `azcmagent logs` gathers. */
  azcmagent: boolean;
  /** Names of people stay. */
  keepsUsers: boolean;
}

/** The options that each command has beside the settings. */
const optionsOf: Readonly<Record<string, readonly string[]>> = {
  run: [],
  forget: [],
  check: ['json'],
  bundle: ['out', 'azcmagent', 'keep-users'],
};

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      json: { type: 'boolean' },
      out: { type: 'string' },
      azcmagent: { type: 'boolean' },
      'keep-users': { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const { config, ...options } = values;
  return { name: positionals.join(' '), config, options };
}

/** undefined when it is no command of ours, or has options of another one. */
export function readCommand(args: string[]): Command | undefined {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch {
    return undefined;
  }
  const { name, config, options } = parsed;
  const known = Object.hasOwn(optionsOf, name) ? (optionsOf[name] ?? []) : [];
  if (config === undefined || !Object.keys(options).every((option) => known.includes(option)))
    return undefined;
  if (name === 'run' || name === 'forget') return { name, config };
  if (name === 'check') return { name, config, isJson: options.json ?? false };
  if (name !== 'bundle') return undefined;
  const { out, azcmagent = false, 'keep-users': keepsUsers = false } = options;
  return { name, config, out, azcmagent, keepsUsers };
}
