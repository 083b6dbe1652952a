import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { programName, version } from './about.ts';
import { createKeptSignIns } from './access/kept-sign-ins.ts';
import { createSignIns } from './access/sign-ins.ts';
import { createApi } from './api.ts';
import { apiAddress } from './api-address.ts';
import type { CommandContext } from './command.ts';
import { commandSections, commandTable } from './command-table.ts';
import { complete } from './completion/complete.ts';
import { confirm } from './confirm.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { Failure, failureOf, reasonOf, UsageError } from './failure.ts';
import { helpTopics, renderCommandHelp, renderGroupHelp, renderProgramHelp } from './help.ts';
import { createHttpClient } from './http-client.ts';
import { createKnownNames } from './known-names.ts';
import { createOutput, type Output, type TextStream } from './output.ts';
import { type ParsedCommandLine, parseCommandLine } from './parse-command-line.ts';
import { replaceFile, settingsFolder } from './private-files.ts';
import { formatSeconds } from './text/duration.ts';
import { plain } from './text/plain.ts';

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
  /** Resolves after this time; rejects when the signal is aborted. */
  wait?(ms: number, signal: AbortSignal): Promise<void>;
}

/** Nobody is asked to wait shorter than a person would notice. */
const noticedMs = 1_000;

function createContext(
  surroundings: Surroundings,
  { api, mayOpen }: Pick<ParsedCommandLine, 'api' | 'mayOpen'>,
  output: Output,
  signal: AbortSignal,
): CommandContext {
  const { env, stdin, stdout, stderr, openBrowser } = surroundings;
  const baseUrl = apiAddress(api, env);
  const folder = settingsFolder(env, process.platform, homedir());
  const open = (url: string) => mayOpen && openBrowser(url);
  const wait = (ms: number) => surroundings.wait?.(ms, signal) ?? sleep<void>(ms, undefined, { signal });
  const signIns = createSignIns({
    env,
    baseUrl,
    kept: createKeptSignIns(folder, baseUrl),
    signal,
    isAttended: Boolean(stderr.isTTY),
    wait,
    showPage(url) {
      output.tell(
        open(url)
          ? `Your browser opens to sign you in. If not:\n${url}`
          : `Sign in at:\n${url}\nWith a browser on another device: ${programName} login --device-code`,
      );
    },
    showCode({ address, code, minutes }) {
      output.tell(
        `To sign in, open ${plain(address)} on any device and enter the code ${plain(code)} within ${minutes} minutes.`,
      );
    },
  });
  return {
    api: createApi(
      createHttpClient({
        baseUrl,
        token: signIns.token,
        signal,
        wait,
        onWait(ms) {
          if (ms >= noticedMs)
            output.note(`Too many requests: the service asks to wait ${formatSeconds(ms / 1000)}.`);
        },
      }),
    ),
    output,
    signIns,
    names: createKnownNames(folder, baseUrl),
    wait,
    openBrowser: (url) => Boolean(stdout.isTTY) && open(url),
    isAttended: Boolean(stdin.isTTY && stderr.isTTY),
    confirm: (question) => confirm(question, { input: stdin, stream: stderr, signal }),
    readText: (path) => (path === '-' ? text(stdin) : readFile(path, 'utf8')),
    writeText: (path, content) => replaceFile(path, content, 0o600),
  };
}

/** `--help` of a command, a group, the program; `help <topic>`. */
function helpFor({ command, words }: ParsedCommandLine, room: number | undefined): string {
  const topic = helpTopics[words];
  if (command) return renderCommandHelp(command, room);
  if (topic) return topic();
  return words === '' ? renderProgramHelp(commandSections, room) : renderGroupHelp(commandTable, words, room);
}

async function execute(
  parsed: ParsedCommandLine,
  surroundings: Surroundings,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stdout, stderr } = surroundings;
  if (parsed.wantsHelp) {
    stdout.write(helpFor(parsed, output.room));
    return exitCodes.done.code;
  }
  if (parsed.wantsVersion) {
    stdout.write(`${programName} ${version}\n`);
    return exitCodes.done.code;
  }
  if (!parsed.command) {
    stderr.write(renderProgramHelp(commandSections, output.room));
    return exitCodes.usage.code;
  }
  await parsed.command.run(createContext(surroundings, parsed, output, signal), parsed.given);
  return exitCodes.done.code;
}

/** Says on standard error what ended the run, and with which code. */
function explain(error: unknown, { stderr, signal }: Surroundings, output: Output): ExitCode {
  if (signal.aborted) {
    output.tell('interrupted');
    return exitCodes.interrupted.code;
  }
  if (error instanceof Failure) {
    if (error.facts.status === 401) output.note(`Sign in again: ${programName} login`);
    output.failure(error);
    return exitCodes[error.exit].code;
  }
  if (error instanceof UsageError) {
    const help = [programName, error.command, '--help'].filter(Boolean).join(' ');
    stderr.write(`${programName}: ${plain(error.message)}\nTry: ${help}\n`);
    return exitCodes.usage.code;
  }
  stderr.write(`${programName}: unexpected: ${plain(reasonOf(error))}\n`);
  return exitCodes.failed.code;
}

/** Candidates for the word that is being typed, one a line; never a word on standard error, whatever happens. */
async function offer(words: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const silent = { write: () => true };
  const output = createOutput({ ...surroundings, stdout: silent, stderr: silent, isJson: false });
  const lines = await complete(words, (api, signal) =>
    createContext({ ...surroundings, stderr: silent }, { api, mayOpen: false }, output, signal),
  ).catch(() => []);
  if (lines.length > 0) surroundings.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.done.code;
}

/** Runs one command line to its end. Never throws; answers how the process should exit. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  if (args[0] === '__complete') return offer(args.slice(1), surroundings);
  let output = createOutput({ ...surroundings, isJson: false });
  let deadline: AbortSignal | undefined;
  let limitMs = 0;
  try {
    const parsed = parseCommandLine(commandTable, args);
    output = createOutput({ ...surroundings, ...parsed });
    limitMs = parsed.timeoutMs ?? 0;
    deadline = limitMs > 0 ? AbortSignal.timeout(Math.ceil(limitMs)) : undefined;
    const signal = AbortSignal.any([surroundings.signal, ...(deadline ? [deadline] : [])]);
    return await execute(parsed, surroundings, output, signal);
  } catch (error) {
    const isLate = deadline?.aborted && !surroundings.signal.aborted && !(error instanceof Failure);
    return explain(
      isLate ? failureOf('timed_out', `${formatSeconds(limitMs / 1000)} were over`, error) : error,
      surroundings,
      output,
    );
  }
}
