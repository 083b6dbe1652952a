import { spawnSync } from 'node:child_process';

/** Debian's own, whatever else is first on PATH: only that one sees the modules of Debian's packages. */
export const python = '/usr/bin/python3';

export interface RequiredModule {
  module: string;
  debianPackage: string;
}

/** Like `requirePrograms`, for modules of Python: a missing one is named, and in CI it is a failure. */
export function requirePythonModules(suite: string, modules: readonly RequiredModule[]): boolean {
  const missing = modules.filter(
    ({ module }) => spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status !== 0,
  );
  if (missing.length === 0) return true;
  const names = missing.map(({ module }) => module).join(', ');
  const packages = missing.map(({ debianPackage }) => debianPackage).join(' ');
  const line = `Skipped: ${suite}. Missing in Python: ${names}; Debian: apt-get install ${packages}.`;
  if (process.env['CI'] === 'true') throw new Error(line);
  process.stderr.write(`${line}\n`);
  return false;
}
