import type { OperationReply } from '#shared/protocol/api.ts';
import { plain } from './plain.ts';

/** What a failed install took back, in that order, and what it left and why; one line each. */
export const describeCompensation = ({ compensation }: OperationReply): string[] => [
  ...(compensation?.undone ?? []).map((what) => `undone  ${plain(what)}`),
  ...(compensation?.left ?? []).map(({ what, why }) => `left    ${plain(what)}: ${plain(why)}`),
];
