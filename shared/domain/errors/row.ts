/** Where on the way a request failed; the portal shows it and the remedy is written for it. */
export type Hop =
  | 'request'
  | 'sign-in'
  | 'authorization'
  | 'control plane'
  | 'resource manager'
  | 'hybrid connectivity'
  | 'network'
  | 'DNS'
  | 'certificate authority'
  | 'key vault'
  | 'message bus'
  | 'extension'
  | 'agent'
  | 'relay'
  | 'proxy'
  | 'service';

export interface ErrorRow {
  /** HTTP status at the edge. */
  status: number;
  hop: Hop;
  /** Whether the same request may succeed later with nothing changed. Decided here and nowhere else. */
  retryable: boolean;
  title: string;
  /** What the reader does next, one or two sentences. */
  remedy: string;
}

export const row = (
  status: number,
  hop: Hop,
  retryable: boolean,
  title: string,
  remedy: string,
): ErrorRow => ({
  status,
  hop,
  retryable,
  title,
  remedy,
});

/** The remedy of failures that pass by themselves. */
export const tryAgain = 'Wait a minute and try again; nothing is left half-done.';
