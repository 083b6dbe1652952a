import { connectReply, serviceName } from '#shared/protocol/api.ts';
import type { Service } from '../api.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { Failure, failureOf, UsageError } from '../failure.ts';
import { findMachineId } from '../find-machine.ts';
import { plain } from '../text/plain.ts';
import { machineArgument } from './machine-argument.ts';

export const serviceOption = { value: 'NAME', meaning: 'WAC or SSH (WAC)', choices: serviceName.options };

/** In any case of letters; WAC where nothing is said. Throws `UsageError`. */
export function parseService(text: string | undefined, command: string): Service {
  const parsed = serviceName.safeParse((text ?? 'WAC').toUpperCase());
  if (parsed.success) return parsed.data;
  throw new UsageError(`--service must be ${serviceName.options.join(' or ')}`, command);
}

/** Between two looks at a session that opens, when the service does not say. */
const lookAgainMs = 1_000;
/** An API that still says `opening` then has lost it: the flow itself gives up long before. */
const patienceMs = 2 * 60_000;

/** Waits for a session that did not open within the first answer. */
async function untilOpen(
  { api, wait }: CommandContext,
  machineId: string,
  sessionId: string,
  firstWaitMs: number | undefined,
) {
  const deadline = performance.now() + patienceMs;
  let waitMs = firstWaitMs ?? lookAgainMs;
  while (performance.now() < deadline) {
    await wait(waitMs);
    const { value, retryAfterMs } = await api.getSession(machineId, sessionId);
    if (value.state === 'open' && value.url !== undefined)
      return { sessionId, url: value.url, expiresAt: value.expiresAt, advice: value.advice };
    if (value.error) throw new Failure(value.error, 'failed');
    if (value.state !== 'opening')
      throw failureOf('session_not_opened', `session ${sessionId} is ${value.state}`);
    waitMs = retryAfterMs ?? lookAgainMs;
  }
  throw failureOf('session_not_opened', `session ${sessionId} was still opening after two minutes`);
}

export const connect = defineCommand({
  words: 'connect',
  summary: 'open a session: print its unique URL, and open it in the browser on a terminal',
  arguments: machineArgument,
  options: { service: serviceOption },
  flags: { print: 'print the URL and nothing else, open nothing' },
  notes: [
    'The URL opens the session once and within a minute; it is as good as a password until then.',
    'With --print, and on a pipe, nothing is opened and standard output is the URL alone.',
  ],
  examples: [
    'connect server-01',
    'connect server-01 --print',
    'connect server-01 --service SSH --no-browser',
  ],
  async run(context, given) {
    const { api, output } = context;
    const service = parseService(given.options.service, 'connect');
    const machineId = await findMachineId(api, given.arguments.machine);
    const reply = await api.connect(machineId, service);
    const opened = connectReply.safeParse(reply.value);
    const session = opened.success
      ? opened.data
      : await untilOpen(context, machineId, reply.value.sessionId, reply.retryAfterMs);
    output.result(opened.success ? reply.json : session, () => plain(session.url));
    if (!output.isWatched || given.flags.print) return;
    if (session.advice !== undefined) output.note(plain(session.advice));
    const isOpened = service === 'WAC' && context.openBrowser(session.url);
    output.note(
      `${isOpened ? 'Your browser opens it.' : 'Open it within a minute; it works once.'} ` +
        `Session ${plain(session.sessionId)} ends at ${new Date(session.expiresAt).toLocaleTimeString()}.`,
    );
  },
});
