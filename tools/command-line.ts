import { readFileSync, writeFileSync } from 'node:fs';
import { programName } from '#cli/about.ts';
import { commandSections, commandTable } from '#cli/command-table.ts';
import { exitCodes } from '#cli/exit-codes.ts';
import { environmentVariables, globalFlags, globalOptions } from '#cli/global-options.ts';
import { commandLineReference } from './command-line/page.ts';

const page = new URL('../docs/command-line.md', import.meta.url);
/** What stands above it is written by hand. */
const mark = '<!-- Below: made by `npm run command-line` from the table of commands. -->';

/** What `docs/command-line.md` has to be now; nothing is written. */
export function generateCommandLine(): string {
  const [written = ''] = readFileSync(page, 'utf8').split(mark);
  const reference = commandLineReference({
    program: programName,
    sections: commandSections,
    everywhere: { options: globalOptions, flags: globalFlags },
    environment: environmentVariables,
    exitCodes: Object.values(exitCodes),
  });
  return `${written}${mark}\n\n${reference.join('\n')}`.replace(/\n+$/, '\n');
}

if (import.meta.main) {
  writeFileSync(page, generateCommandLine());
  console.log(`docs/command-line.md: ${commandTable.length} commands`);
}
