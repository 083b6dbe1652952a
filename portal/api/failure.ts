/** What the page shows of anything that went wrong: always what, where, and what to do next. */
export interface Failure {
  title: string;
  detail: string;
  code: string;
  hop: string;
  remedy: string;
  /** Whether the same request may succeed with nothing changed. */
  retryable: boolean;
  /** The failure's name in the service's log. */
  instance?: string;
  /** The fleet replacement that runs already. */
  drillId?: string;
  /** The fields that were refused, each with why. */
  errors?: readonly { field: string; message: string }[];
  /** What else the service says of it, by name; the remedy names those that matter between backticks. */
  facts?: Readonly<Record<string, unknown>> | undefined;
  /** What a Windows Admin Center that was installed by hand loses when it is replaced (requirement 54). */
  lost?: string;
}

export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(failure.detail, { cause });
    this.name = 'FailureError';
    this.failure = failure;
  }
}

/** A page gets no reason from the browser when a request has no answer (Fetch, "network error"): say what is known. */
export function unreachable(what: string, address: string, online: boolean): Failure {
  return {
    title: online ? `${what} does not answer` : 'This computer is offline',
    detail: online
      ? `No answer came from ${address}. It is stopped, or something between refuses the connection.`
      : `The browser has no network, so ${address} was not asked.`,
    code: online ? 'no_answer' : 'offline',
    hop: 'browser',
    remedy: online
      ? `Check that ${address} is running and that its certificate is trusted here, then try again.`
      : 'Connect this computer to a network; the page goes on by itself.',
    retryable: true,
  };
}

export function unexpectedReply(address: string, status: number): Failure {
  return {
    title: 'The answer is not one of this service',
    detail: `The address ${address} answered ${status} without a readable body.`,
    code: 'unexpected_reply',
    hop: 'control plane',
    remedy:
      'Something else may answer at this address, such as a gateway. Check the address, then try again.',
    retryable: true,
  };
}

export function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  return {
    title: 'The page has a fault',
    detail: error instanceof Error ? error.message : String(error),
    code: 'page_fault',
    hop: 'browser',
    remedy: 'Load the page again. If it stays, copy these details and report them.',
    retryable: true,
  };
}

const label: readonly (readonly [string, 'code' | 'hop' | 'detail' | 'remedy' | 'instance'])[] = [
  ['Code', 'code'],
  ['Where', 'hop'],
  ['Detail', 'detail'],
  ['Remedy', 'remedy'],
  ['Log entry', 'instance'],
];

/** As plain text, for a support request. */
export function failureText(failure: Failure, at: Date): string {
  const facts = label.flatMap(([name, key]) =>
    failure[key] === undefined ? [] : [`${name}: ${failure[key]}`],
  );
  return [failure.title, ...facts, `Time: ${at.toISOString()}`].join('\n');
}
