import { createHash } from 'node:crypto';
import { z } from 'zod';

/** After which row a page begins. Rows that come or go before it move nothing: none is shown twice or left out. */
export interface Position {
  rank: number;
  displayName: string;
  machineId: string;
}

/** Where every list begins. */
export const beginning: Position = { rank: -1, displayName: '', machineId: '' };

const parts = z.tuple([z.number().int(), z.string(), z.string()]);
const sumBytes = 12;

/** A token gives no right, so this is no secret: it finds what was cut, changed, or given to another question. */
const sumOf = (question: string, text: string): Buffer =>
  createHash('sha256').update(`${question}\n${text}`).digest().subarray(0, sumBytes);

/** For `question`, which is all that has to be the same from page to page. */
export function writeSkipToken(question: string, { rank, displayName, machineId }: Position): string {
  const text = JSON.stringify([rank, displayName, machineId]);
  return Buffer.concat([sumOf(question, text), Buffer.from(text)]).toString('base64url');
}

/** Undefined for what was not written for this question. */
export function readSkipToken(question: string, token: string): Position | undefined {
  const bytes = Buffer.from(token, 'base64url');
  const text = bytes.subarray(sumBytes).toString();
  const isWhole =
    bytes.toString('base64url') === token && bytes.subarray(0, sumBytes).equals(sumOf(question, text));
  const read = isWhole ? parts.safeParse(parseJson(text)) : undefined;
  if (!read?.success) return undefined;
  const [rank, displayName, machineId] = read.data;
  return { rank, displayName, machineId };
}

/** Whoever knows how the sum is made can write one over anything. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
