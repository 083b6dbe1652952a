import { z } from 'zod';

const message = 'must be a whole number from 1 to 65535';

/** A TCP port in a request. */
export const port = z.number({ error: message }).int(message).min(1, message).max(65_535, message);

/** The same behind a question mark. */
export const portText = z
  .string({ error: message })
  .regex(/^\d{1,5}$/, message)
  .transform(Number)
  .pipe(port);
