import { writeFileSync } from 'node:fs';
import { exitCodes } from '#cli/exit-codes.ts';
import { ownFailures } from '#cli/failure.ts';
import { errorTable } from '#shared/domain/error.ts';
import { errorsPage } from './errors/page.ts';

/** What `docs/errors.md` has to be now; nothing is written. */
export const generateErrors = (): string => errorsPage(errorTable, { rows: ownFailures, exitCodes });

if (import.meta.main) {
  writeFileSync(new URL('../docs/errors.md', import.meta.url), generateErrors());
  console.log(
    `docs/errors.md: ${Object.keys(errorTable).length} codes of the API, ${Object.keys(ownFailures).length} of wacctl`,
  );
}
