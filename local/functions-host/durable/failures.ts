import type { FailureDetails } from './history.ts';

/** What a failed activity or orchestrator leaves: the error's text and its stack. */
export interface FunctionFailure {
  message: string;
  stack: string;
}

interface ProvidedDetails {
  errorType: string;
  errorMessage: string;
  isNonRetriable?: boolean;
  properties?: Record<string, unknown>;
  stackTrace?: string;
}

function providedDetails(message: string): ProvidedDetails | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(message) as Partial<ProvidedDetails> | null;
    return typeof parsed?.errorType === 'string' && typeof parsed.errorMessage === 'string'
      ? { ...parsed, errorType: parsed.errorType, errorMessage: parsed.errorMessage }
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The failure of an activity as its history event says it. With an exception-properties provider the library
 * turns the error's message into JSON: then type, message and properties arrive apart; else the text alone.
 */
export function activityFailure(
  name: string,
  { message, stack }: FunctionFailure,
): { Reason: string; Details: string; FailureDetails: FailureDetails | null } {
  const provided = providedDetails(message);
  // Two spaces: the extension cuts the message after the colon and keeps what follows.
  if (!provided)
    return {
      Reason: `Activity function '${name}' failed:  ${message}`,
      Details: stack,
      FailureDetails: null,
    };
  return {
    Reason: `Activity function '${name}' failed with an unhandled exception.`,
    Details: provided.stackTrace ?? '',
    FailureDetails: {
      ErrorType: provided.errorType,
      ErrorMessage: provided.errorMessage,
      StackTrace: provided.stackTrace ?? null,
      IsNonRetriable: provided.isNonRetriable ?? false,
      Properties: provided.properties ?? null,
      InnerFailure: null,
    },
  };
}

export const orchestratorFailure = (name: string, reason: string): string =>
  `Orchestrator function '${name}' failed: ${reason}`;

/** The message of an orchestrator that has no function; the extension adds the names that it knows. */
export function unknownOrchestrator(name: string, known: readonly string[]): string {
  const list = known.map((each) => `'${each}'`).join(', ');
  return orchestratorFailure(
    name,
    `The function '${name}' doesn't exist, is disabled, or is not an orchestrator function. Additional info: ${
      known.length
        ? `The following are the known orchestrator functions: ${list}.`
        : 'No orchestrator functions are currently registered!'
    }`,
  );
}
