/** The caller's mistake; `status` is the HTTP status that the extension answers with. */
export class DurableRequestError extends Error {
  readonly status: 400 | 404 | 409 | 410;
  constructor(status: DurableRequestError['status'], message: string) {
    super(message);
    this.status = status;
  }
}

// eslint-disable-next-line no-control-regex -- control characters are what the rule is about
const forbidden = /[/\\?#\u0000-\u001f\u007f-\u009f]/;

/** Throws DurableRequestError 400 unless the id is one that the extension takes. */
export function checkInstanceId(id: string): void {
  if (id === '' || id.length > 256)
    throw new DurableRequestError(400, 'Instance IDs must be between 1 and 256 characters long.');
  if (id.startsWith('@'))
    throw new DurableRequestError(400, 'Orchestration instance IDs must not start with @.');
  if (forbidden.test(id))
    throw new DurableRequestError(400, 'Instance IDs must not contain /, \\, #, ?, or control characters.');
}
