import type { z } from 'zod';
import type { precondition } from '#shared/protocol/api.ts';
import { renderTable } from './columns.ts';

type Precondition = z.output<typeof precondition>;

export const renderPreconditions = (preconditions: readonly Precondition[]): string =>
  renderTable(
    ['met', 'requirement', 'found', 'needed', 'remedy'],
    preconditions.map(({ met, rule, found, needed, remedy }) => [
      met ? 'yes' : 'no',
      rule,
      found,
      needed,
      met ? '' : remedy,
    ]),
  );
