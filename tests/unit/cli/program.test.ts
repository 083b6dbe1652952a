import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { version } from '#cli/about.ts';
import { commandTable } from '#cli/command-table.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { parseCommandLine } from '#cli/parse-command-line.ts';
import { runProgram } from '#cli/program.ts';
import { generateCommandLine } from '#tools/command-line.ts';

/** Runs it without a network: none of these lines reaches the point of a request. */
async function run(line: string, env: Record<string, string> = {}) {
  let stdout = '';
  let stderr = '';
  const code = await runProgram(line.split(' ').filter(Boolean), {
    env: { ADMIN_CENTER_CONFIG_DIR: '/nonexistent/wacctl', ...env },
    stdin: new PassThrough(),
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal: new AbortController().signal,
    openBrowser: () => false,
  });
  return { code, stdout, stderr };
}

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('help', () => {
  it.each(commandTable.map(({ words }) => words))('of %s names its arguments and options', async (words) => {
    const command = commandTable.find((one) => one.words === words);
    const { code, stdout, stderr } = await run(`${words} --help`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: wacctl ${words}`));
    for (const name of Object.keys(command?.arguments ?? {})) expect(stdout).toContain(`\n  <${name}>  `);
    for (const name of Object.keys({ ...command?.options, ...command?.flags, ...command?.lists }))
      expect(stdout).toContain(`\n  --${name}`);
    for (const example of command?.examples ?? []) expect(stdout).toContain(`\n  wacctl ${example}\n`);
  });

  const examples = commandTable.flatMap(({ words, examples: lines = [] }) =>
    lines.map((line) => [line, words] as const),
  );
  it.each(examples)('has examples that are understood: %s', (line, words) => {
    const { command } = parseCommandLine(commandTable, line.split(' '));
    expect(command?.words).toBe(words);
  });

  it('has an example of every command that takes an argument', () => {
    const silent = commandTable.filter(({ examples: lines = [] }) => lines.length === 0);
    expect(
      silent.filter((command) => Object.keys(command.arguments).length > 0).map(({ words }) => words),
    ).toEqual([]);
  });

  it('of the program names every command, variable and exit code', async () => {
    const { stdout } = await run('--help');
    for (const { words } of commandTable) expect(stdout).toContain(`\n  ${words}`);
    for (const { code } of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`\n  ${code} +`));
    expect(stdout).toContain('\n  ADMIN_CENTER_TOKEN  ');
  });

  it('of a group names its commands alone', async () => {
    const { code, stdout } = await run('lease --help');
    expect(code).toBe(0);
    expect(stdout).toContain('lease approve');
    expect(stdout).not.toContain('whoami');
  });

  it('and the guide are one: run `npm run command-line`', () => {
    const isFresh = file('docs/command-line.md') === generateCommandLine();
    expect(isFresh, 'run `npm run command-line` and commit the page').toBe(true);
  });

  it.each([
    ['help connect', 'connect --help'],
    ['help lease', 'lease --help'],
    ['help', '--help'],
  ])('is asked for in two ways: %s', async (one, other) => {
    expect(await run(one)).toEqual(await run(other));
  });

  it('tells the exit codes alone', async () => {
    const { code, stdout } = await run('help exit-codes');
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => /^ {2}\d/.test(line))).toHaveLength(
      Object.keys(exitCodes).length,
    );
  });
});

describe('the program', () => {
  it('says the version of the package', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `wacctl ${version}\n`, stderr: '' });
    expect(version).toBe((JSON.parse(file('package.json')) as { version: string }).version);
  });

  it('without a command ends with 2 and its help on standard error', async () => {
    const { code, stdout, stderr } = await run('');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: wacctl <command>');
  });

  it.each([
    ['nothing', 'wacctl --help'],
    ['lease', 'wacctl lease --help'],
    ['install m --port 65536', 'wacctl install --help'],
    ['install m --port 1e3', 'wacctl install --help'],
    ['connect m --service RDP', 'wacctl connect --help'],
    ['uninstall m', 'wacctl uninstall --help'],
    ['install m --direct here', 'wacctl install --help'],
    ['install m --source me', 'wacctl install --help'],
    ['install m --open-to-anyone', 'wacctl install --help'],
    ['install m --direct 10.0.0.4 --source 10.0.0.0/33', 'wacctl install --help'],
    ['install m --direct 10.0.0.4 --source me --open-to-anyone --yes', 'wacctl install --help'],
    ['install m --direct 10.0.0.4 --reverse', 'wacctl install --help'],
    ['install m --direct 10.0.0.4 --open-to-anyone', 'wacctl install --help'],
    ['machines --api http://api.example.com', 'wacctl --help'],
  ])('ends with 2 and names the help to read: %s', async (line, help) => {
    const { code, stdout, stderr } = await run(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^wacctl: .+\nTry: ${help}\n$`));
  });

  it('ends with 3 where nobody can sign in, with --json as a problem', async () => {
    const { code, stderr } = await run('machines --json');
    expect(code).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({
      code: 'sign_in_needs_terminal',
      hop: 'sign-in',
      retryable: false,
    });
  });

  it('ends with 3 for a token that no header may carry', async () => {
    const { code, stderr } = await run('machines', { ADMIN_CENTER_TOKEN: 'a\r\nb' });
    expect(code).toBe(3);
    expect(stderr).toContain('token_malformed');
  });
});
