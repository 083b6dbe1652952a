import type * as promises from 'node:fs/promises';

type Files = typeof promises;
export type FileStep = 'open' | 'write' | 'sync' | 'rename' | 'remove';

/** Runs before each step that changes the disk; a throw is its failure, and the step is not done. */
export const files: { before(step: FileStep): void } = { before: () => undefined };

/** The file system's own functions with `files.before` in front of each. */
export function guardFiles(original: Files): Files {
  const guarded: Partial<Files> = {
    async open(...given) {
      files.before('open');
      const handle = await original.open(...given);
      const { writeFile, sync } = handle;
      handle.writeFile = async (...data) => {
        files.before('write');
        return writeFile.apply(handle, data);
      };
      handle.sync = async () => {
        files.before('sync');
        return sync.apply(handle);
      };
      return handle;
    },
    async rename(...given) {
      files.before('rename');
      return original.rename(...given);
    },
    async rm(...given) {
      files.before('remove');
      return original.rm(...given);
    },
  };
  return { ...original, ...guarded };
}
