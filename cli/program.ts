import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { programName, version } from './about.ts';
import { createAccessToken } from './access/access-token.ts';
import { signIn } from './access/sign-in.ts';
import { createApi } from './api.ts';
import { apiAddress } from './api-address.ts';
import type { CommandContext } from './command.ts';
import { commandTable } from './command-table.ts';
import { confirm } from './confirm.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { Failure, reasonOf, UsageError } from './failure.ts';
import { renderCommandHelp, renderProgramHelp } from './help.ts';
import { createHttpClient } from './http-client.ts';
import { createOutput, type Output, type TextStream } from './output.ts';
import { type ParsedCommandLine, parseCommandLine } from './parse-command-line.ts';

/** What the program reaches of the computer that it runs on. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: TextStream;
  stderr: TextStream;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Opens an address in the person's browser; false where there is none. */
  openBrowser(url: string): boolean;
}

function createContext(
  { env, stdin, stdout, stderr, signal, openBrowser }: Surroundings,
  { api, mayOpen }: ParsedCommandLine,
  output: Output,
): CommandContext {
  const baseUrl = apiAddress(api, env);
  const open = (url: string) => mayOpen && openBrowser(url);
  const token = createAccessToken({
    env,
    isAttended: Boolean(stderr.isTTY),
    signIn: () =>
      signIn({
        baseUrl,
        signal,
        show(url) {
          output.note(
            open(url) ? `Your browser opens to sign you in. If not:\n${url}` : `Sign in at:\n${url}`,
          );
        },
      }),
  });
  return {
    api: createApi(createHttpClient({ baseUrl, token, signal })),
    output,
    wait: (ms) => sleep(ms, undefined, { signal }),
    openBrowser: (url) => Boolean(stdout.isTTY) && open(url),
    isAttended: Boolean(stdin.isTTY && stderr.isTTY),
    confirm: (question) => confirm(question, { input: stdin, stream: stderr, signal }),
    readText: (path) => (path === '-' ? text(stdin) : readFile(path, 'utf8')),
  };
}

async function execute(
  parsed: ParsedCommandLine,
  surroundings: Surroundings,
  output: Output,
): Promise<ExitCode> {
  const { stdout, stderr } = surroundings;
  const { command, words } = parsed;
  if (parsed.wantsHelp) {
    stdout.write(command ? renderCommandHelp(command) : renderProgramHelp(commandTable, words));
    return exitCodes.done.code;
  }
  if (parsed.wantsVersion) {
    stdout.write(`${programName} ${version}\n`);
    return exitCodes.done.code;
  }
  if (!command) {
    stderr.write(renderProgramHelp(commandTable));
    return exitCodes.usage.code;
  }
  await command.run(createContext(surroundings, parsed, output), parsed.given);
  return exitCodes.done.code;
}

/** Says on standard error what ended the run, and with which code. */
function explain(error: unknown, { stderr, signal }: Surroundings, output: Output): ExitCode {
  if (signal.aborted) {
    output.note('interrupted');
    return exitCodes.interrupted.code;
  }
  if (error instanceof Failure) {
    output.failure(error);
    return exitCodes[error.exit].code;
  }
  if (error instanceof UsageError) {
    const help = [programName, error.command, '--help'].filter(Boolean).join(' ');
    stderr.write(`${programName}: ${error.message}\nTry: ${help}\n`);
    return exitCodes.usage.code;
  }
  stderr.write(`${programName}: unexpected: ${reasonOf(error)}\n`);
  return exitCodes.failed.code;
}

/** Runs one command line to its end. Never throws; answers how the process should exit. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let output = createOutput({ ...surroundings, isJson: false });
  try {
    const parsed = parseCommandLine(commandTable, args);
    output = createOutput({ ...surroundings, isJson: parsed.isJson });
    return await execute(parsed, surroundings, output);
  } catch (error) {
    return explain(error, surroundings, output);
  }
}
