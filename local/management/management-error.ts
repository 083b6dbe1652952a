/** Answered as `{ error: { code, message } }` with this status. */
export class ManagementError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
