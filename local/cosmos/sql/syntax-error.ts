/**
 * The only error that reading or running a query may throw. `code` is the service's own
 * (SC1001 syntax, SC2001 unknown identifier, SC2005 unknown function, ...); positions count UTF-16 units.
 */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly code: string;
  readonly start: number;
  readonly end: number;

  constructor(code: string, message: string, start = 0, end = start) {
    super(message);
    this.code = code;
    this.start = start;
    this.end = end;
  }
}
