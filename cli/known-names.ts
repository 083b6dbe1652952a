import { join } from 'node:path';
import { z } from 'zod';
import { shortNameOf } from './access/kept-sign-ins.ts';
import { readPrivateFile, removeFile, writePrivateFile } from './private-files.ts';

/** For how long completion offers the same names without asking. */
const freshMs = 60_000;

const noted = z.object({ at: z.number(), names: z.array(z.string()) });

/** Names of machines that completion offers, as the person last saw them on this control plane. */
export interface KnownNames {
  /** Those of the last minute. */
  read(nowMs: number): Promise<string[] | undefined>;
  write(names: readonly string[], nowMs: number): Promise<void>;
  forget(): Promise<void>;
}

/** A file beside the sign-in and as private: it says which machines somebody may see. What fails is as if it were not there. */
export function createKnownNames(folder: string, api: string): KnownNames {
  const path = join(folder, `names-${shortNameOf(api)}.json`);
  return {
    async read(nowMs) {
      try {
        const found = await readPrivateFile(path);
        if (found.state !== 'private') return undefined;
        const { at, names } = noted.parse(JSON.parse(found.text));
        return nowMs - at < freshMs && nowMs >= at ? names : undefined;
      } catch {
        return undefined;
      }
    },
    async write(names, nowMs) {
      await writePrivateFile(path, JSON.stringify({ at: nowMs, names })).catch(() => undefined);
    },
    async forget() {
      await removeFile(path).catch(() => undefined);
    },
  };
}
