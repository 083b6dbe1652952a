import type { Problem } from '#shared/protocol/api.ts';
import { programName } from './about.ts';
import type { ExitName } from './exit-codes.ts';

/** What a person needs to go on. The API's own problems have it all; ours have no status and no instance. */
export type FailureFacts = Pick<Problem, 'title' | 'detail' | 'code' | 'hop' | 'remedy' | 'retryable'> &
  Partial<Problem> & { [more: string]: unknown };

interface FailureRow {
  exit: ExitName;
  hop: string;
  retryable: boolean;
  title: string;
  remedy: string;
}

const row = (exit: ExitName, hop: string, retryable: boolean, title: string, remedy: string): FailureRow => ({
  exit,
  hop,
  retryable,
  title,
  remedy,
});

const signInAgain = 'Sign in again. If it stays, ask whoever runs this service whether you may use it.';
const setToken = 'set ADMIN_CENTER_TOKEN to an access token for the API';

/** What goes wrong on this side of the API, by its stable code. */
export const ownFailures = {
  api_unreachable: row(
    'failed',
    'request',
    true,
    'The control plane does not answer',
    'Check the address (--api or ADMIN_CENTER_API_URL) and the network, then try again.',
  ),
  reply_unexpected: row(
    'failed',
    'request',
    false,
    'The answer was not understood',
    `Check that the address is that of the control plane, and that ${programName} is as new as it is.`,
  ),
  machine_unknown: row(
    'failed',
    'request',
    false,
    'There is no such machine',
    `Look at the names with \`${programName} machines\`, or add the machine with \`${programName} add <resource id>\`.`,
  ),
  machine_ambiguous: row(
    'failed',
    'request',
    false,
    'Several machines have this name',
    'Use the id of the one that you mean.',
  ),
  timed_out: row(
    'timedOut',
    'request',
    true,
    'It is not done in the time that it was given',
    'Give it more time with --timeout, or look at it again later: what was begun goes on by itself.',
  ),
  audit_not_intact: row(
    'notIntact',
    'control plane',
    false,
    'The audit is not as it was written',
    'Ask who may write to the database, and compare with an earlier export: somebody changed or removed records.',
  ),
  audit_note_unreadable: row(
    'failed',
    'request',
    false,
    'The file notes no head of an audit',
    `Give a file that \`${programName} audit export\` or \`${programName} audit verify --output\` wrote for this machine.`,
  ),
  lease_not_given: row(
    'failed',
    'authorization',
    false,
    'The lease was not given',
    'Ask whoever decides, or request another one with a purpose that says more.',
  ),
  file_not_written: row(
    'failed',
    'request',
    false,
    'The file could not be written',
    'Check the path, the rights on its folder, and the space that is left.',
  ),
  not_confirmed: row('failed', 'request', false, 'Nothing was done', 'Answer `yes`, or use --yes.'),
  own_address_unknown: row(
    'failed',
    'request',
    false,
    'Your address is not known',
    'Give the address or network that you come from with --source.',
  ),
  check_failed: row(
    'failed',
    'agent',
    false,
    'A check on the machine failed',
    `Follow the column NEXT, then repair the install with \`${programName} repair\` if it stays.`,
  ),
  session_not_opened: row(
    'failed',
    'control plane',
    true,
    'The session did not open',
    'Connect again; the state of the machine says which part is missing.',
  ),
  operation_failed: row(
    'failed',
    'control plane',
    true,
    'The operation failed',
    'Send the same request again; it finishes what was begun.',
  ),
  operation_postponed: row(
    'postponed',
    'control plane',
    false,
    'It goes on by itself',
    'Wait: nothing is to be done. The machine’s certificate says how it stands.',
  ),
  drill_not_running: row(
    'failed',
    'request',
    false,
    'There is nothing to cancel',
    `Look at the last ones with \`${programName} drill list\`.`,
  ),
  fleet_install_incomplete: row(
    'failed',
    'control plane',
    true,
    'Not every machine was installed',
    'Mend what the list says of each, then send the same request again: what is installed is passed over.',
  ),
  sign_in_needs_terminal: row(
    'signIn',
    'sign-in',
    false,
    'Nobody is here to sign in',
    `Run \`${programName} login\` first (\`--device-code\` without a browser), or ${setToken}.`,
  ),
  sign_in_undescribed: row(
    'signIn',
    'sign-in',
    false,
    'The control plane does not say how to sign in',
    `Check that the address is that of the control plane, or ${setToken}.`,
  ),
  sign_in_unreachable: row(
    'signIn',
    'sign-in',
    true,
    'The sign-in service does not answer',
    'Check the network, then try again.',
  ),
  sign_in_exposed: row(
    'signIn',
    'sign-in',
    false,
    'Others could have read your sign-in',
    `Run \`${programName} logout\`, then \`${programName} login\`. What it keeps is for you alone: mode 0600.`,
  ),
  sign_in_refused: row('signIn', 'sign-in', true, 'The sign-in did not come to its end', signInAgain),
  sign_in_timed_out: row('signIn', 'sign-in', true, 'The sign-in took too long', 'Run the command again.'),
  token_malformed: row(
    'signIn',
    'sign-in',
    false,
    'ADMIN_CENTER_TOKEN holds no access token',
    `Unset it to sign in with a browser, or ${setToken}.`,
  ),
} as const satisfies Record<string, FailureRow>;

export type OwnFailure = keyof typeof ownFailures;

/** The one way in which a command ends other than well, apart from a wrong command line and Ctrl-C. */
export class Failure extends Error {
  readonly facts: FailureFacts;
  readonly exit: ExitName;

  constructor(facts: FailureFacts, exit: ExitName, cause?: unknown) {
    super(facts.detail, cause === undefined ? undefined : { cause });
    this.name = 'Failure';
    this.facts = facts;
    this.exit = exit;
  }
}

export function failureOf(code: OwnFailure, detail: string, cause?: unknown): Failure {
  const { exit, ...rest } = ownFailures[code];
  return new Failure({ ...rest, code, detail }, exit, cause);
}

/** The command line could not be understood: a sentence for whoever typed it. */
export class UsageError extends Error {
  /** Words of the command whose help is worth reading. */
  readonly command: string | undefined;

  constructor(message: string, command?: string) {
    super(message);
    this.name = 'UsageError';
    this.command = command;
  }
}

/** The innermost message of an error chain: `fetch failed` says nothing, its cause says why. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const [first]: unknown[] = error instanceof AggregateError ? error.errors : [];
  return error.message || (first === undefined ? error.name : reasonOf(first));
}
