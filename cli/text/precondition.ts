import type { z } from 'zod';
import type { precondition } from '#shared/protocol/api.ts';
import { renderTable } from './columns.ts';

type Precondition = z.output<typeof precondition>;

const wordOf = ({ met, severity }: Precondition): string => {
  if (!met) return severity === 'failure' ? 'no' : severity;
  return severity === 'info' ? 'unknown' : 'yes';
};

/** Warnings stand apart from what refuses an install. */
export const renderPreconditions = (preconditions: readonly Precondition[]): string =>
  renderTable(
    ['met', 'requirement', 'found', 'needed', 'remedy'],
    preconditions.map((one) => [wordOf(one), one.rule, one.found, one.needed, one.met ? '' : one.remedy]),
  );
