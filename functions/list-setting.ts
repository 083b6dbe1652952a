import { z } from 'zod';

/** A setting that is several texts with commas between them. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
