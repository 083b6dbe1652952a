import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Names as `azcmagent config list` has them, and what there is when nobody has set anything. */
const defaults = {
  'incomingconnections.enabled': 'true',
  'incomingconnections.ports': '',
  'connection.type': 'default',
  'proxy.url': '',
  'guestconfiguration.enabled': 'true',
  'extensions.enabled': 'true',
  'config.mode': 'full',
} as const satisfies Record<string, string>;
type Name = keyof typeof defaults;
const isName = (text: string | undefined): text is Name =>
  text !== undefined && Object.hasOwn(defaults, text);
const inPreview = /^(incomingconnections|connection)\./;

const checks: Partial<Record<Name, RegExp>> = {
  'incomingconnections.enabled': /^(true|false)$/,
  'incomingconnections.ports': /^\d{1,5}(,\d{1,5})*$/,
  'guestconfiguration.enabled': /^(true|false)$/,
  'extensions.enabled': /^(true|false)$/,
  'connection.type': /^default$/,
  'config.mode': /^(full|monitor)$/,
};

class Refusal extends Error {}

function run(folder: string, args: readonly string[]): string {
  const file = join(folder, 'localconfig.json');
  const settings = {
    ...defaults,
    ...(JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<Name, string>>),
  };
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify(settings, null, 2));
    renameSync(`${file}.new`, file);
  };
  const [command, verb, name, given, flag] = args;
  if (command === 'version') return 'azcmagent version 1.48.0 (sample machine)';
  if (command !== 'config') throw new Refusal(`this sample machine has no azcmagent ${command ?? ''}`);
  if (verb === 'list') {
    const lines = Object.entries(settings).map(
      ([key, text]) => `  ${`${key}${inPreview.test(key) ? ' (preview)' : ''}`.padEnd(50)}: ${text}`,
    );
    return ['Local Configuration Settings', ...lines].join('\n');
  }
  if (!isName(name)) throw new Refusal(`there is no property ${name ?? ''}`);
  if (verb === 'get') return settings[name];
  // A list is replaced unless it is said that the value is added to it.
  const isAdded = name === 'incomingconnections.ports' && flag === '--add';
  const present = isAdded ? settings[name].split(',').filter(Boolean) : [];
  const value = given && [...new Set([...present, ...given.split(',')])].join(',');
  if (flag !== undefined && !isAdded) throw new Refusal(`${name} does not take ${flag}`);
  if (verb === 'clear') Object.assign(settings, { [name]: defaults[name] });
  else if (verb === 'set' && value !== undefined && (checks[name] ?? /^/).test(value))
    Object.assign(settings, { [name]: value });
  else throw new Refusal(`azcmagent config ${verb ?? ''} ${name} does not take ${value ?? 'nothing'}`);
  write();
  return `Config property '${name}' set to value '${settings[name]}'`;
}

const [folder = '', ...args] = process.argv.slice(2);
try {
  process.stdout.write(`${run(folder, args)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
