import { findProgram } from '#local/browser/command.ts';

export interface RequiredProgram {
  program: string;
  debianPackage: string;
}

/**
 * Whether the programs of a suite are here. Where one is not, one line says what is skipped and how to get it; in CI
 * that is a failure, because a skip is not a pass.
 */
export function requirePrograms(suite: string, programs: readonly RequiredProgram[]): boolean {
  const missing = programs.filter(({ program }) => findProgram(program) === undefined);
  if (missing.length === 0) return true;
  const names = missing.map(({ program }) => program).join(', ');
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))].join(' ');
  const line = `Skipped: ${suite}. Missing: ${names}; Debian: apt-get install ${packages}.`;
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}\n`);
  return false;
}
