import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineCommand } from '#cli/command.ts';
import { commandTable } from '#cli/command-table.ts';
import { UsageError } from '#cli/failure.ts';
import { globalFlags, globalOptions } from '#cli/global-options.ts';
import { type ParsedCommandLine, parseCommandLine } from '#cli/parse-command-line.ts';

const parse = (line: string) => parseCommandLine(commandTable, line.split(' ').filter(Boolean));

const nothing: Pick<ParsedCommandLine, 'command' | 'given' | 'wantsHelp'> = {
  given: { arguments: {}, optional: {}, options: {}, flags: {}, lists: {} },
  wantsHelp: false,
};

/** What it was parsed to; nothing when it was refused as it should be, and any other error is thrown. */
function outcomeOf(args: readonly string[]): typeof nothing {
  try {
    return parseCommandLine(commandTable, args);
  } catch (error) {
    if (error instanceof UsageError) return nothing;
    throw error;
  }
}

describe('a command line', () => {
  it('may have its options before, between and after the words', () => {
    for (const line of [
      '--json --api https://a.test install server-01 --port 1',
      'install --port=1 server-01 --api=https://a.test --json',
    ]) {
      expect(parse(line)).toMatchObject({
        words: 'install',
        given: { arguments: { machine: 'server-01' }, options: { port: '1' } },
        api: 'https://a.test',
        isJson: true,
        mayOpen: true,
      });
    }
  });

  it('finds a command of two words and its two arguments', () => {
    expect(parse('lease approve m l')).toMatchObject({
      words: 'lease approve',
      given: { arguments: { machine: 'm', 'lease id': 'l' } },
    });
  });

  it('prefers the longer of two commands that fit', () => {
    const [short, long] = ['a', 'a b'].map((words) =>
      defineCommand({
        words,
        summary: '',
        arguments: {},
        options: {},
        flags: {},
        run: async () => undefined,
      }),
    );
    if (!short || !long) throw new Error('two commands');
    expect(parseCommandLine([short, long], ['a', 'b']).command).toBe(long);
  });

  it('keeps every value of an option that may be repeated, in their order', () => {
    expect(parse('install m --source 10.0.0.0/8 --direct 10.0.0.4 --source me').given).toMatchObject({
      options: { direct: '10.0.0.4' },
      lists: { source: ['10.0.0.0/8', 'me'] },
    });
    expect(parse('install m').given.lists).toEqual({ source: [] });
  });

  it('takes what follows two dashes as it is', () => {
    expect(parse('machine -- --odd').given.arguments).toEqual({ machine: '--odd' });
  });

  it.each([
    ['nonsense m', "there is no command 'nonsense'"],
    ['lease', "'lease' needs one more word"],
    ['install', '<machine> is missing'],
    ['lease approve m', '<lease id> is missing'],
    ['revoke m s t', "unexpected argument 't'"],
    ['conect m', "there is no command 'conect': did you mean 'connect'?"],
    ['machines --timeout 0', '--timeout must be seconds'],
    ['machines --timeout soon', '--timeout must be seconds'],
    ['machines m', "unexpected argument 'm'"],
    ['machines --yes', "Unknown option '--yes'"],
    ['install m --port', "Option '--port <value>' argument missing"],
    ['uninstall m --yes=no', "Option '--yes' does not take an argument"],
  ])('is refused with a sentence: %s', (line, sentence) => {
    expect(() => parse(line)).toThrow(sentence);
    expect(() => parse(line)).toThrow(UsageError);
  });

  it('refuses an empty argument: it is a variable of a script that is not set', () => {
    expect(() => parseCommandLine(commandTable, ['machine', ''])).toThrow('<machine> is empty');
  });

  it('asks for help without its arguments', () => {
    expect(parse('install --help')).toMatchObject({ words: 'install', wantsHelp: true });
    expect(parse('lease --help')).toMatchObject({ words: 'lease', wantsHelp: true });
  });

  it('is parsed or refused, whatever it is', () => {
    const word = fc.oneof(
      fc.constantFrom(...commandTable.flatMap(({ words }) => words.split(' '))),
      fc.constantFrom('--json', '--api', '--port', '--', '-', '--yes', '--no-json', '--api='),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        const { command, given, wantsHelp } = outcomeOf(args);
        const names = wantsHelp ? [] : Object.keys(command?.arguments ?? {});
        expect(Object.keys(given.arguments)).toEqual(names);
        expect(Object.values(given.arguments)).not.toContain('');
      }),
    );
  });
});

describe('the table of commands', () => {
  it('has every command once', () => {
    const words = commandTable.map((command) => command.words);
    expect(new Set(words).size).toBe(words.length);
    expect(words).toContain('lease approve');
  });

  it('gives an option one kind in all commands', () => {
    const texts = new Set(
      [...commandTable, { options: globalOptions }].flatMap(({ options }) => Object.keys(options)),
    );
    const flags = [...commandTable, { flags: globalFlags }].flatMap((command) => Object.keys(command.flags));
    const lists = commandTable.flatMap((command) => Object.keys(command.lists ?? {}));
    expect([...flags, ...lists].filter((name) => texts.has(name))).toEqual([]);
    expect(lists.filter((name) => flags.includes(name))).toEqual([]);
    expect(flags).toContain('yes');
  });
});
